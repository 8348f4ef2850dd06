"""Rewards: computed by the rules of the day, once, for the first; paid so that nothing leads to the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import approvals, informants, ledger, payouts, rules, store, tipoffs
from domain.actors import Actor, LogIn
from domain.informants import RecordKind
from domain.money import Money
from domain.payouts import Payee
from domain.store import connect_arguments
from domain.tipoffs import EnvelopeKind, OpeningReason
from tests.builders import KEYS, NOW
from tests.claim_builders import run_system
from tests.domain.tipoffs.people import A_NAME, BOOK, Desk, a_report
from tests.domain.tipoffs.test_flow import refused

PAYEE = Payee(name="周明远", account="6217001234567890123", bank_code="102345600018")
DAY = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("region", "accused", "grade", "verified", "reward"),
    [
        # 合肥: units up to 500,000 yuan 2 %, at least 500; above 4 %; persons up to 10,000 yuan 10 %, at least 500;
        # above 10 % and 500; at most 200,000 (domain facts, 2.8).
        ("340100", "unit", "1", "500000.00", "10000.00"),
        ("340100", "unit", "1", "500000.01", "20000.00"),
        ("340100", "unit", "1", "1000.00", "500.00"),
        ("340100", "unit", "1", "9000000.00", "200000.00"),
        ("340100", "person", "1", "4000.00", "500.00"),
        ("340100", "person", "1", "10000.00", "1000.00"),
        ("340100", "person", "1", "20000.00", "2500.00"),
        # 北京: units up to 500,000 yuan 2 %, above 4 %; persons 10 %; at least 500.
        ("110000", "unit", "1", "500000.00", "10000.00"),
        ("110000", "unit", "1", "500000.01", "20000.00"),
        ("110000", "unit", "1", "25000.00", "500.00"),
        ("110000", "unit", "1", "25000.01", "500.00"),
        ("110000", "unit", "1", "25025.00", "500.50"),
        ("110000", "person", "1", "4999.00", "500.00"),
        ("110000", "person", "1", "20000.00", "2000.00"),
        ("110000", "person", "1", "2000000.01", "200000.00"),
        # 福建: 6, 4 and 2 % by grade; 湖南: 5, 3 and 2 %, at most 100,000.
        ("350000", "unit", "1", "380000.00", "22800.00"),
        ("350000", "unit", "3", "380000.00", "7600.00"),
        ("430000", "unit", "2", "380000.00", "11400.00"),
        ("430000", "unit", "1", "9000000.00", "100000.00"),
        # The national floor of 200 yuan.
        ("350000", "unit", "3", "1000.00", "200.00"),
    ],
)
def test_rewards_follow_the_rules_of_their_place(
    region: str, accused: str, grade: str, verified: str, reward: str
) -> None:
    rule = BOOK.in_force(rules.Reward, region=region, day=DAY)

    reckoned = tipoffs.reward_sum(rule, verified=Money.parse(verified), grade=grade, kind=accused, insider=False)

    assert str(reckoned.amount) == reward
    assert reckoned.steps[-1].amount == reckoned.amount, "The last step is the reward."
    assert all(step.source == rule.source for step in reckoned.steps)


def test_an_insider_gets_more_and_reads_why() -> None:
    rule = BOOK.in_force(rules.Reward, region="330900", day=DAY)

    reckoned = tipoffs.reward_sum(rule, verified=Money.yuan(380_000), grade="2", kind="unit", insider=True)

    assert [str(step.amount) for step in reckoned.steps] == ["380000.00", "11400.00", "13680.00"]
    assert "内部人员" in reckoned.steps[-1].text.zh


@settings(max_examples=200, deadline=None)
@given(
    fen=st.integers(1, 10**12),
    region=st.sampled_from(["110000", "330900", "340100", "350000", "430000"]),
    accused=st.sampled_from(["unit", "person"]),
    grade=st.sampled_from("123"),
    insider=st.booleans(),
)
def test_no_reward_leaves_the_bounds_of_the_law(
    fen: int, region: str, accused: str, grade: str, *, insider: bool
) -> None:
    rule = BOOK.in_force(rules.Reward, region=region, day=DAY)

    reckoned = tipoffs.reward_sum(rule, verified=Money(fen), grade=grade, kind=accused, insider=insider)

    assert Money.yuan(200) <= reckoned.amount <= Money.yuan(200_000)
    assert reckoned.steps[-1].amount == reckoned.amount


def lately(actor: Actor) -> Actor:
    return replace(actor, log_in=LogIn(methods=frozenset({"pwd", "otp", "mfa"}), at=NOW))


async def finding_of(desk: Desk, case_id: UUID) -> dict[str, str]:
    (found,) = await desk.texts(desk.first, case_id, EnvelopeKind.FINDING)
    return found


async def propose(desk: Desk, case_id: UUID, **other: object) -> UUID:
    found = await finding_of(desk, case_id)
    given = {
        "tipoff_id": case_id,
        "verified": Money.parse(found["amount"]),
        "secret": bytes.fromhex(found["secret"]),
        "grade": "3",
        "accused": "unit",
        "book": BOOK,
        "second": desk.store,
    }
    return await desk.do(tipoffs.propose_reward, **(given | other))


async def approve(desk: Desk, kind: approvals.ApprovalKind, subject_id: UUID) -> None:
    question = await approvals.find_pending(kind=kind, subject_id=subject_id)
    assert question is not None
    await desk.do(
        approvals.decide,
        actor=lately(desk.head),
        approval_id=question.id,
        seen_digest=question.content_digest,
        approve=True,
    )


async def opened_by_two(desk: Desk, case_id: UUID, what: RecordKind) -> dict[str, str]:
    """Go the whole way of an opening: asked for, allowed, taken home in halves, opened by both together."""
    opening = await desk.do(tipoffs.ask_opening, tipoff_id=case_id, what=what, reason=OpeningReason.PAY_REWARD)
    assert await refused(desk.do(tipoffs.open_record, actor=desk.leader, opening_id=opening)) == ["TIPOFF_NOT_FOUND"]
    await approve(desk, approvals.ApprovalKind.TIPOFF_OPENING, opening)
    halves: list[bytes] = []
    for holder in (desk.head, desk.leader):
        await desk.do(tipoffs.open_record, actor=holder, opening_id=opening)
        record = await tipoffs.read_record(holder, opening_id=opening, second=desk.store)
        assert record is not None
        ((key_id, wrapped),) = record.wrapped.items()
        halves.append(tipoffs.unwrap(wrapped, desk.private[key_id], record.place))
        with pytest.raises(Exception):  # noqa: B017 - one half alone opens nothing
            tipoffs.open_sealed(record.content, halves[-1], record.place)
    one, other = halves
    return orjson.loads(tipoffs.open_by_two(record.content, (one, other), record.place))


async def a_paid_reward(desk: Desk) -> tuple[UUID, UUID, UUID]:
    """Go from a report to its payout; gives case, reward and payout."""
    await run_system(lambda _: ledger.install_chart())
    case, receipt = await desk.found_true(named=A_NAME)
    reward = await propose(desk, case.id)
    await approve(desk, approvals.ApprovalKind.TIPOFF_REWARD, reward)
    await desk.do(tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK, second=desk.store)
    letters = (await tipoffs.look(receipt, keys=KEYS)).letters
    assert "7600.00 元" in letters[0].text
    assert "2027-01-02" in letters[0].text
    await tipoffs.anonymously(
        lambda work: tipoffs.claim_reward(work, receipt=receipt, payee=PAYEE, second=desk.store), now=NOW, keys=KEYS
    )
    told = await opened_by_two(desk, case.id, RecordKind.PAYEE)
    assert told == told | {"reward": str(reward), "name": PAYEE.name, "account": PAYEE.account}
    payout = await desk.do(tipoffs.pay_reward, actor=desk.head, reward_id=reward)
    return case.id, reward, payout


async def test_a_reward_of_a_finding_is_paid_out_of_the_budget_and_names_nobody(desk: Desk) -> None:
    _, reward, payout = await a_paid_reward(desk)

    from domain.actors import SYSTEM

    paid = await payouts.find_payout(SYSTEM, payout_id=payout)
    assert paid is not None
    assert (str(paid.amount), paid.fund, paid.subject_id) == ("7600.00", ledger.BUDGET, reward)
    assert "举报" not in paid.remark
    assert {paid.name_hint, paid.account_hint, paid.bank_code} == {"仅奖励发放台可见"}


async def test_the_payment_of_a_reward_is_joined_to_no_report_by_any_table(desk: Desk, store: str) -> None:
    case_id, reward, payout = await a_paid_reward(desk)
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        tables = await link.fetch(
            "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        rows = [
            (table["name"], str(dict(row)), str(row["xmin"]) if "xmin" in row else "")
            for table in tables
            for row in await link.fetch(f"SELECT * FROM {table['name']}")
        ]
    finally:
        await link.close()
    of_case = {text for _, text, _ in rows if str(case_id) in text}
    of_money = {text for _, text, _ in rows if str(reward) in text or str(payout) in text}
    assert of_case
    assert of_money
    assert not of_case & of_money, "No row holds both."
    # No amount on the side of the case, and no case on the side of the money.
    assert not [text for text in of_case if "760000" in text or "38000000" in text]
    # What both sides name, over any number of steps, are people who work here and texts that everybody has.
    assert linked(rows, start=case_id) & {str(reward), str(payout)} == set()


def linked(rows: list[tuple[str, str, str]], *, start: UUID) -> set[str]:
    """Follow every id from row to row, but not through the accounts and keys of staff, who have a hand in all of it."""
    import re

    staff = {each for name, text, _ in rows if "account" in name or "investigator_key" in name for each in ids_in(text)}
    reached, new = {str(start)}, {str(start)}
    while new:
        found = {each for _, text, _ in rows if new & ids_in(text) for each in ids_in(text)}
        new = found - reached - staff
        reached |= new
    assert re.fullmatch(r"[0-9a-f-]{36}", str(start))
    return reached


def ids_in(text: str) -> set[str]:
    import re

    return set(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text))


async def test_following_ids_finds_a_payment_whose_case_was_written_beside_it(desk: Desk) -> None:
    """The negative control of the walk."""
    case_id, reward = uuid4(), uuid4()
    between = uuid4()
    rows = [("tipoff", f"{case_id}", ""), ("audit", f"{case_id} {between}", ""), ("payout", f"{between} {reward}", "")]

    assert str(reward) in linked(rows, start=case_id)


async def test_a_report_is_rewarded_once_only_first_and_only_as_found(desk: Desk) -> None:
    case, _ = await desk.found_true()

    assert await refused(propose(desk, case.id, verified=Money.yuan(9_000_000))) == ["TIPOFF_REWARD"]
    assert await refused(propose(desk, case.id, secret=bytes(32))) == ["TIPOFF_REWARD"]
    assert await refused(propose(desk, case.id, grade="9")) == ["TIPOFF_REWARD"]
    await propose(desk, case.id)
    assert await refused(propose(desk, case.id)) == ["TIPOFF_REWARD"]
    assert len(await store.rows("SELECT 1 FROM tipoff_reward")) == 1, "What was refused left nothing."


async def test_a_reward_is_claimed_within_two_months_and_once(desk: Desk) -> None:
    case, receipt = await desk.found_true()
    reward = await propose(desk, case.id)
    assert await refused(
        desk.do(tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK, second=desk.store)
    ) == ["TIPOFF_REWARD"]
    await approve(desk, approvals.ApprovalKind.TIPOFF_REWARD, reward)
    await desk.do(tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK, second=desk.store)

    async def claim(days: int, code: str = receipt) -> UUID | None:
        return await tipoffs.anonymously(
            lambda work: tipoffs.claim_reward(work, receipt=code, payee=PAYEE, second=desk.store),
            now=NOW + timedelta(days=days),
            keys=KEYS,
        )

    assert await refused(claim(62)) == ["TIPOFF_REWARD_LATE"]
    assert await claim(0, code=tipoffs.receipt_for(uuid4(), KEYS)) is None
    assert await claim(61) == case.id
    assert await refused(claim(61)) == ["TIPOFF_REWARD"]


async def test_each_opening_is_in_the_trail_and_a_name_takes_two(desk: Desk) -> None:
    await desk.report(a_report(named=A_NAME))
    case = await desk.case()

    told = await opened_by_two(desk, case.id, RecordKind.IDENTITY)

    assert told == {"name": A_NAME.name, "phone": A_NAME.phone}
    trail = await store.rows("SELECT action, actor_id FROM audit WHERE action LIKE 'tipoff.%open%' ORDER BY id")
    assert [(row["action"], row["actor_id"]) for row in trail] == [
        ("tipoff.ask_opening", desk.first.id),
        ("tipoff.open_record", desk.head.id),
        ("tipoff.open_record", desk.leader.id),
    ]


@pytest.mark.parametrize("amount", [19_999, 20_000_001])
async def test_the_database_refuses_a_reward_outside_of_the_law(desk: Desk, amount: int) -> None:
    with pytest.raises(Exception, match="tipoff_reward_is_within_the_law"):
        await store.rows(
            "INSERT INTO tipoff_reward (id, region, verified, amount, grade, accused, insider, steps, rules_digest,"
            " content_digest, made_by, state)"
            " VALUES ($1, '330900', 1, $2, '1', 'unit', false, '[]', '', '', $1, 'ASKED')",
            uuid4(),
            amount,
        )


async def test_the_database_refuses_a_payout_that_no_approval_stands_behind(desk: Desk) -> None:
    case, _ = await desk.found_true()
    reward = await propose(desk, case.id)

    assert await refused(desk.do(tipoffs.pay_reward, actor=desk.head, reward_id=reward)) == ["TIPOFF_REWARD"]
    with pytest.raises(Exception, match="as it was approved"):
        await desk.do(
            payouts.create,
            subject=payouts.Subject("tipoff_reward", reward, "REWARD"),
            fund=ledger.BUDGET,
            amount=Money.yuan(7600),
            payee=None,
            remark="财政补助",
            expense=None,
        )
    assert informants.RecordKind.REWARD
