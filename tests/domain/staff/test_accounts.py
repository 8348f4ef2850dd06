"""Accounts come by two people, go at once, and never hold posts that do not go together."""

from __future__ import annotations

import asyncio
from itertools import combinations
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from domain import factors, identity, staff
from domain import store as database
from domain.approvals import ContentChangedMeanwhile
from domain.errors import DomainError, Refused
from domain.identity import LoginTaken, SessionNotFound, StaffRole
from domain.staff import (
    ChangeNotFound,
    ChangeWaitsAlready,
    FirstAdministrator,
    HouseIsNotEmpty,
    MemberNotFound,
    NobodyGrantsToThemselves,
    NotYourOffice,
    Post,
    StateUnfit,
)
from tests.domain.staff.conftest import ELSEWHERE, Agency, a_post

REASON = "人事〔2026〕8号"


async def ask(agency: Agency, post: Post, *, by: str = "sysadmin") -> UUID:
    return await agency.act(by, lambda work: staff.ask_for_account(work, post=post, reason=REASON))


async def ask_roles(agency: Agency, login: str, *roles: str, by: str = "sysadmin") -> UUID:
    return await agency.act(
        by,
        lambda work: staff.ask_for_roles(work, account_id=agency.ids[login], roles=frozenset(roles), reason=REASON),
    )


async def test_an_account_begins_with_two_people_and_a_first_password(agency: Agency) -> None:
    change_id = await ask(agency, a_post("CLERK"))
    assert await identity.find_account_of(login="newcomer") is None

    decided = await agency.confirm(change_id)

    account = await identity.check_password(login="newcomer", password=decided.first_password or "")
    assert account is not None
    assert account.roles == {"CLERK"}
    assert account.first_password_until is not None
    assert (await factors.factors_of(account_id=account.id)).kinds == frozenset()


async def test_what_is_rejected_never_happens(agency: Agency) -> None:
    change_id = await ask(agency, a_post("CLERK"))

    assert (await agency.confirm(change_id, approve=False)).first_password is None
    assert await identity.find_account_of(login="newcomer") is None
    with pytest.raises(ChangeNotFound):
        await agency.confirm(change_id)


@pytest.mark.parametrize("login", ["clerk", "head", "audit", "security"])
async def test_only_the_system_administrator_asks(agency: Agency, login: str) -> None:
    with pytest.raises(NotYourOffice):
        await ask(agency, a_post("CLERK"), by=login)


@pytest.mark.parametrize("login", ["clerk", "head", "audit", "sysadmin"])
async def test_only_the_security_administrator_confirms(agency: Agency, login: str) -> None:
    change_id = await ask(agency, a_post("CLERK"))

    with pytest.raises(NotYourOffice):
        await agency.confirm(change_id, by=login)


async def test_a_decision_is_about_what_was_seen(agency: Agency) -> None:
    change_id = await ask(agency, a_post("CLERK"))

    with pytest.raises(ContentChangedMeanwhile):
        await agency.act(
            "security",
            lambda work: staff.decide_change(work, change_id=change_id, seen_digest=b"another", approve=True),
        )


async def test_nobody_grants_to_themselves(agency: Agency) -> None:
    with pytest.raises(NobodyGrantsToThemselves):
        await ask_roles(agency, "sysadmin", "CASHIER")
    change_id = await ask_roles(agency, "security", "AUDIT_ADMINISTRATOR")
    with pytest.raises(NobodyGrantsToThemselves):
        await agency.confirm(change_id)


async def test_every_fault_is_named_at_once(agency: Agency) -> None:
    with pytest.raises(Refused) as refused:
        await agency.act(
            "sysadmin",
            lambda work: staff.ask_for_account(
                work, post=a_post("CASHIER", "ACCOUNTANT", "EMPEROR", login="a b"), reason=" "
            ),
        )

    codes = [fault.code for fault in refused.value.faults]
    assert codes == ["LOGIN_UNFIT", "ROLE_UNKNOWN", "POSTS_CLASH", "STAFF_REASON_MISSING"]
    clash = refused.value.faults[2]
    assert "会计法" in clash.message().zh


async def test_a_name_is_taken_also_while_it_waits(agency: Agency) -> None:
    await ask(agency, a_post("CLERK"))
    for login in ("newcomer", "CLERK"):
        with pytest.raises(LoginTaken):
            await ask(agency, a_post("CLERK", login=login))


async def test_other_regions_are_for_their_own_administrators(agency: Agency) -> None:
    await agency.employ("stranger", "CLERK", region="330902")
    await agency.employ("foreign", "CLERK", region="330200")
    with pytest.raises(NotYourOffice):
        await ask(agency, a_post("CLERK", region="330200"))
    with pytest.raises(MemberNotFound):
        await ask_roles(agency, "foreign", "REVIEWER")
    listed = await staff.list_staff(await agency.actor("sysadmin"), first=100)
    assert "foreign" not in [member.post.login for member in listed]
    assert "stranger" in [member.post.login for member in listed]
    assert await staff.list_staff(await agency.actor("clerk"), first=100) == []


async def test_new_posts_end_old_sessions_and_wait_one_at_a_time(agency: Agency) -> None:
    change_id = await ask_roles(agency, "clerk", "REVIEWER")
    with pytest.raises(ChangeWaitsAlready):
        await ask_roles(agency, "clerk", "INVESTIGATOR")
    assert (await agency.account("clerk")).roles == {"CLERK"}

    await agency.confirm(change_id)

    assert (await agency.account("clerk")).roles == {"REVIEWER"}


async def test_a_change_is_decided_once_of_ten(agency: Agency) -> None:
    change_id = await ask(agency, a_post("CLERK"))

    tries = await asyncio.gather(*(agency.confirm(change_id) for _ in range(10)), return_exceptions=True)

    assert sum(not isinstance(told, Exception) for told in tries) == 1
    assert all(isinstance(told, DomainError) for told in tries if isinstance(told, Exception))


async def test_a_colleague_is_suspended_at_once_and_comes_back_by_two_people(agency: Agency) -> None:
    for by in ("sysadmin", "security"):
        login = {"sysadmin": "clerk", "security": "cashier"}[by]
        account_id = agency.ids[login]
        await agency.act(by, lambda work, id_=account_id: staff.suspend(work, account_id=id_, reason=REASON))
        assert not (await agency.account(login)).is_active
    with pytest.raises(StateUnfit):
        await agency.act("security", lambda work: staff.suspend(work, account_id=agency.ids["clerk"], reason=REASON))

    change_id = await agency.act(
        "sysadmin", lambda work: staff.ask_for_reset(work, account_id=agency.ids["clerk"], reason=REASON)
    )
    decided = await agency.confirm(change_id)

    assert await identity.check_password(login="clerk", password=decided.first_password or "") is not None
    assert (await factors.factors_of(account_id=agency.ids["clerk"])).kinds == frozenset()


async def test_who_has_left_stays_away(agency: Agency) -> None:
    clerk = agency.ids["clerk"]
    await agency.act("sysadmin", lambda work: staff.close(work, account_id=clerk, reason="离职"))

    assert (await agency.account("clerk")).roles == frozenset()
    assert (await factors.factors_of(account_id=clerk)).kinds == frozenset()
    with pytest.raises(StateUnfit):
        await ask_roles(agency, "clerk", "CLERK")
    with pytest.raises(IntegrityError, match="closed for good"):
        await database.rows("UPDATE account SET state = 'ACTIVE' WHERE id = $1", clerk)


async def test_the_security_administrator_opens_locks_but_not_their_own(agency: Agency) -> None:
    for login in ("clerk", "security"):
        for _ in range(factors.LOCK_AFTER):
            await agency.act(
                login,
                lambda work, id_=agency.ids[login]: factors.remember_failure(
                    work, account_id=id_, source="192.0.2.1", wrong_code=False
                ),
            )
    with pytest.raises(NotYourOffice):
        await agency.act("sysadmin", lambda work: staff.unlock(work, account_id=agency.ids["clerk"], reason=REASON))
    await agency.act("security", lambda work: staff.unlock(work, account_id=agency.ids["clerk"], reason=REASON))
    with pytest.raises(NobodyGrantsToThemselves):
        await agency.act("security", lambda work: staff.unlock(work, account_id=agency.ids["security"], reason=REASON))
    with pytest.raises(IntegrityError, match="login_lock_is_not_opened_by_its_own"):
        await database.rows("UPDATE login_lock SET ended_at = $1, ended_by = account_id", agency.now)
    with pytest.raises(IntegrityError, match="login_lock_is_opened_by_somebody"):
        await database.rows("UPDATE login_lock SET ended_at = $1 WHERE ended_at IS NULL", agency.now)


async def test_sessions_are_ended_by_their_owner_and_the_security_administrator(agency: Agency) -> None:
    clerk = await agency.account("clerk")

    async def start() -> UUID:
        await agency.act("clerk", lambda work: identity.start_login_session(work, account=clerk, device="Firefox"))
        sessions = await staff.list_sessions(await agency.actor("clerk"), account_id=clerk.id, now=agency.now)
        return sessions[-1].id

    for by in ("clerk", "security"):
        session_id = await start()
        for stranger in ("reviewer", "sysadmin", "audit"):
            with pytest.raises(SessionNotFound):
                await agency.act(stranger, lambda work, id_=session_id: staff.end_session(work, session_id=id_))
        await agency.act(by, lambda work, id_=session_id: staff.end_session(work, session_id=id_))
        assert await staff.list_sessions(await agency.actor("clerk"), account_id=clerk.id, now=agency.now) == []
    assert await staff.list_sessions(await agency.actor("reviewer"), account_id=clerk.id, now=agency.now) == []
    events = await staff.list_events(await agency.actor("audit"), account_id=clerk.id, first=50)
    assert {"LoggedIn", "LoggedOut", "AccountCreated"} <= {event.action for event in events}


async def test_a_house_begins_once_with_three_administrators(store: str, agency: Agency) -> None:
    three = [
        FirstAdministrator(login=f"first-{role[:5].lower()}", display_name="某人", role=role)
        for role in staff.ADMINISTRATORS
    ]
    with pytest.raises(HouseIsNotEmpty):
        await agency.act(
            "sysadmin", lambda work: staff.begin_house(work, administrators=three, office="信息科", region="330900")
        )
    await database.rows("UPDATE account SET roles = '{}' WHERE kind = 'STAFF'")

    tries = await asyncio.gather(
        *(
            agency.act(
                "clerk", lambda work: staff.begin_house(work, administrators=three, office="科", region="330900")
            )
            for _ in range(5)
        ),
        return_exceptions=True,
    )

    begun = [told for told in tries if isinstance(told, dict)]
    assert len(begun) == 1
    assert sum(isinstance(told, HouseIsNotEmpty) for told in tries) == 4
    assert await identity.check_password(login="first-syste", password=begun[0]["first-syste"]) is not None


# Round the code.


async def test_postgresql_holds_every_pair_apart_and_lets_other_pairs_be(agency: Agency) -> None:
    table = {frozenset((pair.one, pair.other)) for pair in await staff.list_incompatibilities()}
    await database.rows("ALTER TABLE account DISABLE TRIGGER staff_posts_are_in_order")
    await database.rows("UPDATE account SET roles = $1 WHERE login = 'clerk'", [role.value for role in StaffRole])
    await database.rows("ALTER TABLE account ENABLE TRIGGER staff_posts_are_in_order")
    assert frozenset(("CASHIER", "ACCOUNTANT")) in table
    assert all(frozenset(pair) in table for pair in combinations(staff.ADMINISTRATORS, 2))
    for one, other in combinations([role.value for role in StaffRole], 2):
        change = database.rows(
            "UPDATE account SET roles = $1 WHERE login = 'clerk' AND false RETURNING id", [one, other]
        )
        await change
        statement = (
            "INSERT INTO account (id, kind, login, password_hash, display_name, roles, office, region, created_at)"
        )
        insert = database.rows(
            f"{statement} VALUES (gen_random_uuid(), 'STAFF', $1, 'x', 'x', $2, 'x', 'x', now())",
            f"{one}-{other}",
            [one, other],
        )
        if frozenset((one, other)) in table:
            with pytest.raises(IntegrityError, match="at once"):
                await insert
        else:
            await insert


async def test_postgresql_adds_no_post_without_two_people(agency: Agency) -> None:
    with pytest.raises(IntegrityError, match="two people"):
        await database.rows("UPDATE account SET roles = '{CLERK,REVIEWER}' WHERE login = 'clerk'")
    await database.rows("UPDATE account SET roles = '{}' WHERE login = 'clerk'")
    change_id = await ask_roles(agency, "clerk", "REVIEWER")
    with pytest.raises(IntegrityError, match="nobody has confirmed"):
        await database.rows(
            "UPDATE staff_change SET state = 'APPLIED', decided_by = $2, decided_at = $3 WHERE id = $1",
            change_id,
            agency.ids["security"],
            agency.now,
        )
    for own in ("asked_by", "account_id"):
        with pytest.raises(IntegrityError, match="staff_change"):
            await database.rows(
                f"UPDATE staff_change SET state = 'REJECTED', decided_by = {own}, decided_at = $2 WHERE id = $1",
                change_id,
                agency.now,
            )


async def test_the_guard_on_posts_is_the_trigger(agency: Agency) -> None:
    """The negative control: without it the forbidden pair goes in."""
    await database.rows("ALTER TABLE account DISABLE TRIGGER staff_posts_are_in_order")

    await database.rows("UPDATE account SET roles = '{ACCOUNTANT,CASHIER}' WHERE login = 'cashier'")

    assert (await agency.account("cashier")).roles == {"ACCOUNTANT", "CASHIER"}
    assert ELSEWHERE
