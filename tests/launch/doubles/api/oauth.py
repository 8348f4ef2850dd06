from typing import NamedTuple


class DemoLogIn(NamedTuple):
    login: str
    password: str
    description: object
