"""Internal audit looks once more, as nobody who had a hand in it, and a fault opens the claim by its ordinary way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from domain import claims, notices, payouts, rechecks, recovery
from domain import store as database
from domain.actors import ANYBODY, SYSTEM, Actor
from domain.claims import ClaimState
from domain.errors import Refused
from domain.identity import StaffRole
from domain.money import Money
from domain.rechecks import Finding, Hand, Recheck, RecheckFault, RecheckState, queries
from domain.store import row, rows
from tests.builders import KEYS, run
from tests.claim_builders import AREA, BOOK, LAW, a_family, findings, in_review, sign, staff, step
from tests.domain.onestop.test_settling import follow
from tests.domain.rechecks.audit_world import (
    A_FAULT,
    DECEMBER,
    Decided,
    an_inspector,
    decided,
    drawn,
    found,
    reopened,
    taken,
    the_recheck,
)
from tests.payout_world import batched, confirm, decide, open_books, queue, repaired, sending, the_payout
from tests.payout_world import refused as refused_payout

pytestmark = pytest.mark.usefixtures("store")
TODAY = DECEMBER.date()


async def a_drawn_claim(*, pays: bool = True) -> tuple[Decided, Recheck]:
    one = await decided(pays=pays)
    await drawn()
    return one, await the_recheck()


async def file_of(recheck: Recheck, actor: Actor) -> claims.ClaimFile | None:
    return await rechecks.find_file(actor, keys=KEYS, book=BOOK, area=AREA, recheck_id=recheck.id, on=TODAY)


async def test_what_is_in_order_is_taken_opened_on_record_and_found_so() -> None:
    one, recheck = await a_drawn_claim()
    inspector = await an_inspector()

    recheck = await taken(recheck, inspector)
    assert (recheck.state, recheck.taken_by) == (RecheckState.TAKEN, inspector.id)
    assert await file_of(recheck, inspector) is None, "Nobody reads without a record."
    await run(lambda work: rechecks.open_recheck(work, recheck_id=recheck.id), actor=inspector, now=DECEMBER)
    file = await file_of(recheck, inspector)
    assert file is not None
    assert file.proposal is not None
    assert file.proposal.fund_total == Money.parse("2940.00")
    (reading,) = await rows("SELECT person_id, purpose FROM reading WHERE reader_id = $1", inspector.id)
    assert dict(reading) == {"person_id": one.family.child.id, "purpose": "内部稽核抽查"}

    recheck = await found(recheck, inspector, Finding())

    assert (recheck.state, recheck.fault, recheck.amount, recheck.reason) == (RecheckState.IN_ORDER, None, None, "")
    assert await file_of(recheck, inspector) is None


async def test_a_fault_opens_the_claim_again_and_what_was_paid_is_owed_back() -> None:
    one, recheck = await a_drawn_claim()
    await paid(one.claim_id)
    recheck = await found(await taken(recheck, await an_inspector()), await holder_of())
    assert (recheck.state, recheck.amount) == (RecheckState.FAULT, Money.parse("140.00"))
    leader = await staff(StaffRole.DIVISION_LEADER)

    recheck = await reopened(recheck, leader)

    assert (recheck.state, recheck.claim_state, recheck.stands) == (RecheckState.REOPENED, ClaimState.IN_REVIEW, False)
    (last,) = await rows("SELECT action, note FROM claim_history ORDER BY id DESC LIMIT 1")
    assert dict(last) == {"action": "reopen", "note": "内部稽核抽查：床位费超标准"}
    bound = await row("SELECT detail->>'recheck_id' AS bound FROM audit WHERE action = 'claim.reopen'")
    assert bound is not None
    assert UUID(bound["bound"]) == recheck.id
    (case,) = await recovery.list_cases(SYSTEM, on=TODAY, first=10)
    assert (case.amount, case.reason) == (Money.parse("2940.00"), "内部稽核抽查：床位费超标准")


async def holder_of() -> Actor:
    """Give who took the only second look, logged in again."""
    recheck = await the_recheck()
    return replace(await an_inspector(), id=recheck.taken_by)


async def paid(claim_id: UUID) -> tuple[Actor, Actor]:
    """Let a cashier batch the payment of a claim and an accountant release it; give both."""
    cashier, accountant = await staff(StaffRole.CASHIER), await staff(StaffRole.ACCOUNTANT)
    await open_books()
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    await queue(await decide(await batched(actor=cashier), actor=accountant))
    await sending(await the_payout(payout.id))
    await confirm(payout)
    await follow(payout.id)
    return cashier, accountant


async def test_a_refusal_may_be_wrong_too() -> None:
    one, recheck = await a_drawn_claim(pays=False)
    wrong = Finding(fault=RecheckFault.PAID_TOO_LITTLE, amount=Money.parse("2940.00"), reason="病历与费用相符")
    recheck = await found(await taken(recheck, await an_inspector()), await holder_of(), wrong)

    recheck = await reopened(recheck, await staff(StaffRole.CENTRE_HEAD))

    assert (recheck.claim_id, recheck.claim_state) == (one.claim_id, ClaimState.IN_REVIEW)


async def test_nobody_with_a_hand_in_the_claim_takes_it() -> None:
    one, recheck = await a_drawn_claim()
    cashier, accountant = await paid(one.claim_id)
    inspector = await an_inspector()
    hands = {
        one.clerk.id: Hand.HANDLED,
        one.reviewers[0].id: Hand.DECIDED,
        cashier.id: Hand.PAID,
        accountant.id: Hand.PAID,
    }

    for who, hand in hands.items():
        with pytest.raises(rechecks.HadAHandInIt) as refused:
            await taken(recheck, replace(inspector, id=who))
        assert refused.value.hand == hand
        with pytest.raises(rechecks.HadAHandInIt):
            await taken(recheck, replace(inspector, stands_in_for=frozenset({who})))

    assert (await taken(recheck, inspector)).state is RecheckState.TAKEN


async def test_every_kind_of_hand_is_known() -> None:
    family, clerk = await a_family(), await staff(StaffRole.CLERK)
    claim_id = await in_review(family, clerk)
    one, two = await staff(StaffRole.REVIEWER), await staff(StaffRole.REVIEWER)
    await step(clerk, claim_id, claims.order_field_check, doubt="单据疑点", members=[one.id, two.id], **LAW)
    await step(one, claim_id, claims.report_field_check, report="核实无误")
    await step(two, claim_id, claims.confirm_field_check, **LAW)
    await step(clerk, claim_id, claims.propose_settlement, findings=findings(), **LAW)
    signers = [await staff(StaffRole.REVIEWER), await staff(StaffRole.REVIEWER)]
    for signer in signers:
        await sign(signer, claim_id)
    await open_books()
    (payout,) = await payouts.find_latest_for(SYSTEM, subject_kind="claim", subject_ids=[claim_id])
    maker, releaser = await staff(StaffRole.CASHIER), await staff(StaffRole.ACCOUNTANT)
    await queue(await decide(await batched(actor=maker), actor=releaser))
    asker, checker = await staff(StaffRole.CASHIER), await staff(StaffRole.ACCOUNTANT)
    repair = await repaired(await refused_payout(await sending(payout)), actor=asker)
    await run(
        lambda work: payouts.decide_repair(
            work, payout_id=repair.id, seen_digest=repair.content_digest, approve=True, reason=None
        ),
        actor=checker,
    )
    head = await staff(StaffRole.CENTRE_HEAD)
    await step(family.log_in, claim_id, claims.appeal_claim, grounds="起付线有误")
    dismissed = {"outcome": claims.AppealOutcome.DISMISSED, "reason": "起付线无误"}
    await step(head, claim_id, claims.decide_appeal, **dismissed, **LAW)

    async def hands_of(actor: Actor) -> set[Hand]:
        assert actor.id is not None
        return set(await queries.list_hands(claim_id=claim_id, of=[actor.id]))

    assert await hands_of(clerk) == {Hand.CHECKED, Hand.HANDLED, Hand.REVIEWED}
    assert [await hands_of(who) for who in (one, two)] == [{Hand.CHECKED, Hand.HANDLED}] * 2
    assert [await hands_of(who) for who in (*signers, head)] == [{Hand.DECIDED, Hand.HANDLED}] * 3
    assert [await hands_of(who) for who in (maker, releaser, asker, checker)] == [{Hand.PAID}] * 4
    assert await hands_of(await an_inspector()) == set()
    assert await hands_of(family.log_in) == set()


async def test_who_got_a_hand_in_it_after_taking_it_finds_nothing() -> None:
    one, recheck = await a_drawn_claim()
    inspector = await an_inspector()
    recheck = await taken(recheck, inspector)
    both = replace(await staff(StaffRole.CENTRE_HEAD), id=inspector.id)
    await step(both, one.claim_id, claims.reopen_claim, reason="有误", **LAW)

    with pytest.raises(rechecks.HadAHandInIt):
        await found(recheck, inspector)


async def test_a_second_look_is_given_back_with_a_reason_and_taken_by_another() -> None:
    _, recheck = await a_drawn_claim()
    first, second = await an_inspector(), await staff(StaffRole.AUDITOR)
    recheck = await taken(recheck, first)

    with pytest.raises(rechecks.RecheckNotInState):
        await taken(recheck, second)
    with pytest.raises(rechecks.RecheckNotTakenByYou):
        await found(recheck, second)
    for reason in (" ", "与参保人系亲属，申请回避"):
        if not reason.strip():
            with pytest.raises(Refused):
                await given_back(recheck, first, reason)
        else:
            await given_back(recheck, first, reason)

    assert (await taken(recheck, second)).taken_by == second.id


async def given_back(recheck: Recheck, actor: Actor, reason: str) -> None:
    await run(
        lambda work: rechecks.give_back_recheck(work, recheck_id=recheck.id, reason=reason), actor=actor, now=DECEMBER
    )


@pytest.mark.parametrize(
    ("finding", "codes"),
    [
        (Finding(fault=RecheckFault.NOT_PROVED, reason="无病历"), ["RECHECK_FINDING"]),
        (Finding(amount=Money(1)), ["RECHECK_FINDING"]),
        (replace(A_FAULT, amount=Money.parse("5000.01")), ["RECHECK_AMOUNT"]),
        (replace(A_FAULT, amount=Money(0), reason=" "), ["RECHECK_AMOUNT", "RECHECK_REASON"]),
        (replace(A_FAULT, reason="长" * 401), ["RECHECK_REASON"]),
    ],
)
async def test_an_unfit_finding_names_every_fault(finding: Finding, codes: list[str]) -> None:
    _, recheck = await a_drawn_claim()
    inspector = await an_inspector()
    recheck = await taken(recheck, inspector)

    with pytest.raises(Refused) as refused:
        await found(recheck, inspector, finding)

    assert sorted(fault.code for fault in refused.value.faults) == codes
    assert (await the_recheck()).state is RecheckState.TAKEN


async def test_a_fault_is_followed_by_nobody_who_decided_and_not_once_the_decision_is_gone() -> None:
    one, recheck = await a_drawn_claim()
    recheck = await found(await taken(recheck, await an_inspector()), await holder_of())

    with pytest.raises(claims_errors().SignerMayNotDecideAppeal):
        await reopened(recheck, one.reviewers[0])
    with pytest.raises(rechecks.RecheckNotFound):
        await reopened(recheck, await staff(StaffRole.CLERK))
    await step(await staff(StaffRole.CENTRE_HEAD), one.claim_id, claims.reopen_claim, reason="另案", **LAW)
    with pytest.raises(rechecks.DecisionIsGone):
        await reopened(await the_recheck(), await staff(StaffRole.DIVISION_LEADER))

    assert (await the_recheck()).state is RecheckState.FAULT


def claims_errors():  # type: ignore[no-untyped-def] # the room's own refusals
    from domain.claims import errors

    return errors


async def test_what_is_drawn_the_offices_do_not_know_and_faults_they_do() -> None:
    one, recheck = await a_drawn_claim()
    inspector, head = await an_inspector(), await staff(StaffRole.CENTRE_HEAD)
    others = [await staff(StaffRole.CLERK), await an_inspector(region="330921"), one.family.log_in]

    async def seen_by(actor: Actor) -> bool:
        listed = await rechecks.list_rechecks(actor, keys=KEYS, first=10)
        one_by_id = await rechecks.find_recheck(actor, keys=KEYS, recheck_id=recheck.id)
        assert bool(listed) == (one_by_id is not None)
        return bool(listed)

    assert [await seen_by(actor) for actor in (inspector, head, *others)] == [True, False, False, False, False]
    await found(await taken(recheck, inspector), inspector)
    assert [await seen_by(actor) for actor in (inspector, head, *others)] == [True, True, False, False, False]


async def test_the_person_sees_nothing_of_it_until_the_claim_is_opened_again() -> None:
    one, recheck = await a_drawn_claim()
    mother = one.family.log_in

    async def shown() -> tuple[object, ...]:
        file = await claims.find_file(mother, keys=KEYS, book=BOOK, area=AREA, claim_id=one.claim_id, on=TODAY)
        assert file is not None
        return file.history, file.record, len(await notices.list_notices(mother, first=50))

    before = await shown()
    inspector = await an_inspector()
    recheck = await found(await taken(recheck, inspector), inspector)
    assert await shown() == before
    await reopened(recheck, await staff(StaffRole.DIVISION_LEADER))
    assert await shown() != before


async def test_who_looks_sees_the_papers_as_long_as_they_look() -> None:
    _, recheck = await a_drawn_claim()
    inspector = await an_inspector()

    async def papers_seen() -> int:
        seen = rechecks.sees_papers(inspector, on=DECEMBER, after=0)
        (counted,) = await rows(f"SELECT count(*) AS seen FROM attachment WHERE {seen.sql}", *seen.values)
        return int(counted["seen"])

    assert await papers_seen() == 0
    recheck = await taken(recheck, inspector)
    assert await papers_seen() == 4
    await found(recheck, inspector)
    assert await papers_seen() == 0


async def test_counts_by_office_tell_what_came_of_the_draws() -> None:
    _, recheck = await a_drawn_claim()
    inspector = await an_inspector()
    months = {"since": date(2026, 11, 1), "until": date(2026, 12, 1), "today": date(2027, 1, 31)}
    (before,) = await rechecks.count_by_office(inspector, **months)
    await found(await taken(recheck, inspector), inspector)

    (after,) = await rechecks.count_by_office(await staff(StaffRole.DIVISION_LEADER), **months)

    assert (before.office, before.decided, before.drawn, before.waiting, before.overdue) == ("医保经办中心", 1, 1, 1, 1)
    assert (after.waiting, after.overdue, after.in_order, after.faults) == (0, 0, 0, 1)
    assert (after.too_much, after.too_little, after.reopened) == (Money.parse("140.00"), Money(0), 0)
    assert await rechecks.count_by_office(await staff(StaffRole.CLERK), **months) == []
    assert await rechecks.count_by_office(await an_inspector(region="330921"), **months) == []
    assert await rechecks.count_by_office(inspector, **{**months, "until": date(2026, 11, 30)}) == []


async def test_round_the_code_nobody_with_a_hand_in_it_looks_again(store: str) -> None:
    one, _ = await a_drawn_claim()
    cashier, accountant = await paid(one.claim_id)
    away, inspector = one.reviewers[1], await an_inspector()
    await rows(
        "INSERT INTO absence (id, account_id, stand_in_id, starts, ends, reason, asked_at, state, decided_by,"
        " decided_at) VALUES (new_id(), $1, $2, '2026-12-01', '2026-12-10', '休假', now(), 'CONFIRMED', $3, now())"
        " RETURNING id",
        away.id,
        (stand_in := await staff(StaffRole.CENTRE_HEAD)).id,
        (await staff(StaffRole.CENTRE_HEAD)).id,
    )
    had = [one.clerk.id, *(reviewer.id for reviewer in one.reviewers), cashier.id, accountant.id, stand_in.id]
    link = await asyncpg.connect(**database.connect_arguments(store))
    take = "UPDATE recheck SET state = 'TAKEN', taken_by = $1, taken_at = '2026-12-02 09:00+08'"
    try:
        for who in had:
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                await link.execute(take, who)
            assert getattr(refused.value, "constraint_name", "") == "recheck_by_nobody_with_a_hand_in_it"
        # The control: with the trigger taken away any of them may, and with it one who had no hand in it.
        async with link.transaction():
            assert await link.execute(take, inspector.id) == "UPDATE 1"
        assert (await the_recheck()).taken_by == inspector.id
        await link.execute("UPDATE recheck SET state = 'DRAWN', taken_by = NULL, taken_at = NULL")
        await link.execute("ALTER TABLE recheck DISABLE TRIGGER recheck_by_nobody_with_a_hand_in_it")
        assert await link.execute(take, one.clerk.id) == "UPDATE 1"
    finally:
        await link.close()


async def test_round_the_code_a_second_look_goes_only_known_ways(store: str) -> None:
    _, recheck = await a_drawn_claim()
    inspector = await an_inspector()
    recheck = await taken(recheck, inspector)
    sealed = "found_at = now(), finding_sealed = 'x'"
    await refused_by_the_database(
        store,
        {
            f"UPDATE recheck SET state = 'IN_ORDER', found_by = new_id(), {sealed}": "recheck_is_found_by_who_took_it",
            f"UPDATE recheck SET state = 'FAULT', found_by = taken_by, {sealed}": "recheck_fault_says_how_much",
            "UPDATE recheck SET state = 'IN_ORDER'": "recheck_finding_is_whole",
            "UPDATE recheck SET state = 'REOPENED'": "recheck_goes_known_ways",
            "UPDATE recheck SET taken_by = new_id()": "recheck_goes_known_ways",
        },
    )
    await found(recheck, inspector)
    reopen = "UPDATE recheck SET state = 'REOPENED', reopened_at = now(), reopened_by = "
    own_history = (
        "INSERT INTO claim_history (claim_id, at, action, before, after, actor_kind, actor_id, actor_label)"
        " SELECT claim_id, now(), 'reopen', 'SETTLED', 'IN_REVIEW', 'STAFF', found_by, 'x' FROM recheck"
    )
    attacks = {
        f"{own_history}; {reopen}found_by": "recheck_is_followed_by_another",
        "DELETE FROM recheck": "recheck_goes_known_ways",
        "UPDATE recheck SET state = 'IN_ORDER', fault = NULL, amount = NULL": "recheck_goes_known_ways",
        "UPDATE recheck SET amount = 1": "recheck_goes_known_ways",
        "UPDATE recheck SET state = 'DRAWN', taken_by = NULL, taken_at = NULL": "recheck_goes_known_ways",
        "UPDATE recheck SET claim_id = new_id()": "recheck_goes_known_ways",
        f"{reopen}new_id()": "recheck_opens_its_claim",
        "TRUNCATE recheck": "recheck_append_only",
    }
    await refused_by_the_database(store, attacks)


async def refused_by_the_database(store: str, attacks: Mapping[str, str]) -> None:
    link = await asyncpg.connect(**database.connect_arguments(store))
    try:
        for attack, promise in attacks.items():
            with pytest.raises(asyncpg.CheckViolationError) as refused:
                async with link.transaction():
                    await link.execute(attack)
            assert getattr(refused.value, "constraint_name", "") == promise, attack
    finally:
        await link.close()


async def test_behind_the_wall_only_the_staff_of_the_district_have_rows_at_all(store: str) -> None:
    """Without the conditions of the room, as for a query that forgot them."""
    one, _ = await a_drawn_claim()
    actors = [await an_inspector(), await an_inspector(region="330921"), one.family.log_in, ANYBODY]
    counted = "SELECT (SELECT count(*) FROM recheck) + (SELECT count(*) FROM recheck_candidate)"
    link = await asyncpg.connect(**database.connect_arguments(store))
    seen: list[int] = []
    try:
        await link.execute("SET ROLE yibao_app")
        for actor in actors:
            told = (actor.kind.value, actor.id, actor.person_id, actor.region, TODAY)
            await link.execute("SELECT enter_as($1, $2, $3, $4, $5)", *told)
            seen.append(await link.fetchval(counted))
    finally:
        await link.close()

    assert seen == [2, 0, 0, 0]
