import time

print("Bank sandbox ready at its port", flush=True)
time.sleep(600)
