"""Who is behind an outside identity: proved once, by one person, and nobody learns who is in the register."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from domain import bindings, store
from domain.actors import AssuranceLevel
from domain.bindings import AttemptOutcome, NotProved, ProofMethod, Proved
from domain.store import connect_arguments
from tests.builders import NOW, a_resident, an_id_number, run
from tests.domain.bindings.conftest import NOTHING, again, arriving, claim_of, number_of, proving

KNOWN_ONLY = (
    "INSERT INTO binding (id, identity_id, channel, person_id, level, proved_by, bound_at)"
    " SELECT new_id(), identity_id, channel, person.id, 'LOW', 'FACE', now() FROM binding, person WHERE name = '李小明'"
)
pytestmark = pytest.mark.usefixtures("store")


async def test_a_face_binds_at_the_highest_level_and_money_may_be_moved() -> None:
    person, phone = await a_resident(), await arriving("o1")
    assert phone.scopes == {"self:bind"}

    attempt = await proving(phone, claim_of(person))

    assert attempt.outcome is AttemptOutcome.BOUND
    bound = await again(phone)
    assert (bound.person_id, bound.name) == (person.id, person.name)
    assert {"bill:pay", "self:read", "self:bind", "mandate:manage"} <= bound.scopes


async def test_a_voucher_binds_at_the_middle_level_and_moves_no_money() -> None:
    person, phone = await a_resident(), await arriving("o1")

    await proving(phone, claim_of(person), Proved(ProofMethod.VOUCHER))

    bound = await again(phone)
    assert bound.person_id == person.id
    assert bound.scopes == {"self:read", "self:bind", "registration:submit"}
    (binding,) = await bindings.list_bindings(bound)
    assert (binding.level, binding.proved_by, binding.is_this_one) == (
        AssuranceLevel.MEDIUM,
        ProofMethod.VOUCHER,
        True,
    )


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Proved(ProofMethod.KNOWN), AttemptOutcome.TOO_WEAK),
        (NotProved(), AttemptOutcome.NOT_PROVED),
        (NOTHING, AttemptOutcome.UNCLEAR),
    ],
)
@pytest.mark.parametrize("lives_here", [True, False])
async def test_what_is_not_proved_is_the_same_whether_the_person_is_registered_or_not(
    answer: bindings.Answer, outcome: AttemptOutcome, *, lives_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, phone = await a_resident(), await arriving("o1")
    claim = claim_of(person)
    if not lives_here:
        claim = bindings.Claim(claim.name, claim.document_type, an_id_number(), claim.ticket)
    looked: list[object] = []
    monkeypatch.setattr("domain.residents.find_person_by_document", lambda **asked: looked.append(asked))

    attempt = await proving(phone, claim, answer)

    assert attempt.outcome is outcome
    assert looked == [], "The register was looked at before anything was proved."
    assert (await again(phone)).person_id is None


async def test_whoever_is_proved_and_not_registered_is_told_so_alone() -> None:
    phone = await arriving("o1")
    gone = await a_resident(left_on=NOW.date())
    dead = await a_resident(died_on=NOW.date())

    stranger = bindings.Claim("王无名", claim_of(gone).document_type, an_id_number(), "a ticket")
    for claim in (stranger, claim_of(gone), claim_of(dead)):
        assert (await proving(phone, claim)).outcome is AttemptOutcome.NOT_REGISTERED
    assert await bindings.list_bindings(await again(phone)) == []


async def test_a_ticket_is_used_once_even_if_the_platform_forgets() -> None:
    person, other = await a_resident(), await a_resident(name="李小明")
    first, second = await arriving("o1"), await arriving("o2")
    await proving(first, claim_of(person, ticket="the same"))

    assert (await proving(second, claim_of(other, ticket="the same"))).outcome is AttemptOutcome.NOT_PROVED


async def test_of_two_identities_that_are_one_person_at_once_exactly_one_is_bound() -> None:
    for _ in range(10):
        person = await a_resident()
        phones = [await arriving(f"o {person.id} {number}") for number in range(4)]

        attempts = await asyncio.gather(*(proving(phone, claim_of(person)) for phone in phones))

        outcomes = sorted(attempt.outcome.value for attempt in attempts if attempt.outcome)
        assert outcomes == ["BOUND", "BOUND_ELSEWHERE", "BOUND_ELSEWHERE", "BOUND_ELSEWHERE"]
        found = await store.rows("SELECT 1 FROM binding WHERE person_id = $1 AND ended_at IS NULL", person.id)
        assert len(found) == 1


async def test_one_identity_that_is_proved_to_be_two_people_at_once_is_one_of_them() -> None:
    people, phone = [await a_resident(), await a_resident(name="李小明")], await arriving("o1")

    answers = await asyncio.gather(*(proving(phone, claim_of(person)) for person in people), return_exceptions=True)

    bound = [answer for answer in answers if isinstance(answer, bindings.Attempt) and answer.binding_id]
    refused = [answer for answer in answers if isinstance(answer, bindings.NothingToBind)]
    assert (len(bound), len(refused)) == (1, 1)


async def test_fifty_tries_at_once_are_fifty_tries() -> None:
    person, phone = await a_resident(), await arriving("o1")

    answers = await asyncio.gather(
        *(proving(phone, claim_of(person), NotProved()) for _ in range(50)), return_exceptions=True
    )

    assert sum(isinstance(answer, bindings.Attempt) for answer in answers) == bindings.ATTEMPTS_MAX
    assert sum(isinstance(answer, bindings.TooManyAttempts) for answer in answers) == 50 - bindings.ATTEMPTS_MAX
    with pytest.raises(bindings.TooManyAttempts):
        await proving(phone, claim_of(person))
    tomorrow = NOW + bindings.ATTEMPTS_WITHIN + timedelta(seconds=1)
    assert (await proving(phone, claim_of(person), at=tomorrow)).outcome is AttemptOutcome.BOUND


async def test_what_nobody_outside_answered_spends_no_try() -> None:
    person, phone = await a_resident(), await arriving("o1")
    for _ in range(bindings.ATTEMPTS_MAX + 2):
        assert (await proving(phone, claim_of(person), NOTHING)).outcome is AttemptOutcome.UNCLEAR

    assert (await proving(phone, claim_of(person))).outcome is AttemptOutcome.BOUND


async def test_an_ended_binding_makes_the_log_in_nobodys_and_ends_its_tokens() -> None:
    person, phone = await a_resident(), await arriving("o1")
    attempt = await proving(phone, claim_of(person))
    assert attempt.binding_id is not None
    binding_id, bound = attempt.binding_id, await again(phone)
    await store.rows(
        "INSERT INTO oauth_client (id, client_id, name_zh, name_en, authentication, grant_types, scopes, created_at,"
        " profile)"
        " VALUES (new_id(), 'mini', '小程序', 'mini', 'none', '{refresh_token}', '{self:read}', now(), 'OAUTH21')"
    )
    await store.rows(
        "INSERT INTO oauth_grant (id, client_id, account_id, scopes, authenticated_at, started_at, expires_at,"
        " methods)"
        " SELECT new_id(), id, $1, '{self:read}', $2, $2, $2::timestamptz + interval '1 day', '{wechat}'"
        " FROM oauth_client",
        phone.id,
        NOW,
    )

    await run(lambda work: bindings.end_binding(work, binding_id=binding_id), actor=bound)

    nobody = await again(phone)
    assert (nobody.person_id, nobody.scopes) == (None, {"self:bind"})
    assert await store.rows("SELECT 1 FROM oauth_grant WHERE ended_at IS NULL") == []
    assert await bindings.list_bindings(nobody) == []
    (ended,) = await bindings.list_bindings(bound)
    assert ended.ended_at == NOW
    assert (await proving(nobody, claim_of(person))).outcome is AttemptOutcome.BOUND


async def test_a_person_ends_a_binding_from_another_of_their_log_ins_and_nobody_else_does() -> None:
    person, neighbour = await a_resident(), await a_resident(name="李小明")
    lost, other = await arriving("the lost phone"), await arriving("a neighbour's")
    attempt = await proving(lost, claim_of(person))
    await proving(other, claim_of(neighbour))
    assert attempt.binding_id is not None
    binding_id = attempt.binding_id
    web = await _password_log_in(person)

    for stranger in (await again(other), await arriving("nobody's")):
        with pytest.raises(bindings.BindingNotFound):
            await run(lambda work: bindings.end_binding(work, binding_id=binding_id), actor=stranger)
    await run(lambda work: bindings.end_binding(work, binding_id=binding_id), actor=web)

    assert (await again(lost)).person_id is None
    with pytest.raises(bindings.BindingNotFound):
        await run(lambda work: bindings.end_binding(work, binding_id=binding_id), actor=web)


async def test_a_password_log_in_has_nothing_to_bind() -> None:
    person = await a_resident()
    with pytest.raises(bindings.NothingToBind):
        await proving(await _password_log_in(person), claim_of(person))


async def test_every_step_is_in_the_audit_trail_without_a_number_or_a_name() -> None:
    person, phone = await a_resident(), await arriving("o-secret-openid")
    await proving(phone, claim_of(person), NotProved())
    attempt = await proving(phone, claim_of(person))
    assert attempt.binding_id is not None
    binding_id = attempt.binding_id
    await run(lambda work: bindings.end_binding(work, binding_id=binding_id), actor=await again(phone))

    rows = await store.rows("SELECT action, actor_id, detail::text AS detail FROM audit ORDER BY id")
    actions = [row["action"] for row in rows]
    assert [action for action in actions if action.startswith("binding.")] == [
        "binding.arrive",
        "binding.attempt",
        "binding.bind",
        "binding.attempt",
        "binding.end",
    ]
    told = " ".join(row["detail"] for row in rows)
    assert not [text for text in (person.name, number_of(person), "o-secret-openid") if text in told]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE binding SET level = 'HIGH'", "binding_only_ends"),
        ("UPDATE binding SET person_id = (SELECT id FROM person WHERE name = '李小明')", "binding_only_ends"),
        ("DELETE FROM binding", "binding_only_ends"),
        ("TRUNCATE binding CASCADE", "binding_append_only"),
        ("DELETE FROM outside_ticket", "outside_ticket_append_only"),
        ("UPDATE account SET assurance = 'HIGH' WHERE assurance = 'MEDIUM'", "account_is_whom_it_is_bound_to"),
        (
            "UPDATE account SET person_id = (SELECT id FROM person WHERE name = '李小明') WHERE assurance = 'MEDIUM'",
            "account_is_whom_it_is_bound_to",
        ),
        (
            "UPDATE binding SET ended_at = bound_at, ended_by = (SELECT id FROM account)",
            "account_is_whom_it_is_bound_to",
        ),
        ("UPDATE account SET assurance = NULL", "account_without_password_says_how_sure"),
        ("UPDATE account SET person_id = NULL", "account_is_sure_of_somebody"),
        (KNOWN_ONLY, "binding_needs_more_than_knowledge"),
    ],
)
async def test_the_database_holds_that_by_itself(store: str, change: str, constraint: str) -> None:
    await a_resident(name="李小明")
    await proving(await arriving("o1"), claim_of(await a_resident()), Proved(ProofMethod.VOUCHER))
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(change)
        assert refused.value.constraint_name == constraint
    finally:
        await link.close()


async def _password_log_in(person):
    from domain import identity
    from domain.actors import SYSTEM, ActorKind
    from domain.identity import NewAccount
    from domain.ids import new_id

    account = NewAccount(
        id=new_id(), kind=ActorKind.RESIDENT, login=f"web{person.number[-6:]}", display_name="网页", person_id=person.id
    )
    await run(lambda work: identity.create_account(work, account=account, password="long enough"), actor=SYSTEM)
    found = await identity.find_account(id=account.id)
    assert found is not None
    return found.as_actor()
