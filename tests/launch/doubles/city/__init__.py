from datetime import date
from enum import Enum
from types import SimpleNamespace

from domain.errors import Text


def demo_people() -> list[SimpleNamespace]:
    who, tries = Text("家长", "A parent"), Text("登记", "Register")
    return [SimpleNamespace(account="parent", name="某某", password="open", secret=None, who=who, tries=tries)]


class Sex(Enum):
    FEMALE = "2"


def demo_newborn(today: date) -> SimpleNamespace:
    return SimpleNamespace(name="某某", sex=Sex.FEMALE, born_on=today, birth_certificate="Z330999001")
