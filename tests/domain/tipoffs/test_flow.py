"""A report's way: received, read by those it does not name, answered, checked by two, found true, rewarded, erased."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from domain import store, tipoffs
from domain.errors import DomainError, Refused
from domain.money import Money
from domain.tipoffs import EnvelopeKind, Evidence, KeyPurpose, LinkKind, TipoffState, Topic
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.people import A_NAME, BOOK, Desk, a_report

ALL = list(TipoffState)


async def refused(awaited: object) -> list[str]:
    """Give the codes of a refusal."""
    with pytest.raises((DomainError, Refused)) as error:
        await awaited  # type: ignore[misc] # a coroutine
    raised = error.value
    return [fault.code for fault in raised.faults] if isinstance(raised, Refused) else [raised.code]  # type: ignore[union-attr] # narrowed


async def test_a_report_is_read_by_investigators_and_answered_to_whoever_holds_the_receipt(desk: Desk) -> None:
    receipt = await desk.report(a_report())
    case = await desk.case()

    (told,) = await desk.texts(desk.second, case.id, EnvelopeKind.REPORT)
    assert told["who"] == "某康复医院"
    assert (case.state, case.received_on, case.decide_by) == (
        TipoffState.RECEIVED,
        date(2026, 11, 2),
        date(2026, 11, 23),
    )

    await desk.do(tipoffs.write, tipoff_id=case.id, text="是哪几个病区？", to_informant=True)
    await desk.do(tipoffs.write, tipoff_id=case.id, text="先查护理记录", to_informant=False)
    mailbox = await tipoffs.look(receipt.lower(), keys=KEYS)
    assert [letter.text for letter in mailbox.letters] == ["是哪几个病区？"]

    done = await tipoffs.anonymously(
        lambda work: tipoffs.reply(work, receipt=receipt, text="二病区和三病区", shelf=desk.shelf), now=NOW, keys=KEYS
    )
    assert done == case.id
    (answer,) = await desk.texts(desk.third, case.id, EnvelopeKind.FROM_INFORMANT)
    assert answer == {"text": "二病区和三病区"}


async def test_a_report_sent_twice_is_one_and_another_under_its_token_is_refused(desk: Desk) -> None:
    token = uuid4()
    once = await desk.report(a_report(), token=token)

    assert await desk.report(a_report(), token=token) == once
    assert len(await tipoffs.list_cases(desk.first, states=ALL, first=9)) == 1
    assert await refused(desk.report(a_report(what="别的事"), token=token)) == ["TIPOFF_TOKEN_REUSED"]


async def test_everything_that_is_missing_is_said_at_once_and_nothing_of_it_is_repeated(desk: Desk) -> None:
    with pytest.raises(Refused) as refusal:
        await desk.report(a_report(what=" ", who="机" * 2001, named=A_NAME))

    assert [(fault.code, fault.path) for fault in refusal.value.faults] == [
        ("TIPOFF_INCOMPLETE", ("what",)),
        ("TIPOFF_TEXT_TOO_LONG", ("who",)),
    ]
    assert "机机" not in str(refusal.value)


async def test_whoever_is_named_or_close_to_who_is_gets_no_key_and_sees_no_case(desk: Desk) -> None:
    await desk.do(tipoffs.declare_relation, actor=desk.second, subject="某康复医院")

    await desk.report(a_report(what="稽 核 丙 收受红包"))
    case = await desk.case(desk.first)

    for kept_out in (desk.second, desk.third):
        assert await tipoffs.list_cases(kept_out, states=ALL, first=9) == []
        assert await tipoffs.find_case(kept_out, tipoff_id=case.id) is None
        assert await tipoffs.list_envelopes(kept_out, tipoff_id=case.id) == []
        command = desk.do(tipoffs.write, actor=kept_out, tipoff_id=case.id, text="？", to_informant=False)
        assert await refused(command) == ["TIPOFF_NOT_FOUND"]


async def test_a_report_about_the_office_itself_goes_above_or_is_not_taken_at_all(desk: Desk) -> None:
    about = a_report(who="医保经办中心")
    assert await refused(desk.report(about)) == ["TIPOFF_NO_RECIPIENT"]

    await desk.give_key(desk.leader, KeyPurpose.ESCALATION)
    await store.rows("UPDATE account SET office = '省医保局' WHERE id = $1 RETURNING id", desk.leader.id)
    await desk.report(about)

    readers = await store.rows("SELECT account_id FROM tipoff_reader")
    assert [row["account_id"] for row in readers] == [desk.leader.id]


async def test_only_the_first_informant_of_a_fact_keeps_a_case(desk: Desk) -> None:
    await desk.report(a_report())
    first = await desk.case()
    await desk.report(a_report(how_known="护工"))
    (later,) = [case for case in await tipoffs.list_cases(desk.first, states=ALL, first=9) if case.id != first.id]

    wrong = desk.do(tipoffs.join, tipoff_id=first.id, expected_version=1, into=later.id)
    assert await refused(wrong) == ["TIPOFF_JOIN_ORDER"]
    await desk.do(tipoffs.join, tipoff_id=later.id, expected_version=1, into=first.id)

    joined = await tipoffs.find_case(desk.first, tipoff_id=later.id)
    assert joined is not None
    assert (joined.state, joined.joined_into, joined.is_first) == (TipoffState.JOINED, first.id, False)


async def test_named_informants_are_told_within_five_working_days(desk: Desk) -> None:
    receipt = await desk.report(a_report(named=A_NAME))
    case = await desk.case()

    await desk.do(tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=False, letter=None, book=BOOK)
    case = await desk.case()
    assert (case.tell_by, case.told_on) == (date(2026, 11, 9), None)

    await desk.do(
        tipoffs.write, tipoff_id=case.id, text="不属于医保基金", to_informant=True, now=NOW + timedelta(days=3)
    )
    assert (await desk.case()).told_on == date(2026, 11, 5)

    await tipoffs.anonymously(
        lambda work: tipoffs.appeal(work, receipt=receipt, text="确属医保基金"), now=NOW, keys=KEYS
    )
    case = await desk.case()
    assert case.state is TipoffState.APPEALED
    again = {"tipoff_id": case.id, "expected_version": case.version, "accept": True, "letter": "已受理", "book": BOOK}
    assert await refused(desk.do(tipoffs.decide_intake, **again)) == ["TIPOFF_OWN_WORD"]
    await desk.do(tipoffs.decide_intake, actor=desk.second, **again)
    assert (await desk.case()).state is TipoffState.ACCEPTED


async def test_nothing_is_found_true_without_two_who_looked_and_two_who_agree(desk: Desk) -> None:
    await desk.report(a_report())
    case = await desk.case()
    await desk.do(tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=True, letter="已受理", book=BOOK)
    alone = desk.do(tipoffs.order_check, tipoff_id=case.id, members=(desk.first.id,), book=BOOK)
    stranger = desk.do(tipoffs.order_check, tipoff_id=case.id, members=(desk.first.id, desk.head.id), book=BOOK)
    assert await refused(alone) == await refused(stranger) == ["TIPOFF_CHECK_PEOPLE"]

    case = await desk.case()
    found = {"offence": "provider_fraud", "amount": Money.yuan(380_000), "text": "虚假住院", "book": BOOK}
    await desk.do(tipoffs.find_true, tipoff_id=case.id, expected_version=case.version, **found)
    case = await desk.case()
    confirm = {"tipoff_id": case.id, "expected_version": case.version, "letter": "已查实"}
    assert await refused(desk.do(tipoffs.confirm_finding, **confirm)) == ["TIPOFF_OWN_WORD"]
    unseen = desk.do(tipoffs.confirm_finding, actor=desk.second, **confirm)
    assert await refused(unseen) == ["TIPOFF_NOT_CHECKED"]


async def test_a_finding_says_what_the_law_threatens_to_its_readers_alone(desk: Desk) -> None:
    case, _ = await desk.found_true()

    (finding,) = await desk.texts(desk.first, case.id, EnvelopeKind.FINDING)
    assert (finding["amount"], finding["fine_least"], finding["fine_most"]) == ("380000.00", "760000.00", "1900000.00")
    assert finding["suspended_months"] == [6, 12]
    assert case.state is TipoffState.CONFIRMED


async def test_evidence_lies_sealed_in_both_forms_under_random_names(desk: Desk) -> None:
    photograph = Evidence("病房.jpg", b"cleaned " * 5000, "image/jpeg", b"original with a place " * 5000)
    await desk.report(a_report(), evidence=(photograph,))
    case = await desk.case()

    for kind, content in (
        (EnvelopeKind.EVIDENCE_CLEAN, photograph.cleaned),
        (EnvelopeKind.EVIDENCE_ORIGINAL, photograph.original),
    ):
        (envelope,) = [
            each for each in await tipoffs.list_envelopes(desk.first, tipoff_id=case.id) if each.kind is kind
        ]
        assert envelope.object_name is not None
        lies = b"".join([piece async for piece in desk.shelf.read(envelope.object_name)])
        assert len(lies) == 128 * 1024 + 28, "both forms are of one size class, with nonce and tag"
        key = tipoffs.unwrap(envelope.wrapped, desk.private[envelope.recipient], envelope.place)
        assert tipoffs.open_sealed(lies, key, envelope.place).endswith(b"\n" + content)
        with pytest.raises(InvalidTag):
            tipoffs.open_sealed(lies, key, "tipoff:elsewhere")


async def test_search_goes_only_over_what_an_investigator_classified(desk: Desk) -> None:
    await desk.report(a_report())
    case, institution = await desk.case(), uuid4()
    links = [(LinkKind.INSTITUTION, institution)]

    await desk.do(tipoffs.classify, tipoff_id=case.id, expected_version=1, topic=Topic.FALSE_STAY, links=links)

    (found,) = await tipoffs.list_linked(desk.first, kind=LinkKind.INSTITUTION, subject_id=institution)
    assert (found.id, found.topic) == (case.id, Topic.FALSE_STAY)
    assert await tipoffs.list_linked(desk.head, kind=LinkKind.INSTITUTION, subject_id=institution) == []
    assert await tipoffs.list_cases(desk.first, states=ALL, topic=Topic.OVERCHARGE, first=9) == []


async def test_a_case_is_erased_when_its_time_is_over_and_no_key_opens_it_again(desk: Desk) -> None:
    evidence = Evidence("a.jpg", b"c", "image/jpeg", b"o")
    receipt = await desk.report(a_report(named=A_NAME), evidence=(evidence,))
    case = await desk.case()
    await desk.do(
        tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=False, letter="不属于", book=BOOK
    )
    case = await desk.case()
    await desk.do(tipoffs.close, tipoff_id=case.id, expected_version=case.version, book=BOOK)
    names = [
        row["object_name"]
        for row in await store.rows("SELECT object_name FROM tipoff_envelope WHERE object_name IS NOT NULL")
    ]

    from domain.actors import SYSTEM

    early = desk.do(tipoffs.erase, actor=SYSTEM, tipoff_id=case.id, second=desk.store, shelf=desk.shelf)
    with pytest.raises(Exception, match="still to be kept"):
        await early
    later = NOW + timedelta(days=366 + 31)
    assert await tipoffs.list_due_for_erasure(on=later.date(), first=9) == [case.id]
    await desk.do(tipoffs.erase, actor=SYSTEM, now=later, tipoff_id=case.id, second=desk.store, shelf=desk.shelf)

    for table in ("tipoff_envelope", "tipoff_wrapped_key", "informants.record", "informants.wrapped_key"):
        assert await store.rows(f"SELECT 1 FROM {table}") == [], table
    for name in names:
        with pytest.raises(FileNotFoundError):
            _ = [piece async for piece in desk.shelf.read(name)]
    assert not (await tipoffs.look(receipt, keys=KEYS)).found
