"""Which steps a question needs is a pure function of the rules of its day, and is kept with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain import approvals, rules
from domain.approvals import ApprovalKind
from domain.approvals.calc import canonical, requirement_of
from domain.approvals.values import Step
from domain.identity import StaffRole
from domain.money import Money
from tests.builders import NOW
from tests.domain.approvals.people import ask, codes_of, decide, file_of, somebody, state_of, waiting_for

DAY = date(2027, 1, 1)
B, HEAD, LEADER = ("REVIEWER",), ("CENTRE_HEAD",), ("DIVISION_LEADER",)
TO_COME = {"CATALOGUE_KEEPER", "INSPECTOR", "SECURITY_ADMINISTRATOR"}
"""Roles of people for whom no account can be made yet."""


@pytest.fixture(scope="module")
def book() -> rules.Book:
    return rules.load_book()


def roles_of(book: rules.Book, *, care: str, amount: str, asker: str, in_doubt: bool = False) -> list[tuple[str, ...]]:
    required = requirement_of(
        book,
        kind=ApprovalKind.CLAIM,
        sub_kind=care,
        amount=Money.parse(amount),
        region="330902",
        day=DAY,
        asker_roles=frozenset({asker}),
        in_doubt=in_doubt,
    )
    assert [step.position for step in required.steps] == list(range(1, len(required.steps) + 1))
    return [step.roles for step in required.steps]


@pytest.mark.parametrize(
    ("care", "amount", "steps"),
    [
        ("outpatient", "1999.99", [B]),
        ("outpatient", "2000", [B, HEAD]),
        ("outpatient", "10000", [B, HEAD]),
        ("outpatient", "10000.01", [B, HEAD, LEADER]),
        ("inpatient", "19999.99", [B]),
        ("inpatient", "20000", [B, HEAD]),
        ("inpatient", "50000", [B, HEAD]),
        ("inpatient", "50000.01", [B, HEAD, LEADER]),
    ],
)
def test_what_a_reviewer_asks_in_zhoushan_is_confirmed_by_more_people_the_larger_it_is(
    book: rules.Book, care: str, amount: str, steps: list[tuple[str, ...]]
) -> None:
    assert roles_of(book, care=care, amount=amount, asker="REVIEWER") == steps
    assert roles_of(book, care=care, amount=amount, asker="CLERK") == [B, *steps], "A clerk has not reviewed it."


def test_what_is_doubtful_is_discussed_first_and_then_signed_as_ever(book: rules.Book) -> None:
    assert roles_of(book, care="outpatient", amount="2000", asker="REVIEWER", in_doubt=True)[1:] == [B, HEAD]


def test_a_place_without_tiers_pays_no_hand_claims_and_a_kind_of_care_without_them_neither(book: rules.Book) -> None:
    def required(region: str, care: str) -> object:
        return requirement_of(
            book,
            kind=ApprovalKind.CLAIM,
            sub_kind=care,
            amount=Money(1),
            region=region,
            day=DAY,
            asker_roles=frozenset(),
        )

    with pytest.raises(rules.UnknownRule):
        required("110000", "outpatient")
    with pytest.raises(ValueError, match="dental"):
        required("330900", "dental")


def test_before_the_rule_there_is_nobody_who_could_decide(book: rules.Book) -> None:
    with pytest.raises(rules.UnknownRule):
        requirement_of(
            book,
            kind=ApprovalKind.REFUND,
            sub_kind=None,
            amount=None,
            region="330900",
            day=date(2023, 11, 30),
            asker_roles=frozenset(),
        )


def test_every_kind_has_its_rule_and_every_role_of_the_rules_is_one_of_the_staff(book: rules.Book) -> None:
    rule = book.in_force(rules.FourEyes, region="330900", day=DAY)
    assert rule.kinds.keys() == {kind.value for kind in ApprovalKind}
    tiers = [tier for deciding in rule.kinds.values() for tier in deciding.tiers]
    named = {role for tier in tiers for step in tier.steps for role in step.roles}
    named |= {role for roles in rule.signers.values() for role in roles}
    named |= {role for deciding in rule.kinds.values() if deciding.doubt for role in deciding.doubt.roles}
    assert named - TO_COME <= set(StaffRole), named - set(StaffRole)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("tiers: [{up_to: 5, steps: [{roles: [A]}]}]", "without up_to"),
        ("tiers: [{up_to: 5, steps: [{roles: [A]}]}, {up_to: 4, steps: [{roles: [A]}]}, {steps: []}]", "has to decide"),
        (
            "tiers: [{up_to: 5, steps: [{roles: [A]}]}, {up_to: 4, steps: [{roles: [A]}]}, {steps: [{roles: [B]}]}]",
            "rise",
        ),
        ("tiers: [{steps: []}]", "has to decide"),
        ("tiers: [{steps: [{office: yes}]}]", "names the roles"),
        ("tiers: [{steps: [{discussion: {members: 1, decides: majority, roles: [A]}}]}]", "at least two"),
        ("tiers: [{steps: [{discussion: {members: 3, decides: tossing, roles: [A]}}]}]", "none of"),
        ("{}", "tiers of its own"),
    ],
)
def test_a_broken_rule_is_refused_when_it_is_read(broken: str, sentence: str) -> None:
    text = f"working_days: 3\n{'' if broken == '{}' else broken}\n"
    with pytest.raises(Exception, match=sentence) as refused:
        rules.read_strictly(rules.Deciding, file="x.yaml", text=text)
    assert type(refused.value).__name__ == "Refused"


def test_a_statement_holds_no_floats_and_is_written_in_one_way() -> None:
    assert canonical({"b": 1, "a": ["中", None, True]}) == '{"a":["中",null,true],"b":1}'
    with pytest.raises(TypeError, match="float"):
        canonical({"a": 1.5})  # type: ignore[dict-item] # the point of the test


@pytest.mark.usefixtures("store")
async def test_a_question_explains_itself_from_what_is_kept_with_it() -> None:
    asked = await ask(somebody("REVIEWER"), yuan=2500, region="330902", handled_by=[uuid4()])

    file = await file_of(asked)
    told = json.loads(file.canonical or "")
    assert [step.roles for step in file.steps] == [B, HEAD]
    assert told["steps"][1]["roles"] == ["CENTRE_HEAD"]
    assert "舟山市医疗保险业务经办内部控制实施细则" in told["rule"]["source"]
    assert told["rule"]["digest"] == rules.load_book().digest
    assert (told["asked_as"], told["amount_fen"], told["content"]) == (
        "reviewer",
        250_000,
        file.question.content_digest.hex(),
    )
    assert told["asked"]["facts"][0]["value"] == "1300.00"


@pytest.mark.usefixtures("store")
async def test_a_large_claim_goes_from_a_to_b_to_the_head_to_the_leader() -> None:
    maker, second, head, leader = (
        somebody(role) for role in ("REVIEWER", "REVIEWER", "CENTRE_HEAD", "DIVISION_LEADER")
    )
    asked = await ask(maker, yuan=52_000, sub_kind="inpatient")

    for passed, decider in enumerate((second, head, leader)):
        others = [each for each in (maker, second, head, leader) if each is not decider]
        assert await waiting_for(decider) == [asked]
        for other in others:
            assert await waiting_for(other) == []
            assert await codes_of(decide(other, asked)) != []
        assert await state_of(asked) == "PENDING", passed
        await decide(decider, asked)
    assert await state_of(asked) == "APPROVED"


@pytest.mark.usefixtures("store")
async def test_everything_that_stands_against_a_decision_is_said_at_once() -> None:
    asked = await ask(somebody("REVIEWER"), yuan=2500)
    told = await codes_of(decide(somebody("CENTRE_HEAD"), asked, content=b"other", approve=False, reason="长" * 501))
    assert told == ["APPROVAL_STEP_OF_OTHERS", "APPROVAL_CONTENT_CHANGED", "APPROVAL_REASON_MISSING"]


@pytest.mark.usefixtures("store")
async def test_a_rejection_at_any_step_ends_it_and_a_return_hands_it_back() -> None:
    maker, second, head = somebody("REVIEWER"), somebody("REVIEWER"), somebody("CENTRE_HEAD")
    rejected, returned = await ask(maker, yuan=2500), await ask(maker, yuan=2500)
    await decide(second, rejected)
    await decide(head, rejected, approve=False, reason="票据不清")
    assert (await state_of(rejected), (await file_of(rejected)).question.reason) == ("REJECTED", "票据不清")
    assert await codes_of(decide(somebody("CENTRE_HEAD"), rejected)) == ["APPROVAL_DECIDED"]

    from tests.builders import run
    from tests.domain.approvals.people import CONTENT

    await run(
        lambda work: approvals.send_back(work, approval_id=returned, seen_digest=CONTENT, reason="请补清单"),
        actor=second,
    )
    assert await state_of(returned) == "RETURNED"


@pytest.mark.usefixtures("store")
async def test_the_office_counts_where_the_rule_says_so() -> None:
    step = Step(1, ("REVIEWER",), in_office=True)
    from domain.approvals.access import holder_of
    from domain.approvals.calc import role_for

    here, elsewhere = (holder_of(somebody("REVIEWER", office=office), on=DAY) for office in ("甲所", "乙所"))
    assert role_for(step, here, office="甲所") == "REVIEWER"
    assert role_for(step, elsewhere, office="甲所") is None
    assert role_for(step, elsewhere, office=None) == "REVIEWER"
    assert role_for(replace(step, in_office=False), elsewhere, office="甲所") == "REVIEWER"


@pytest.mark.usefixtures("store")
async def test_a_question_of_another_district_does_not_exist_there() -> None:
    asked = await ask(somebody("REVIEWER"), yuan=100, region="330902")
    stranger, neighbour, city = (somebody("REVIEWER", region=region) for region in ("330921", "330902", "330900"))
    assert await waiting_for(stranger) == []
    assert await codes_of(decide(stranger, asked)) == ["APPROVAL_NOT_FOUND"]
    assert await approvals.find_question(stranger, approval_id=asked) is None
    assert await waiting_for(neighbour) == await waiting_for(city) == [asked]


@pytest.mark.usefixtures("store")
async def test_the_list_can_be_narrowed_and_turned_over() -> None:
    maker = somebody("REVIEWER")
    asked = [await ask(maker, yuan=yuan, now=NOW + timedelta(minutes=yuan)) for yuan in (100, 200, 300)]
    other = await ask(maker, kind=ApprovalKind.KEY_CHANGE, yuan=None, sub_kind=None, now=NOW, office="甲所")
    reviewer = somebody("REVIEWER")
    late = NOW + timedelta(days=1)

    assert await waiting_for(reviewer, now=late) == [other, *asked]
    assert await waiting_for(reviewer, now=late, kinds=frozenset({ApprovalKind.CLAIM})) == asked
    assert await waiting_for(reviewer, now=late, office="甲所") == [other]
    assert await waiting_for(reviewer, now=late, amount_from=Money.yuan(200)) == asked[1:]
    assert await waiting_for(reviewer, now=late, amount_to=Money.yuan(200)) == asked[:2]
    assert await waiting_for(reviewer, now=late, sub_kind="inpatient") == []
    assert await waiting_for(reviewer, now=late, asked_before=NOW + timedelta(minutes=150)) == [other, asked[0]]
    first = await approvals.pending(reviewer, now=late, first=2)
    place = approvals.Place(first[-1].asked_at, first[-1].id)
    rest = await approvals.pending(reviewer, now=late, after=place)
    assert [question.id for question in (*first, *rest)] == [other, *asked]


@pytest.mark.usefixtures("store")
async def test_a_question_lapses_in_time_and_is_asked_anew_by_the_rules_of_that_day() -> None:
    from tests.builders import KEYS, run

    maker = somebody("REVIEWER")
    asked = await ask(maker, kind=ApprovalKind.PAYOUT_BATCH, yuan=100, sub_kind=None)
    ends = (await file_of(asked)).question.expires_at
    accountant, late = somebody("ACCOUNTANT"), ends
    assert ends > NOW + timedelta(days=10)
    assert await codes_of(decide(accountant, asked, now=late)) == ["APPROVAL_LAPSED"]
    assert await waiting_for(accountant, now=late) == []
    assert await codes_of(run(lambda work: approvals.ask_again(work, approval_id=asked), actor=maker)) == [
        "APPROVAL_NOT_TO_ASK_AGAIN"
    ]

    from domain.actors import SYSTEM
    from domain.work import perform

    early = await perform(approvals.expire_overdue, actor=SYSTEM, now=late - timedelta(seconds=1), keys=KEYS)
    assert early.result is None
    assert await run(approvals.expire_overdue, actor=SYSTEM, now=late) == asked
    assert await state_of(asked) == "EXPIRED"
    again = await run(lambda work: approvals.ask_again(work, approval_id=asked), actor=accountant, now=late)
    assert (await file_of(again)).question.content_digest == (await file_of(asked)).question.content_digest
    assert await codes_of(decide(maker, again, now=late)) == ["APPROVAL_OWN"], "Who asked before had a hand in it."
    await decide(somebody("ACCOUNTANT"), again, now=late)
    assert await codes_of(
        run(lambda work: approvals.ask_again(work, approval_id=asked), actor=accountant, now=late)
    ) == ["APPROVAL_NOT_TO_ASK_AGAIN"]
