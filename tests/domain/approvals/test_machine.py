"""Whatever people do, in whichever order, a question stands where a model of a few lines says that it stands."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import approvals
from domain.actors import Actor
from domain.approvals import ApprovalKind
from domain.errors import DomainError, Refused
from domain.work import Work
from tests.builders import run
from tests.domain.approvals.people import CONTENT, ask, decide, somebody, state_of

PEOPLE: Final = {
    "maker": ("REVIEWER", "CENTRE_HEAD"),
    "handler": ("REVIEWER",),
    "b": ("REVIEWER",),
    "c": ("REVIEWER", "CENTRE_HEAD"),
    "head": ("CENTRE_HEAD",),
    "leader": ("DIVISION_LEADER",),
    "all": ("REVIEWER", "CENTRE_HEAD", "DIVISION_LEADER"),
    "clerk": ("CLERK",),
}
LADDER: Final = ("REVIEWER", "CENTRE_HEAD", "DIVISION_LEADER")
STEPS_OF: Final = {1000: 1, 5000: 2, 20_000: 3}


@dataclass
class Model:
    """What must come of it: who has spoken, and how many steps are done."""

    steps: int
    said: set[str] = field(default_factory=set[str])
    done: int = 0
    end: str | None = None

    def allows(self, who: str, *, content_is_right: bool) -> bool:
        return (
            self.end is None
            and content_is_right
            and who not in {"maker", "handler"} | self.said
            and LADDER[self.done] in PEOPLE[who]
        )

    def take(self, who: str, deed: str) -> None:
        self.said.add(who)
        if deed == "approve":
            self.done += 1
            self.end = "APPROVED" if self.done == self.steps else None
        else:
            self.end = "REJECTED" if deed == "reject" else "RETURNED"

    @property
    def state(self) -> str:
        return self.end or "PENDING"


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(list(PEOPLE)),
        st.sampled_from(["approve"] * 6 + ["reject", "return", "change"]),
        st.sampled_from([True] * 7 + [False]),
    ),
    min_size=1,
    max_size=14,
)


async def succeeded(doing: Awaitable[object]) -> bool:
    try:
        await doing
    except (DomainError, Refused):
        return False
    return True


def send_back(who: Actor, asked: UUID, content: bytes) -> Awaitable[UUID]:
    return run(lambda work: approvals.send_back(work, approval_id=asked, seen_digest=content, reason="重做"), actor=who)


def change(about: UUID) -> Awaitable[UUID]:
    async def expire(work: Work) -> UUID:
        return await approvals.expire(work, kind=ApprovalKind.CLAIM, subject_id=about) or about

    return run(expire, actor=somebody("CLERK"))


async def play(yuan: int, deeds: list[tuple[str, str, bool]]) -> Model:
    """Do all of it for real and in the model, and compare after every step."""
    people = {name: somebody(*roles) for name, roles in PEOPLE.items()}
    about, model = uuid4(), Model(STEPS_OF[yuan])
    asked = await ask(people["maker"], yuan=yuan, subject_id=about, handled_by=[people["handler"].id])
    for who, deed, content_is_right in deeds:
        if deed == "change":
            await change(about)
            model.end = model.end or "EXPIRED"
        else:
            content = CONTENT if content_is_right else b"other"
            doing = (
                send_back(people[who], asked, content)
                if deed == "return"
                else decide(people[who], asked, approve=deed == "approve", content=content)
            )
            expected = model.allows(who, content_is_right=content_is_right)
            assert await succeeded(doing) == expected, (who, deed, model)
            if expected:
                model.take(who, deed)
        assert await state_of(asked) == model.state, (who, deed, model)
    return model


# The runs share a database, which is why nothing here counts rows of others.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(yuan=st.sampled_from(list(STEPS_OF)), deeds=DEEDS)
@pytest.mark.usefixtures("store")
async def test_a_question_stands_where_the_model_says(yuan: int, deeds: list[tuple[str, str, bool]]) -> None:
    await play(yuan, deeds)


@pytest.mark.usefixtures("store")
async def test_the_model_reaches_every_end() -> None:
    """Random deeds that never end a question would prove little."""
    rng, ends = Random(7), set[str]()
    for _ in range(60):
        deeds = [
            (rng.choice(list(PEOPLE)), rng.choice(["approve"] * 8 + ["reject", "return", "change"]), True)
            for _ in range(12)
        ]
        ends.add((await play(rng.choice(list(STEPS_OF)), deeds)).state)
    assert ends >= {"APPROVED", "REJECTED", "RETURNED", "EXPIRED"}
