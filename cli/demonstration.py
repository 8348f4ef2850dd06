"""The API of a demonstration: the same application, with the demo log-ins on its log-in page and the explorer."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.applications import Starlette

import city
from api.app import create_app
from api.oauth import DemoLogIn
from api.ready_made import Demonstration
from domain.work import day_of


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
