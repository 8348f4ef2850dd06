import os
import sys
import time


def main() -> None:
    if os.environ.get("DOUBLE_WORKER") == "dies":  # noqa: TID251
        print("first words\nthe last words of the worker", flush=True)
        sys.exit(3)
    print("worker ready", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
