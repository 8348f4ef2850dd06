"""The agency's own people: accounts and posts asked for and confirmed, leave and stand-ins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from api.context import Info
from api.schema.common import ERRORS, KEY, After, First
from api.schema.enums import enum
from api.schema.errors import UserError
from api.schema.factors import LogInSession
from api.schema.pages import Connection, decode_cursor, page_of
from api.schema.scalars import encode_id, id_of
from api.scopes import needs
from domain import staff
from domain.actors import Scope
from domain.identity import StaffRole
from domain.work import day_of

StaffRoleName = enum(
    StaffRole,
    "岗位。 A post.",
    CLERK="经办。 A clerk.",
    REVIEWER="复核。 A reviewer.",
    CENTRE_HEAD="中心负责人。 The head of the centre.",
    DIVISION_LEADER="分管领导。 The leader of the division.",
    CASHIER="出纳。 A cashier.",
    ACCOUNTANT="会计。 An accountant.",
    AUDITOR="审计。 An auditor.",
    INSPECTOR="稽核。 An inspector.",
    INVESTIGATOR="举报办理。 An investigator of reports.",
    CATALOGUE_KEEPER="目录维护。 A keeper of the catalogue.",
    SYSTEM_ADMINISTRATOR="系统管理员。 The system administrator.",
    SECURITY_ADMINISTRATOR="安全管理员。 The security administrator.",
    AUDIT_ADMINISTRATOR="审计管理员。 The audit administrator.",
)
AccountChangeKind = enum(
    staff.AccountChangeKind,
    "账号申请的种类。 What is asked for about an account.",
    OPEN="开设账号。 Open it.",
    ROLES="变更岗位。 Give it other posts.",
    RESET="重置密码与第二因素。 Set password and factors up anew.",
    REOPEN="恢复停用账号。 Take it into use again.",
)
AccountChangeState = enum(
    staff.AccountChangeState,
    "账号申请的状态。 Where it stands.",
    ASKED="待确认。 Asked for.",
    APPLIED="已确认并生效。 Confirmed and done.",
    REJECTED="未确认。 Rejected.",
)
AccountState = enum(
    staff.AccountState,
    "账号状态。 The state of an account.",
    ACTIVE="在用。 In use.",
    SUSPENDED="停用。 Suspended.",
    CLOSED="已关闭。 Closed for good.",
)
AbsenceState = enum(
    staff.AbsenceState,
    "请假状态。 The state of leave.",
    ASKED="待确认。 Asked for.",
    CONFIRMED="已确认。 Confirmed.",
    REFUSED="未同意。 Refused.",
)


@strawberry.type(description="工作人员。 A member of staff.")
class StaffMember:
    """A member of staff."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    login: str = strawberry.field(description="账号名。 The log-in name.")
    name: str = strawberry.field(description="姓名。 The name.")
    roles: list[StaffRole] = strawberry.field(description="岗位。 The posts.")
    office: str = strawberry.field(description="机构。 The office.")
    region: str = strawberry.field(description="统筹区。 The region.")
    state: staff.AccountState = strawberry.field(description="账号状态。 The state of the account.")
    has_second_factor: bool = strawberry.field(description="有第二因素。 Has a second factor.")
    locked_places: int = strawberry.field(description="在几处被锁定。 In how many places it is locked.")
    wrong_codes: int = strawberry.field(description="错误验证码次数。 Wrong codes since the last unlocking.")

    @classmethod
    def of(cls, member: staff.Member) -> StaffMember:
        """Show one member of staff."""
        return cls(
            id=encode_id("StaffMember", member.id),
            login=member.post.login,
            name=member.post.display_name,
            roles=_known(member.post.roles),
            office=member.post.office,
            region=member.post.region,
            state=member.state,
            has_second_factor=member.has_second_factor,
            locked_places=member.locked_places,
            wrong_codes=member.wrong_codes,
        )


@strawberry.type(description="账号申请。 What was asked for about an account.")
class StaffChange:
    """What was asked for about an account."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    kind: staff.AccountChangeKind = strawberry.field(description="种类。 The kind.")
    login: str = strawberry.field(description="账号名。 The log-in name.")
    name: str = strawberry.field(description="姓名。 The name.")
    roles: list[StaffRole] = strawberry.field(description="岗位。 The posts.")
    office: str = strawberry.field(description="机构。 The office.")
    region: str = strawberry.field(description="统筹区。 The region.")
    reason: str = strawberry.field(description="理由。 Why.")
    content_digest: str = strawberry.field(description="内容摘要；确认须与之相符。 What a decision is bound to.")
    asked_by: str = strawberry.field(description="申请人。 Who asked.")
    asked_at: datetime = strawberry.field(description="申请时间。 When.")
    state: staff.AccountChangeState = strawberry.field(description="状态。 Where it stands.")

    @classmethod
    def of(cls, change: staff.Change) -> StaffChange:
        """Show one change."""
        return cls(
            id=encode_id("StaffChange", change.id),
            kind=change.kind,
            login=change.post.login,
            name=change.post.display_name,
            roles=_known(change.post.roles),
            office=change.post.office,
            region=change.post.region,
            reason=change.reason,
            content_digest=change.content_digest.hex(),
            asked_by=change.asked_by_name,
            asked_at=change.asked_at,
            state=change.state,
        )


@strawberry.type(description="请假与代岗。 Leave, and who holds the post meanwhile.")
class Absence:
    """Leave."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    name: str = strawberry.field(description="请假人。 Who is away.")
    stand_in: str | None = strawberry.field(description="代岗人。 Who holds the post.")
    starts: date = strawberry.field(description="首日。 The first day.")
    ends: date = strawberry.field(description="止日，不含。 The first day back.")
    reason: str = strawberry.field(description="事由。 Why.")
    state: staff.AbsenceState = strawberry.field(description="状态。 Where it stands.")

    @classmethod
    def of(cls, absence: staff.Absence) -> Absence:
        """Show one leave."""
        return cls(
            id=encode_id("Absence", absence.id),
            name=absence.name,
            stand_in=absence.stand_in_name,
            starts=absence.starts,
            ends=absence.ends,
            reason=absence.reason,
            state=absence.state,
        )


@strawberry.type(description="账号的一件事。 One thing that happened to an account.")
class AccountEvent:
    """One thing that happened to an account."""

    at: datetime = strawberry.field(description="时间。 When.")
    action: str = strawberry.field(description="事件。 What.")
    by_oneself: bool = strawberry.field(description="本人所为。 Done by the person themselves.")


@strawberry.type(description="不相容岗位。 Two posts that nobody holds together.")
class IncompatiblePosts:
    """Two posts that nobody holds together."""

    one: StaffRole = strawberry.field(description="一个岗位。 One post.")
    other: StaffRole = strawberry.field(description="另一岗位。 The other.")
    source: str = strawberry.field(description="依据。 By which text.")
    starts: date = strawberry.field(description="起始日。 Since when.")
    ends: date | None = strawberry.field(description="终止日，不含。 Until when, not included.")


@strawberry.input(description="申请开设账号。 Ask for an account.")
class StaffAccountRequestInput:
    """Who, as what, where, and why."""

    login: str = strawberry.field(description="账号名。 The log-in name.")
    name: str = strawberry.field(description="姓名。 The name.")
    roles: list[StaffRole] = strawberry.field(description="岗位。 The posts.")
    office: str = strawberry.field(description="机构。 The office.")
    region: str = strawberry.field(description="统筹区。 The region.")
    reason: str = strawberry.field(description="理由。 Why.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="申请变更岗位。 Ask for other posts.")
class StaffRolesRequestInput:
    """Whose, which, and why."""

    id: strawberry.ID = strawberry.field(description="工作人员。 The member of staff.")
    roles: list[StaffRole] = strawberry.field(description="变更后的全部岗位。 All the posts from then on.")
    reason: str = strawberry.field(description="理由。 Why.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="对某人账号办理一事。 Something about somebody's account.")
class StaffMemberInput:
    """Whose, and why."""

    id: strawberry.ID = strawberry.field(description="工作人员。 The member of staff.")
    reason: str = strawberry.field(description="理由。 Why.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="确认或驳回账号申请。 Confirm or reject what was asked for.")
class StaffChangeDecideInput:
    """Which, exactly which content, and the decision."""

    id: strawberry.ID = strawberry.field(description="账号申请。 The change.")
    content_digest: str = strawberry.field(description="所见内容的摘要。 The digest of what was seen.")
    approve: bool = strawberry.field(description="是否确认。 Whether it is confirmed.")
    reason: str | None = strawberry.field(default=None, description="理由；驳回必填。 Why; needed to reject.")


@strawberry.input(description="申请请假。 Ask for leave.")
class AbsenceRequestInput:
    """Which days, who stands in, and why."""

    starts: date = strawberry.field(description="首日。 The first day.")
    ends: date = strawberry.field(description="止日，不含。 The first day back.")
    stand_in_id: strawberry.ID | None = strawberry.field(default=None, description="代岗人。 Who holds the post.")
    reason: str = strawberry.field(description="事由。 Why.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="同意或不同意请假。 Confirm or refuse leave.")
class AbsenceDecideInput:
    """Which, and the decision."""

    id: strawberry.ID = strawberry.field(description="请假。 The leave.")
    confirm: bool = strawberry.field(description="是否同意。 Whether it is confirmed.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="提前返岗或撤回请假。 Be back from today on.")
class AbsenceEndInput:
    """Which leave."""

    id: strawberry.ID = strawberry.field(description="请假。 The leave.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="账号申请的结果。 What came of asking.")
class StaffChangePayload:
    """What came of asking."""

    change: StaffChange | None = strawberry.field(description="账号申请。 The change.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="确认的结果。 What came of deciding.")
class StaffDecisionPayload:
    """What came of deciding."""

    change: StaffChange | None = strawberry.field(description="账号申请。 The change.")
    first_password: str | None = strawberry.field(
        description="首次密码，只显示一次，三日内有效，请当面交给本人。 The first password, shown once, for three days."
    )
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="账号办理的结果。 What came of it.")
class StaffMemberPayload:
    """What came of it."""

    member: StaffMember | None = strawberry.field(description="工作人员。 The member of staff.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="请假办理的结果。 What came of it.")
class AbsencePayload:
    """What came of it."""

    absence: Absence | None = strawberry.field(description="请假。 The leave.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


Member = Annotated[strawberry.ID, strawberry.argument(description="工作人员。 The member of staff.")]


@strawberry.type
class StaffQuery:
    """Asking about the agency's own people."""

    @strawberry.field(extensions=[needs(Scope.STAFF_READ)], description="工作人员列表。 The staff, by log-in name.")
    async def staff_members(self, info: Info, first: First = 20, after: After = None) -> Connection[StaffMember] | None:
        """List the staff."""
        place = decode_cursor(after, kinds=(str,))
        found = await staff.list_staff(info.context.actor, first=first + 1, after=place[0] if place else None)
        return page_of(found, first=first, node=StaffMember.of, key=lambda member: (member.post.login,))

    @strawberry.field(extensions=[needs(Scope.STAFF_READ)], description="账号申请列表。 What was asked for.")
    async def staff_changes(
        self,
        info: Info,
        state: Annotated[
            staff.AccountChangeState, strawberry.argument(description="状态，默认待确认。 The state; ASKED by default.")
        ] = staff.AccountChangeState.ASKED,
        first: First = 20,
        after: After = None,
    ) -> Connection[StaffChange] | None:
        """List what was asked for."""
        place = decode_cursor(after, kinds=(UUID,))
        found = await staff.list_changes(
            info.context.actor, state=state, first=first + 1, after=place[0] if place else None
        )
        return page_of(found, first=first, node=StaffChange.of, key=lambda change: (change.id,))

    @strawberry.field(
        extensions=[needs(Scope.STAFF_READ)],
        description="账号事件，新的在前。 What happened to an account, newest first.",
    )
    async def staff_events(
        self, info: Info, id: Member, first: First = 20, after: After = None
    ) -> Connection[AccountEvent] | None:
        """List what happened to an account."""
        place, account_id = decode_cursor(after, kinds=(int,)), id_of(id, "StaffMember")
        if account_id is None or await staff.find_member(info.context.actor, account_id=account_id) is None:
            return None
        found = await staff.list_events(
            info.context.actor, account_id=account_id, first=first + 1, before=place[0] if place else None
        )

        def show(event: staff.LogInEvent) -> AccountEvent:
            return AccountEvent(at=event.at, action=event.action, by_oneself=event.actor_id == account_id)

        return page_of(found, first=first, node=show, key=lambda event: (event.id,))

    @strawberry.field(
        extensions=[needs(Scope.STAFF_CONFIRM)], description="某人的登录列表。 Where a member of staff is logged in."
    )
    async def staff_sessions(self, info: Info, id: Member) -> list[LogInSession] | None:
        """List the sessions of somebody."""
        account_id = id_of(id, "StaffMember")
        if account_id is None:
            return None
        found = await staff.list_sessions(info.context.actor, account_id=account_id, now=info.context.now)
        return [LogInSession.of(session) for session in found] or None

    @strawberry.field(
        extensions=[needs(Scope.STAFF_READ)],
        description="不相容岗位及依据。 Posts that nobody holds together, and why.",
    )
    async def incompatible_posts(self) -> list[IncompatiblePosts]:
        """List the pairs."""
        return [
            IncompatiblePosts(
                one=StaffRole(pair.one),
                other=StaffRole(pair.other),
                source=pair.source,
                starts=pair.starts,
                ends=pair.ends,
            )
            for pair in await staff.list_incompatibilities()
        ]

    @strawberry.field(
        extensions=[needs(Scope.STAFF_SELF)],
        description="未结束的请假：自己的、自己代岗的、可确认的。 Leave that concerns me, or that I may confirm.",
    )
    async def absences(self, info: Info, first: First = 20, after: After = None) -> Connection[Absence] | None:
        """List leave."""
        place = decode_cursor(after, kinds=(UUID,))
        found = await staff.list_absences(
            info.context.actor,
            on=day_of(info.context.now),
            first=first + 1,
            after=place[0] if place else None,
        )
        return page_of(found, first=first, node=Absence.of, key=lambda absence: (absence.id,))


def _known(roles: Sequence[str] | frozenset[str]) -> list[StaffRole]:
    return [role for role in StaffRole if role in roles]
