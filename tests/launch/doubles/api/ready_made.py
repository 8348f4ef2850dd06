from typing import NamedTuple


class Demonstration(NamedTuple):
    log_ins: list[object]
    newborn: dict[str, object]
