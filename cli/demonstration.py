"""The API of a demonstration: the same application, with the demo log-ins on its log-in page and the explorer."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.applications import Starlette

import city
from api.app import create_app
from api.oauth import DemoLogIn
from api.ready_made import Demonstration
from cli.refusals import CannotStart
from domain import factors
from domain.errors import Text
from domain.work import day_of


def code_of(account: str) -> str:
    """Give the code that an authenticator app would show for a demo account now, and the seconds that are left."""
    person = next((person for person in city.demo_people() if person.account == account), None)
    if person is None or person.secret is None:
        staff = "、".join(person.account for person in city.demo_people() if person.secret)
        raise CannotStart(
            Text(f"演示中没有工作人员 {account}，有：{staff}", f"The demo employs no {account}, but these: {staff}")
        )
    now = datetime.now(UTC)  # noqa: TID251 - the border: an authenticator app reads the clock, too
    left = 30 - int(now.timestamp()) % 30
    return f"{factors.code_at(person.secret, now=now)}  {left} 秒后更换 changes in {left} s"


def create_demonstration() -> Starlette:
    """Build the application for `make run`."""
    child = city.demo_newborn(day_of(datetime.now(UTC)))  # noqa: TID251 - read once, when the process starts
    log_ins = [DemoLogIn(person.account, person.password, person.who) for person in city.demo_people()]
    return create_app(
        demonstration=Demonstration(
            log_ins=log_ins,
            newborn={
                "name": child.name,
                "sex": child.sex.name,
                "bornOn": child.born_on.isoformat(),
                "documentType": "BIRTH_CERTIFICATE",
                "documentNumber": child.birth_certificate,
                "relation": "PARENT",
                "evidence": ["出生医学证明"],
            },
        )
    )
