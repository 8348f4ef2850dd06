import time

print("SMS sandbox ready at its port", flush=True)
time.sleep(600)
