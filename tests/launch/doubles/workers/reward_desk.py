import os
import time

assert os.environ["YIBAO_REWARD_DESK_KEYS"], "It alone is told where its keys are."  # noqa: TID251
print("reward desk ready, keys confirmed: 0 of 1", flush=True)
time.sleep(600)
