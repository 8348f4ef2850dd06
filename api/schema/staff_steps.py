"""Commands about the agency's own people: ask, confirm, take away at once; ask for leave and confirm it."""

from __future__ import annotations

from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.scalars import decode_id
from api.schema.staff import (
    Absence,
    AbsenceDecideInput,
    AbsenceEndInput,
    AbsencePayload,
    AbsenceRequestInput,
    StaffAccountRequestInput,
    StaffChange,
    StaffChangeDecideInput,
    StaffChangePayload,
    StaffDecisionPayload,
    StaffMember,
    StaffMemberInput,
    StaffMemberPayload,
    StaffRolesRequestInput,
)
from api.scopes import needs
from domain import staff
from domain.actors import Scope
from domain.work import Work


@strawberry.type
class StaffMutation:
    """Asking for, confirming and taking away what the agency's own people may do."""

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_ADMINISTER)], description="申请开设账号，由安全管理员确认。 Ask for an account."
    )
    async def staff_account_request(self, info: Info, input: StaffAccountRequestInput) -> StaffChangePayload:
        """Ask for an account."""
        post = staff.Post(
            login=input.login,
            display_name=input.name,
            roles=frozenset(role.value for role in input.roles),
            office=input.office,
            region=input.region,
        )
        return await _change(
            info,
            lambda work: staff.ask_for_account(work, post=post, reason=input.reason),
            key=input.idempotency_key,
            asked=input,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_ADMINISTER)], description="申请变更岗位，由安全管理员确认。 Ask for other posts."
    )
    async def staff_roles_request(self, info: Info, input: StaffRolesRequestInput) -> StaffChangePayload:
        """Ask for other posts."""

        async def request(work: Work) -> UUID:
            roles = frozenset(role.value for role in input.roles)
            account_id = decode_id(input.id, "StaffMember", "id")
            return await staff.ask_for_roles(work, account_id=account_id, roles=roles, reason=input.reason)

        return await _change(info, request, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_ADMINISTER)],
        description="申请重置密码与第二因素，或恢复停用账号。 Ask for a reset, or for a suspended account.",
    )
    async def staff_reset_request(self, info: Info, input: StaffMemberInput) -> StaffChangePayload:
        """Ask for a reset."""

        async def request(work: Work) -> UUID:
            account_id = decode_id(input.id, "StaffMember", "id")
            return await staff.ask_for_reset(work, account_id=account_id, reason=input.reason)

        return await _change(info, request, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_CONFIRM)],
        description="确认或驳回账号申请；首次密码只显示一次。 Decide; a first password is shown once.",
    )
    async def staff_change_decide(self, info: Info, input: StaffChangeDecideInput) -> StaffDecisionPayload:
        """Confirm or reject what was asked for."""
        decided: list[staff.Decided] = []

        async def decide(work: Work) -> UUID:
            decided.append(
                await staff.decide_change(
                    work,
                    change_id=decode_id(input.id, "StaffChange", "id"),
                    seen_digest=_digest(input.content_digest),
                    approve=input.approve,
                    reason=input.reason,
                )
            )
            return decided[-1].change_id

        outcome = await perform(info, decide, key=None)
        found = outcome.result and await staff.find_change(info.context.actor, change_id=outcome.result)
        return StaffDecisionPayload(
            change=StaffChange.of(found) if found else None,
            first_password=decided[-1].first_password if outcome.result else None,
            errors=outcome.errors,
        )

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_STOP)], description="立即停用账号，结束其全部登录。 Suspend an account at once."
    )
    async def staff_suspend(self, info: Info, input: StaffMemberInput) -> StaffMemberPayload:
        """Suspend an account."""

        async def suspend(work: Work) -> UUID:
            account_id = decode_id(input.id, "StaffMember", "id")
            return await staff.suspend(work, account_id=account_id, reason=input.reason)

        return await _member(info, suspend, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_STOP)], description="人员离开，账号永久关闭。 Close an account for good."
    )
    async def staff_close(self, info: Info, input: StaffMemberInput) -> StaffMemberPayload:
        """Close an account."""

        async def close(work: Work) -> UUID:
            account_id = decode_id(input.id, "StaffMember", "id")
            return await staff.close(work, account_id=account_id, reason=input.reason)

        return await _member(info, close, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_CONFIRM)], description="解除登录锁定。 Open the locks of an account."
    )
    async def staff_unlock(self, info: Info, input: StaffMemberInput) -> StaffMemberPayload:
        """Open the locks."""

        async def unlock(work: Work) -> UUID:
            account_id = decode_id(input.id, "StaffMember", "id")
            return await staff.unlock(work, account_id=account_id, reason=input.reason)

        return await _member(info, unlock, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_SELF)], description="申请请假并指定代岗人。 Ask for leave and name a stand-in."
    )
    async def absence_request(self, info: Info, input: AbsenceRequestInput) -> AbsencePayload:
        """Ask for leave."""

        async def request(work: Work) -> UUID:
            stand_in = decode_id(input.stand_in_id, "StaffMember", "stand_in_id") if input.stand_in_id else None
            return await staff.ask_for_absence(
                work, starts=input.starts, ends=input.ends, stand_in_id=stand_in, reason=input.reason
            )

        return await _absence(info, request, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_ABSENCE)], description="同意或不同意请假。 Confirm or refuse a colleague's leave."
    )
    async def absence_decide(self, info: Info, input: AbsenceDecideInput) -> AbsencePayload:
        """Decide about leave."""

        async def decide(work: Work) -> UUID:
            absence_id = decode_id(input.id, "Absence", "id")
            return await staff.decide_absence(work, absence_id=absence_id, confirm=input.confirm)

        return await _absence(info, decide, key=input.idempotency_key, asked=input)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_SELF)], description="提前返岗，代岗即止。 Be back: the stand-in's part ends."
    )
    async def absence_end(self, info: Info, input: AbsenceEndInput) -> AbsencePayload:
        """Be back."""

        async def end(work: Work) -> UUID:
            return await staff.end_absence(work, absence_id=decode_id(input.id, "Absence", "id"))

        return await _absence(info, end, key=input.idempotency_key, asked=input)


async def _change(info: Info, do: Do, *, key: UUID, asked: object) -> StaffChangePayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await staff.find_change(info.context.actor, change_id=outcome.result)
    return StaffChangePayload(change=StaffChange.of(found) if found else None, errors=outcome.errors)


async def _member(info: Info, do: Do, *, key: UUID, asked: object) -> StaffMemberPayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await staff.find_member(info.context.actor, account_id=outcome.result)
    return StaffMemberPayload(member=StaffMember.of(found) if found else None, errors=outcome.errors)


async def _absence(info: Info, do: Do, *, key: UUID, asked: object) -> AbsencePayload:
    outcome = await perform(info, do, key=key, asked=asked)
    found = outcome.result and await staff.find_absence(info.context.actor, absence_id=outcome.result)
    return AbsencePayload(absence=Absence.of(found) if found else None, errors=outcome.errors)


def _digest(text: str) -> bytes:
    """Read a digest; what is none matches nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
