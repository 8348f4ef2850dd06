"""Accounts and posts: asked for by one administrator, confirmed by another, taken away at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from domain import approvals, factors, identity, store
from domain.actors import ActorKind, Scope
from domain.approvals import ApprovalKind, Fact, Statement
from domain.crypto import Purpose
from domain.errors import Text, refuse
from domain.identity import NewAccount
from domain.ids import new_id
from domain.staff.access import require
from domain.staff.calc import (
    REASON_MAX,
    content_of,
    new_first_password,
    post_faults,
    reason_faults,
    region_prefix,
)
from domain.staff.errors import (
    ChangeNotFound,
    ChangeWaitsAlready,
    NobodyGrantsToThemselves,
    NotYourOffice,
    StateUnfit,
)
from domain.staff.queries import (
    find_change,
    list_incompatibilities,
)
from domain.staff.service.members import hold_member
from domain.staff.service.passwords import give_first_password
from domain.staff.values import (
    AccountChangeKind,
    AccountChangeState,
    AccountState,
    Change,
    Decided,
    Post,
)
from domain.work import Work

_TITLES: Final = {
    AccountChangeKind.OPEN: Text("开设工作人员账号", "Open an account of staff"),
    AccountChangeKind.ROLES: Text("变更岗位", "Change somebody's posts"),
    AccountChangeKind.RESET: Text("重置密码和第二因素", "Reset password and second factors"),
    AccountChangeKind.REOPEN: Text("恢复停用的账号", "Take a suspended account into use again"),
}


async def ask_for_account(work: Work, *, post: Post, reason: str) -> UUID:
    """Ask for an account of a new colleague. Raises `Refused` with every fault, `LoginTaken`, `NotYourOffice`."""
    require(work.actor, Scope.STAFF_ADMINISTER)
    login = identity.normal_login(post.login)
    account = NewAccount(
        id=new_id(),
        kind=ActorKind.STAFF,
        login=login,
        display_name=post.display_name,
        roles=post.roles,
        office=post.office,
        region=post.region,
    )
    table = await list_incompatibilities()
    refuse(
        [
            *identity.account_faults(account, password=new_first_password()),
            *post_faults(post, table=table, on=work.today),
            *reason_faults(reason.strip(), longest=REASON_MAX),
        ]
    )
    _require_region(work, post)
    if await identity.find_account_of(login=login) is not None or await _login_waits(login):
        raise identity.LoginTaken(path=("login",))
    return await _ask(work, AccountChangeKind.OPEN, account.id, post=replace(post, login=login), reason=reason)


async def ask_for_roles(work: Work, *, account_id: UUID, roles: frozenset[str], reason: str) -> UUID:
    """Ask that a colleague has other posts. Raises `Refused`, `MemberNotFound`."""
    member = await hold_member(work, account_id)
    post = replace(member.post, roles=roles)
    refuse(
        [
            *identity.role_faults(roles),
            *post_faults(post, table=await list_incompatibilities(), on=work.today),
            *reason_faults(reason.strip(), longest=REASON_MAX),
        ]
    )
    return await _ask(work, AccountChangeKind.ROLES, account_id, post=post, reason=reason)


async def ask_for_reset(work: Work, *, account_id: UUID, reason: str) -> UUID:
    """Ask for a first password and new factors for a colleague who has lost theirs, or whose account is suspended.

    Whether it also brings a suspended account back follows from its state today. Raises as `ask_for_roles` does.
    """
    member = await hold_member(work, account_id)
    refuse(reason_faults(reason.strip(), longest=REASON_MAX))
    kind = AccountChangeKind.REOPEN if member.state is AccountState.SUSPENDED else AccountChangeKind.RESET
    return await _ask(work, kind, account_id, post=member.post, reason=reason)


async def decide_change(
    work: Work, *, change_id: UUID, seen_digest: bytes, approve: bool, reason: str | None = None
) -> Decided:
    """Confirm or reject what another administrator asked for; what is confirmed happens at once.

    Raises `NotYourOffice`, `ChangeNotFound`, `NobodyGrantsToThemselves`, and what `approvals.decide` raises.
    """
    require(work.actor, Scope.STAFF_CONFIRM)
    await store.rows("SELECT FROM staff_change WHERE id = $1 FOR UPDATE", change_id)
    change = await find_change(work.actor, change_id=change_id)
    if change is None or change.state is not AccountChangeState.ASKED:
        raise ChangeNotFound(path=("id",))
    if work.actor.id == change.account_id:
        raise NobodyGrantsToThemselves
    question = await approvals.find_pending(kind=ApprovalKind.STAFF_ACCOUNT, subject_id=change_id)
    if question is None:
        raise ChangeNotFound(path=("id",))
    await approvals.decide(work, approval_id=question.id, seen_digest=seen_digest, approve=approve, reason=reason)
    await store.rows(
        "UPDATE staff_change SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1",
        change_id,
        (AccountChangeState.APPLIED if approve else AccountChangeState.REJECTED).value,
        work.actor.id,
        work.now,
    )
    return Decided(change_id, await _apply(work, change) if approve else None)


async def suspend(work: Work, *, account_id: UUID, reason: str) -> UUID:
    """Take a colleague's account out of use at once, with all its sessions. Raises `StateUnfit`."""
    member = await hold_member(work, account_id, Scope.STAFF_STOP)
    refuse(reason_faults(reason.strip(), longest=REASON_MAX))
    if member.state is not AccountState.ACTIVE:
        raise StateUnfit(state=member.state.value)
    await identity.suspend_account(work, account_id=account_id)
    await work.audit("staff.suspend", kind="account", id=account_id, reason=reason.strip())
    return account_id


async def close(work: Work, *, account_id: UUID, reason: str) -> UUID:
    """Close the account of a colleague who leaves: sessions, factors and posts end with it, for good."""
    member = await hold_member(work, account_id, Scope.STAFF_STOP)
    refuse(reason_faults(reason.strip(), longest=REASON_MAX))
    await identity.suspend_account(work, account_id=account_id)
    await factors.retire_all_factors(work, account_id=account_id)
    await store.rows("UPDATE account SET state = 'CLOSED', roles = '{}' WHERE id = $1", account_id)
    await work.audit("staff.close", kind="account", id=account_id, reason=reason.strip(), had=sorted(member.post.roles))
    return account_id


async def _ask(work: Work, kind: AccountChangeKind, account_id: UUID, *, post: Post, reason: str) -> UUID:
    if await store.rows("SELECT FROM staff_change WHERE account_id = $1 AND state = 'ASKED'", account_id):
        raise ChangeWaitsAlready(path=("id",))
    change_id, reason = new_id(), reason.strip()
    digest = work.keys.blind_index(Purpose.APPROVAL, content_of(kind, account_id, post, reason))
    await store.rows(
        "INSERT INTO staff_change (id, kind, account_id, login, display_name, roles, office, region, reason,"
        " content_digest, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        change_id,
        kind.value,
        account_id,
        post.login,
        post.display_name,
        sorted(post.roles),
        post.office,
        post.region,
        reason,
        digest,
        work.actor.id,
        work.now,
    )
    await approvals.ask(
        work,
        kind=ApprovalKind.STAFF_ACCOUNT,
        subject_id=change_id,
        statement=_statement_of(kind, post, reason),
        content_digest=digest,
        region=post.region,
        handled_by=[account_id],
    )
    await work.audit("staff.change.ask", kind="account", id=account_id, change=kind.value, roles=sorted(post.roles))
    return change_id


def _statement_of(kind: AccountChangeKind, post: Post, reason: str) -> Statement:
    """Write down what is asked for as those read it who decide."""
    return Statement(
        title=_TITLES[kind],
        facts=(
            Fact("login", Text("账号名", "Log-in name"), post.login),
            Fact("name", Text("姓名", "Name"), post.display_name),
            Fact("roles", Text("岗位", "Posts"), "、".join(sorted(post.roles))),
            Fact("office", Text("机构", "Office"), post.office),
            Fact("region", Text("统筹区", "Region"), post.region),
            Fact("reason", Text("理由", "Reason"), reason),
        ),
    )


async def _apply(work: Work, change: Change) -> str | None:
    """Do what was confirmed; give the first password, where there is one."""
    post, password = change.post, None
    if change.kind is not AccountChangeKind.ROLES:
        password = new_first_password()
    if change.kind is AccountChangeKind.OPEN:
        assert password is not None
        account = NewAccount(
            id=change.account_id,
            kind=ActorKind.STAFF,
            login=post.login,
            display_name=post.display_name,
            office=post.office,
            region=post.region,
        )
        await identity.create_account(work, account=account, password=password)
    if change.kind in (AccountChangeKind.OPEN, AccountChangeKind.ROLES):
        await store.rows("UPDATE account SET roles = $2 WHERE id = $1", change.account_id, sorted(post.roles))
        await identity.end_all_sessions(work, account_id=change.account_id)
    if password is not None:
        await factors.retire_all_factors(work, account_id=change.account_id)
        await give_first_password(work, account_id=change.account_id, password=password)
        await store.rows("UPDATE account SET state = 'ACTIVE' WHERE id = $1", change.account_id)
    await work.audit("staff.change.apply", kind="account", id=change.account_id, change=change.kind.value)
    return password


def _require_region(work: Work, post: Post) -> None:
    if not work.actor.region or not post.region.startswith(region_prefix(work.actor.region)):
        raise NotYourOffice(path=("region",))


async def _login_waits(login: str) -> bool:
    return bool(
        await store.rows("SELECT FROM staff_change WHERE login = $1 AND kind = 'OPEN' AND state = 'ASKED'", login)
    )
