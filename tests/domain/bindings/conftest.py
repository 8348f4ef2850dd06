"""People with phones: outside identities that have arrived and shall become somebody's."""

from __future__ import annotations

from dataclasses import replace

from domain import bindings, identity
from domain.actors import SYSTEM, Actor
from domain.bindings import BindingChannel, Claim, NoAnswer, ProofMethod, Proved
from domain.crypto import Purpose
from domain.identifiers import CertificateKind
from domain.ids import new_id
from domain.residents.models import Person
from domain.work import Work, perform
from tests.builders import KEYS, NOW, run


async def arriving(openid: str, *, code: str | None = None) -> Actor:
    """Come in by WeChat, and be who the token says then."""
    code = code or f"code {new_id()}"
    account_id = await run(
        lambda work: bindings.arrive(work, channel=BindingChannel.WECHAT, subject=openid, code=code), actor=SYSTEM
    )
    account = await identity.find_account(id=account_id)
    assert account is not None
    scopes = identity.scopes_for_person(account, client_scopes=identity.RESIDENT_SCOPES, asked=identity.RESIDENT_SCOPES)
    return account.as_actor(client_id="mini-program", scopes=scopes)


def number_of(person: Person) -> str:
    assert person.document_sealed is not None
    return KEYS.unseal(Purpose.IDENTITY, bytes(person.document_sealed), place=f"person.document:{person.id}")


def claim_of(person: Person, *, ticket: str | None = None) -> Claim:
    return Claim(
        name=person.name,
        document_type=CertificateKind.RESIDENT_ID,
        document_number=number_of(person),
        ticket=ticket or f"ticket {new_id()}",
    )


async def proving(actor: Actor, claim: Claim, answer: bindings.Answer | None = None, *, at=NOW) -> bindings.Attempt:
    """Try, be answered from outside, and see what came of it."""

    async def begin(work: Work):
        return await bindings.begin_attempt(work)

    begun = await perform(begin, actor=actor, now=at, keys=KEYS)
    assert begun.result is not None
    given = answer or Proved(ProofMethod.FACE)

    async def conclude(work: Work):
        return await bindings.conclude_attempt(work, attempt_id=begun.result, claim=claim, answer=given)

    await perform(conclude, actor=actor, now=at, keys=KEYS)
    attempt = await bindings.find_outcome(actor, attempt_id=begun.result)
    assert attempt is not None
    return attempt


async def again(actor: Actor) -> Actor:
    """Log in anew: what the log-in is worth now."""
    assert actor.id is not None
    account = await identity.find_account(id=actor.id)
    assert account is not None
    scopes = identity.scopes_for_person(account, client_scopes=identity.RESIDENT_SCOPES, asked=identity.RESIDENT_SCOPES)
    return replace(account.as_actor(client_id="mini-program"), scopes=scopes)


NOTHING = NoAnswer()
