import time

print("WeChat Pay sandbox ready at its port", flush=True)
time.sleep(600)
