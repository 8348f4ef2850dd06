"""The steps of a registration, as tests walk them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from domain import residents
from domain.actors import Actor
from domain.errors import DomainError, Refused
from domain.residents import FormField, ReturnFault
from tests.builders import (
    KEYS,
    NOW,
    a_clerk,
    a_reviewer,
    run,
)

TODAY = NOW.date()


async def refused(doing: object) -> list[DomainError]:
    with pytest.raises((Refused, DomainError)) as caught:
        await doing  # type: ignore[misc] # any awaitable
    return list(caught.value.faults) if isinstance(caught.value, Refused) else [caught.value]


def codes(faults: Sequence[DomainError]) -> set[tuple[str, str]]:
    return {(fault.code, ".".join(fault.path)) for fault in faults}


async def check(registration_id: UUID, *, clerk=None, version: int = 1) -> UUID:
    return await run(
        lambda work: residents.check_registration(work, registration_id=registration_id, expected_version=version),
        actor=clerk or a_clerk(),
    )


async def decide(registration_id: UUID, *, reviewer=None, version: int = 2, approve: bool = True, reason=None) -> UUID:
    reviewer = reviewer or a_reviewer()
    record = await residents.find_registration(reviewer, registration_id=registration_id)
    assert record is not None
    return await run(
        lambda work: residents.decide_registration(
            work,
            registration_id=registration_id,
            expected_version=version,
            seen_digest=record.content_digest,
            approve=approve,
            reason=reason,
        ),
        actor=reviewer,
    )


async def send_back(registration_id: UUID, *names: str, version: int = 1, late_because: str | None = None) -> UUID:
    return await run(
        lambda work: residents.return_registration(
            work,
            registration_id=registration_id,
            expected_version=version,
            faults=[ReturnFault(FormField(field), "请补正") for field in names],
            late_because=late_because,
        ),
        actor=a_clerk(),
    )


async def complete(registration_id: UUID, *, actor, version: int, **changes: object) -> UUID:
    form = residents.RegistrationForm(**changes)  # type: ignore[arg-type] # the fields that the test names
    return await run(
        lambda work: residents.complete_registration(
            work, registration_id=registration_id, expected_version=version, form=form
        ),
        actor=actor,
    )


async def opened(registration_id: UUID, clerk: Actor) -> residents.RegistrationFile:
    await run(
        lambda work: residents.open_registration(work, registration_id=registration_id, purpose="审核登记"), actor=clerk
    )
    file = await residents.find_registration_file(clerk, keys=KEYS, registration_id=registration_id)
    assert file is not None
    return file


async def record_of(registration_id: UUID) -> residents.RegistrationRecord:
    record = await residents.find_registration(a_clerk(), registration_id=registration_id)
    assert record is not None
    return record
