import time

print("Fiscal sandbox ready at its port", flush=True)
time.sleep(600)
