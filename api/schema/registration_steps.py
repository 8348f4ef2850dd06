"""Asking for registrations and taking them on, each side with its own scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Outcome, perform
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.registrations import (
    Registration,
    RegistrationCompleteInput,
    RegistrationDecideInput,
    RegistrationFile,
    RegistrationOpenInput,
    RegistrationOpenPayload,
    RegistrationPayload,
    RegistrationReturnInput,
    RegistrationStepInput,
    RegistrationSubmitInput,
)
from api.schema.scalars import decode_id, split_id
from api.scopes import needs
from domain import residents
from domain.actors import Scope
from domain.residents import RegistrationChannel, RegistrationState
from domain.work import Work

PAGE_MAX = 100
RegistrationId = Annotated[strawberry.ID, strawberry.argument(description="登记的标识。 The id of a registration.")]
States = Annotated[list[RegistrationState], strawberry.argument(description="状态。 Where they stand.")]
First = Annotated[int, strawberry.argument(description="每页条数，至多 100。 Rows of a page, at most 100.")]
After = Annotated[str | None, strawberry.argument(description="上一页的 endCursor。 The endCursor of the page before.")]


@strawberry.type
class RegistrationQuery:
    """Asking for registrations."""

    @strawberry.field(
        extensions=[needs(Scope.REGISTRATION_SUBMIT)],
        description="我提交的一项登记；不存在或无权查看时为空。 A registration of one's own; null when there is none.",
    )
    async def registration(self, info: Info, id: RegistrationId) -> RegistrationFile | None:
        """Find one."""
        context, named = info.context, split_id(id)
        if named is None or named[0] != "Registration":
            return None
        file = await residents.find_registration_file(
            context.actor, keys=context.resources.keys, registration_id=named[1]
        )
        return RegistrationFile.of(file) if file else None

    @strawberry.field(
        extensions=[needs(Scope.REGISTRATION_SUBMIT)],
        description="我提交或作为监护人的登记，先提交的在前。 One's own registrations, oldest first.",
    )
    async def my_registrations(self, info: Info) -> list[Registration]:
        """List one's own."""
        states = list(RegistrationState)
        records = await residents.list_registrations(info.context.actor, states=states, first=PAGE_MAX)
        return [Registration.of(record) for record in records]

    @strawberry.field(
        extensions=[needs(Scope.RESIDENT_READ)],
        description="本辖区的登记，先提交的在前。 The registrations of one's region, oldest first.",
    )
    async def registrations(
        self, info: Info, states: States, first: First = 20, after: After = None
    ) -> Connection[Registration]:
        """List what waits."""
        first = min(max(first, 1), PAGE_MAX)
        records = await residents.list_registrations(
            info.context.actor, states=states, first=first + 1, after=_place(after)
        )
        return page_of(records, first=first, node=Registration.of, key=lambda record: (record.submitted_at, record.id))


@strawberry.type
class RegistrationMutation:
    """Taking registrations on."""

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_SUBMIT)],
        description="监护人线上登记子女。 Register one's own child online.",
    )
    async def registration_submit(self, info: Info, input: RegistrationSubmitInput) -> RegistrationPayload:
        """File it."""
        return await _take_on(info, lambda work: residents.submit_registration(work, form=input.form.to_form()), input)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_SUBMIT)],
        description="补正或更改我的登记；待复核的须重新初审。 Complete one's registration; it is checked anew.",
    )
    async def registration_complete(self, info: Info, input: RegistrationCompleteInput) -> RegistrationPayload:
        """Complete it."""
        return await _take_on(info, _completing(input), input)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_SUBMIT)], description="撤回我的登记。 Take one's registration back."
    )
    async def registration_withdraw(self, info: Info, input: RegistrationStepInput) -> RegistrationPayload:
        """Take it back."""
        return await _take_on(
            info,
            lambda work: residents.withdraw_registration(
                work, registration_id=_id(input), expected_version=input.expected_version
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="窗口代为登记。 Take a registration in at a window.",
    )
    async def registration_take_in(self, info: Info, input: RegistrationSubmitInput) -> RegistrationPayload:
        """Take it in."""
        return await _take_on(
            info,
            lambda work: residents.submit_registration(
                work, form=input.form.to_form(), channel=RegistrationChannel.WINDOW
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="窗口补正非线上登记。 Complete at a window what was not filed online.",
    )
    async def registration_take_in_more(self, info: Info, input: RegistrationCompleteInput) -> RegistrationPayload:
        """Complete it for the applicant."""
        return await _take_on(info, _completing(input), input)

    @strawberry.mutation(
        extensions=[needs(Scope.RESIDENT_READ)],
        description="查阅登记档案并留痕。 Open a registration on record; the guardian sees who read it.",
    )
    async def registration_open(self, info: Info, input: RegistrationOpenInput) -> RegistrationOpenPayload:
        """Open it."""
        context = info.context
        done = await perform(
            info,
            lambda work: residents.open_registration(
                work, registration_id=decode_id(input.id, "Registration", "id"), purpose=input.purpose
            ),
            key=None,
        )
        file = done.result and await residents.find_registration_file(
            context.actor, keys=context.resources.keys, registration_id=done.result
        )
        return RegistrationOpenPayload(file=RegistrationFile.of(file) if file else None, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="一次性告知全部问题后退回。 Send a registration back once with all its faults.",
    )
    async def registration_return(self, info: Info, input: RegistrationReturnInput) -> RegistrationPayload:
        """Send it back."""
        faults = [residents.ReturnFault(fault.field, fault.text) for fault in input.faults]
        return await _take_on(
            info,
            lambda work: residents.return_registration(
                work,
                registration_id=_id(input),
                expected_version=input.expected_version,
                faults=faults,
                late_because=input.late_because,
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_CHECK)],
        description="初审通过，提请复核。 Find a registration in order and ask a second person.",
    )
    async def registration_check(self, info: Info, input: RegistrationStepInput) -> RegistrationPayload:
        """Check it."""
        return await _take_on(
            info,
            lambda work: residents.check_registration(
                work, registration_id=_id(input), expected_version=input.expected_version
            ),
            input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.REGISTRATION_DECIDE)],
        description="复核：通过即完成登记；经办本人不能复核。 Decide as the second person, never on one's own.",
    )
    async def registration_decide(self, info: Info, input: RegistrationDecideInput) -> RegistrationPayload:
        """Decide on it."""
        return await _take_on(
            info,
            lambda work: residents.decide_registration(
                work,
                registration_id=_id(input),
                expected_version=input.expected_version,
                seen_digest=_digest(input.content_digest),
                approve=input.approve,
                reason=input.reason,
            ),
            input,
        )


_AnyInput = (
    RegistrationSubmitInput
    | RegistrationCompleteInput
    | RegistrationStepInput
    | RegistrationReturnInput
    | RegistrationDecideInput
)


async def _take_on(info: Info, do: Callable[[Work], Awaitable[UUID]], input: _AnyInput) -> RegistrationPayload:
    """Take one step, then show the registration as it stands."""
    done: Outcome = await perform(info, do, key=input.idempotency_key, asked=input)
    record = done.result and await residents.find_registration(info.context.actor, registration_id=done.result)
    return RegistrationPayload(registration=Registration.of(record) if record else None, errors=done.errors)


def _completing(input: RegistrationCompleteInput) -> Callable[[Work], Awaitable[UUID]]:
    return lambda work: residents.complete_registration(
        work,
        registration_id=decode_id(input.id, "Registration", "id"),
        expected_version=input.expected_version,
        form=input.form.to_form(),
    )


def _id(input: RegistrationStepInput) -> UUID:
    return decode_id(input.id, "Registration", "id")


def _digest(text: str) -> bytes:
    """Read a digest; what is no digest names no content."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _place(after: str | None) -> tuple[datetime, UUID] | None:
    """Read where the last page ended."""
    key = decode_cursor(after, kinds=(datetime.fromisoformat, UUID))
    return (key[0], key[1]) if key else None
