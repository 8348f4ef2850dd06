"""Passkeys: made and used with a real authenticator in software; every wrong one is refused."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from domain import factors, store
from domain.factors import (
    ChallengeOver,
    LastFactorStays,
    PasskeyNameUnfit,
    PasskeysNeedName,
    PasskeyTaken,
    PasskeyUnknown,
    RelyingParty,
    SignatureUnfit,
)
from domain.identity import Account
from tests.authenticator import Authenticator, to_bytes, to_text
from tests.domain.factors.conftest import Run

HERE = RelyingParty.at("http://localhost:8000")
STATEMENT = b"approve payment 7 of 1,200.00 to the hospital on the hill"


async def register(run: Run, account: Account, device: Authenticator, *, name: str = "工位安全钥匙") -> UUID:
    challenge_id = await run(lambda work: factors.begin_passkey(work, account_id=account.id, party=HERE))
    options = await factors.registration_options_for(challenge_id=challenge_id, account_id=account.id)
    assert options is not None
    return await run(
        lambda work: factors.register_passkey(
            work, account_id=account.id, challenge_id=challenge_id, response=device.create(options), name=name
        )
    )


async def sign(run: Run, account: Account, response: str, *, challenge: bytes = STATEMENT) -> UUID:
    return await run(
        lambda work: factors.check_signature(work, account_id=account.id, challenge=challenge, response=response)
    )


async def test_a_passkey_is_made_once_and_signs_what_it_is_asked(run: Run, account: Account) -> None:
    device = Authenticator()
    passkey_id = await register(run, account, device)

    assert await sign(run, account, device.sign(STATEMENT)) == passkey_id
    assert [key.name for key in (await factors.factors_of(account_id=account.id)).passkeys] == ["工位安全钥匙"]


async def test_several_devices_belong_to_one_account(run: Run, account: Account) -> None:
    devices = [Authenticator(), Authenticator(counts=False)]
    ids = [await register(run, account, device, name=f"设备{n}") for n, device in enumerate(devices)]

    assert [await sign(run, account, device.sign(STATEMENT)) for device in devices] == ids


async def test_an_offer_asks_for_verification_and_names_what_is_there(run: Run, account: Account) -> None:
    device = Authenticator()
    await register(run, account, device)
    challenge_id = await run(lambda work: factors.begin_passkey(work, account_id=account.id, party=HERE))

    offer = json.loads(await factors.registration_options_for(challenge_id=challenge_id, account_id=account.id) or "")

    assert offer["authenticatorSelection"]["userVerification"] == "required"
    assert offer["rp"]["id"] == "localhost"
    assert [known["id"] for known in offer["excludeCredentials"]] == [to_text(device.credential_id)]


def of_another_device(device: Authenticator) -> str:
    told = json.loads(Authenticator().sign(STATEMENT))
    told["id"] = told["rawId"] = to_text(device.credential_id)
    return json.dumps(told)


def with_flipped_signature(device: Authenticator) -> str:
    told = json.loads(device.sign(STATEMENT))
    raw = bytearray(to_bytes(told["response"]["signature"]))
    raw[-1] ^= 1
    told["response"]["signature"] = to_text(bytes(raw))
    return json.dumps(told)


WRONG: dict[str, Callable[[Authenticator], str]] = {
    "another statement": lambda device: device.sign(STATEMENT + b"0"),
    "without its owner verified": lambda device: replace(device, verifies=False).sign(STATEMENT),
    "on another site": lambda device: replace(device, origin="https://evil.example", rp_id="localhost").sign(STATEMENT),
    "for another site": lambda device: replace(device, rp_id="evil.example").sign(STATEMENT),
    "the key of another device": of_another_device,
    "a changed signature": with_flipped_signature,
    "a registration": lambda device: device.create({"challenge": to_text(STATEMENT)}),
    "nothing": lambda _: "",
    "no object": lambda _: "[]",
    "endless brackets": lambda _: "[" * 10_000,
    "far too much": lambda _: json.dumps({"id": "x" * 20_000}),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_whatever_else_is_signed_does_not_hold(run: Run, account: Account, wrong: str) -> None:
    device = Authenticator()
    await register(run, account, device)

    with pytest.raises(SignatureUnfit):
        await sign(run, account, WRONG[wrong](device))


async def test_noise_is_refused_and_breaks_nothing(run: Run, account: Account) -> None:
    device, chance = Authenticator(), random.Random(7)
    await register(run, account, device)
    good = device.sign(STATEMENT)
    for _ in range(150):
        told: dict[str, Any] = json.loads(good)
        place = told["response"] if chance.random() < 0.8 else told
        name = chance.choice(list(place))
        before = str(place[name])
        text = list(before)
        text[chance.randrange(len(text))] = chance.choice('Aa0_-!{"\x00é')
        place[name] = chance.choice(["".join(text), None, 5, [], {}])
        if name in ("userHandle", "type"):
            continue  # nobody relies on them
        if isinstance(place[name], str) and meant_by(place[name]) == meant_by(before):
            continue  # the same sign again, or bits that Base64 leaves over
        with pytest.raises((SignatureUnfit, PasskeyUnknown)):
            await sign(run, account, json.dumps(told))


async def test_a_colleague_does_not_sign_with_it(run: Run, account: Account, colleague: Account) -> None:
    device = Authenticator()
    await register(run, account, device)

    with pytest.raises(PasskeyUnknown):
        await sign(run, colleague, device.sign(STATEMENT))


async def test_a_copied_key_is_noticed_by_its_counter(run: Run, account: Account) -> None:
    device = Authenticator()
    await register(run, account, device)
    copy = replace(device)
    await sign(run, account, device.sign(STATEMENT))

    with pytest.raises(SignatureUnfit, match="passkey"):
        await sign(run, account, copy.sign(STATEMENT))


async def test_one_assertion_of_a_counting_device_is_taken_once_of_fifty(run: Run, account: Account) -> None:
    device = Authenticator()
    await register(run, account, device)
    response = device.sign(STATEMENT)

    tries = await asyncio.gather(*(sign(run, account, response) for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(told, UUID) for told in tries) == 1
    assert sum(isinstance(told, SignatureUnfit) for told in tries) == 49


async def test_a_retired_passkey_signs_no_more(run: Run, account: Account) -> None:
    device, other = Authenticator(), Authenticator()
    passkey_id = await register(run, account, device)
    await register(run, account, other)
    await run(lambda work: factors.retire_passkey(work, account_id=account.id, passkey_id=passkey_id))

    with pytest.raises(PasskeyUnknown):
        await sign(run, account, device.sign(STATEMENT))


async def test_the_last_factor_stays_also_when_two_are_retired_at_once(run: Run, account: Account) -> None:
    ids = [await register(run, account, Authenticator()) for _ in range(2)]

    tries = await asyncio.gather(
        *(
            run(lambda work, key=key: factors.retire_passkey(work, account_id=account.id, passkey_id=key))
            for key in ids
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(told, LastFactorStays) for told in tries) == 1
    assert len((await factors.factors_of(account_id=account.id)).passkeys) == 1


async def test_a_challenge_is_answered_once_and_soon(run: Run, account: Account, now: datetime) -> None:
    device = Authenticator()
    await register(run, account, device)
    first, late = [
        await run(lambda work: factors.begin_passkey_log_in(work, account_id=account.id, party=HERE)) for _ in range(2)
    ]

    async def answer(challenge_id: UUID, *, at: datetime = now) -> UUID:
        options = await factors.log_in_options_for(challenge_id=challenge_id, account_id=account.id)
        response = device.get(options or '{"challenge":"AA"}')
        return await run(
            lambda work: factors.use_passkey(work, account_id=account.id, challenge_id=challenge_id, response=response),
            at=at,
        )

    await answer(first)
    with pytest.raises(ChallengeOver):
        await answer(first)
    with pytest.raises(ChallengeOver):
        await answer(late, at=now + factors.CHALLENGE_LIFE)


async def test_a_registration_without_verification_or_for_another_site_is_refused(run: Run, account: Account) -> None:
    for device in (Authenticator(verifies=False), Authenticator(origin="https://evil.example", rp_id="localhost")):
        with pytest.raises(SignatureUnfit):
            await register(run, account, device)


async def test_a_passkey_belongs_to_one_account_and_has_a_name(run: Run, account: Account, colleague: Account) -> None:
    device = Authenticator()
    await register(run, account, device)

    with pytest.raises(PasskeyTaken):
        await register(run, colleague, device)
    with pytest.raises(PasskeyNameUnfit):
        await register(run, colleague, Authenticator(), name=" ")


async def test_an_address_of_numbers_has_no_passkeys(run: Run, account: Account) -> None:
    with pytest.raises(PasskeysNeedName, match=r"127\.0\.0\.1"):
        await run(
            lambda work: factors.begin_passkey(
                work, account_id=account.id, party=RelyingParty.at("http://127.0.0.1:8000")
            )
        )


async def test_an_export_is_checked_without_the_database(run: Run, account: Account) -> None:
    device = Authenticator()
    passkey_id = await register(run, account, device)
    response = device.sign(STATEMENT)
    await sign(run, account, response)

    proof = await factors.find_proof(passkey_id=passkey_id)

    assert proof is not None
    assert factors.verify_assertion(proof, challenge=STATEMENT, response=response).sign_count == device.counter
    for changed in (
        replace(proof, rp_id="evil.example"),
        replace(proof, origin="https://evil.example"),
        replace(proof, credential_id=to_text(b"another")),
    ):
        with pytest.raises(SignatureUnfit):
            factors.verify_assertion(changed, challenge=STATEMENT, response=response)
    with pytest.raises(SignatureUnfit):
        factors.verify_assertion(proof, challenge=b"another statement", response=response)


@pytest.mark.parametrize(
    "change",
    ["public_key = 'AAAA'", "sign_count = 0", "account_id = (SELECT id FROM account WHERE login = 'colleague')"],
)
async def test_postgresql_keeps_a_passkey_what_it_is(
    run: Run, account: Account, colleague: Account, change: str
) -> None:
    await register(run, account, Authenticator())

    with pytest.raises(IntegrityError, match="stays what it is"):
        await store.rows(f"UPDATE passkey SET {change}")


async def test_postgresql_revives_no_retired_passkey(run: Run, account: Account) -> None:
    first, _ = [await register(run, account, Authenticator()) for _ in range(2)]
    await run(lambda work: factors.retire_passkey(work, account_id=account.id, passkey_id=first))

    with pytest.raises(IntegrityError, match="stays what it is"):
        await store.rows("UPDATE passkey SET retired_at = NULL WHERE id = $1", first)
    with pytest.raises(IntegrityError, match="stays what it is"):
        await store.rows("DELETE FROM passkey WHERE id = $1", first)


async def test_postgresql_lets_no_challenge_live_long(run: Run, account: Account, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="passkey_challenge"):
        await store.rows(
            "INSERT INTO passkey_challenge (id, account_id, purpose, challenge, rp_id, origin, made_at, expires_at)"
            " VALUES (gen_random_uuid(), $1, 'LOG_IN', repeat('A', 43), 'localhost', 'x', $2, $3)",
            account.id,
            now,
            now + timedelta(minutes=11),
        )


def meant_by(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return text.encode()
