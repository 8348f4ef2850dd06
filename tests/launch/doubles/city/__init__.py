from types import SimpleNamespace

from domain.errors import Text


def demo_people() -> list[SimpleNamespace]:
    who, tries = Text("家长", "A parent"), Text("登记", "Register")
    return [SimpleNamespace(account="parent", name="某某", password="open", who=who, tries=tries)]
