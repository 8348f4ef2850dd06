"""The API of a demonstration: the same application, with the demo log-ins on its log-in page and the explorer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import httpx2
from starlette.applications import Starlette

import city
from api.app import create_app
from api.oauth import DemoLogIn
from api.ready_made import Demonstration
from cli.refusals import CannotStart
from domain import factors
from domain.errors import Text
from domain.settings import Settings
from domain.work import day_of
from partners import sms


def code_of(account: str) -> str:
    """Give the code that a demo account's app would show now with the seconds that are left, or its newest message."""
    person = next((person for person in city.demo_people() if person.account == account), None)
    if person is None:
        known = "、".join(person.account for person in city.demo_people())
        raise CannotStart(
            Text(f"演示中没有账号 {account}，有：{known}", f"The demo has no {account}, but these: {known}")
        )
    if person.secret is None:
        return newest_message()
    now = datetime.now(UTC)  # noqa: TID251 - the border: an authenticator app reads the clock, too
    left = 30 - int(now.timestamp()) % 30
    return f"{factors.code_at(person.secret, now=now)}  {left} 秒后更换 changes in {left} s"


def newest_message() -> str:
    """Give the newest message that the sandbox keeps, as it would stand on a resident's phone."""
    file = Settings().data / "sms" / "account.json"
    try:
        address = sms.Account.load(file).base_url
        told = cast("list[dict[str, str]]", httpx2.get(f"{address}/sandbox/messages", trust_env=False).json())
    except (OSError, httpx2.HTTPError) as error:
        raise CannotStart(
            Text("短信沙箱没有运行，请先 make run", "The SMS sandbox is not running: make run")
        ) from error
    return told[0]["text"] if told else "尚无短信，请先在登录页点“发送验证码” no message yet: ask for one on the page"


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
