import time

print("WeChat sandbox ready at its port", flush=True)
time.sleep(600)
