"""One-time codes and recovery codes: each works once, also fifty times at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from tortoise.exceptions import IntegrityError

from domain import factors, store
from domain.crypto import Keyring, Purpose
from domain.factors import CodeUnfit, EnrolmentMissing, FactorKind
from domain.identity import Account
from tests.domain.factors.conftest import Run

STEP = timedelta(seconds=30)


async def enrol(run: Run, account: Account, *, now: datetime) -> str:
    enrolment = await run(lambda work: factors.begin_totp(work, account=account))
    code = factors.code_at(enrolment.secret, now=now)
    await run(lambda work: factors.confirm_totp(work, account_id=account.id, code=code))
    return enrolment.secret


async def use(run: Run, account: Account, code: str, *, at: datetime) -> object:
    return await run(lambda work: factors.use_totp(work, account_id=account.id, code=code), at=at)


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B: SHA-1, the last six of its eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for second, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert factors.code_at(secret, now=datetime.fromtimestamp(second).astimezone()) == code


async def test_an_enrolment_shows_a_picture_of_the_secret_and_counts_once_confirmed(
    run: Run, account: Account, now: datetime
) -> None:
    enrolment = await run(lambda work: factors.begin_totp(work, account=account))
    assert (await factors.factors_of(account_id=account.id)).kinds == frozenset()
    assert enrolment.uri.startswith("otpauth://totp/")
    assert f"secret={enrolment.secret}" in enrolment.uri
    picture = ET.fromstring(enrolment.qr)
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert "<script" not in enrolment.qr

    with pytest.raises(CodeUnfit):
        await use(run, account, factors.code_at(enrolment.secret, now=now), at=now)
    with pytest.raises(CodeUnfit):
        await run(lambda work: factors.confirm_totp(work, account_id=account.id, code="000000"))
    code = factors.code_at(enrolment.secret, now=now)
    await run(lambda work: factors.confirm_totp(work, account_id=account.id, code=code))

    assert (await factors.factors_of(account_id=account.id)).kinds == {FactorKind.TOTP}
    with pytest.raises(EnrolmentMissing):
        await run(lambda work: factors.confirm_totp(work, account_id=account.id, code=code))
    with pytest.raises(CodeUnfit):  # the code that confirmed is used up
        await use(run, account, code, at=now)


async def test_a_code_works_once_of_fifty(run: Run, account: Account, now: datetime) -> None:
    secret, later = await enrol(run, account, now=now), now + 2 * STEP
    code = factors.code_at(secret, now=later)

    tries = await asyncio.gather(*(use(run, account, code, at=later) for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(told, CodeUnfit) for told in tries) == 49
    assert sum(isinstance(told, Exception) for told in tries) == 49


async def test_a_code_lives_for_its_own_thirty_seconds(run: Run, account: Account, now: datetime) -> None:
    secret = await enrol(run, account, now=now)
    step = now.replace(second=0, microsecond=0) + timedelta(minutes=10)
    code = factors.code_at(secret, now=step)
    for seconds in (-1, 30, 31):
        with pytest.raises(CodeUnfit):
            await use(run, account, code, at=step + timedelta(seconds=seconds))
    await use(run, account, code, at=step + timedelta(seconds=29))
    later = step + timedelta(minutes=1)
    await use(run, account, factors.code_at(secret, now=later), at=later)


async def test_an_older_code_than_the_last_one_is_refused(run: Run, account: Account, now: datetime) -> None:
    secret, later = await enrol(run, account, now=now), now + timedelta(minutes=5)
    await use(run, account, factors.code_at(secret, now=later), at=later)

    with pytest.raises(CodeUnfit):
        await use(run, account, factors.code_at(secret, now=later - STEP), at=later)


async def test_the_old_secret_works_until_the_new_one_is_confirmed(run: Run, account: Account, now: datetime) -> None:
    old, later = await enrol(run, account, now=now), now + timedelta(minutes=5)
    new = await run(lambda work: factors.begin_totp(work, account=account))
    await use(run, account, factors.code_at(old, now=later), at=later)
    code = factors.code_at(new.secret, now=later)
    await run(lambda work: factors.confirm_totp(work, account_id=account.id, code=code), at=later)

    with pytest.raises(CodeUnfit):
        await use(run, account, factors.code_at(old, now=later + 2 * STEP), at=later + 2 * STEP)
    await use(run, account, factors.code_at(new.secret, now=later + 2 * STEP), at=later + 2 * STEP)


async def test_a_secret_lies_sealed_and_bound_to_its_row(
    run: Run, account: Account, now: datetime, keys: Keyring
) -> None:
    secret = await enrol(run, account, now=now)
    found = await store.row("SELECT id, secret_sealed FROM totp WHERE account_id = $1", account.id)
    assert found is not None

    sealed = bytes(found["secret_sealed"])

    assert secret.encode() not in sealed
    assert keys.unseal(Purpose.TOKEN, sealed, place=f"totp.secret:{found['id']}") == secret


async def test_recovery_codes_work_once_each_in_whatever_writing(
    run: Run, account: Account, colleague: Account
) -> None:
    codes = await run(lambda work: factors.make_recovery_codes(work, account_id=account.id))
    assert len(set(codes)) == factors.RECOVERY_CODES
    # Five bits in each sign: with 112 and more, a digest needs no salt (ASVS 5.0, V6.5.2).
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in codes)

    async def use_up(code: str, *, whose: Account = account) -> object:
        return await run(lambda work: factors.use_recovery_code(work, account_id=whose.id, code=code))

    with pytest.raises(CodeUnfit):
        await use_up(codes[0], whose=colleague)
    await use_up(codes[0].lower().replace("-", " ").replace("1", "l").replace("0", "o"))
    with pytest.raises(CodeUnfit):
        await use_up(codes[0])
    tries = await asyncio.gather(*(use_up(codes[1]) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(told, CodeUnfit) for told in tries) == 49

    again = await run(lambda work: factors.make_recovery_codes(work, account_id=account.id))
    with pytest.raises(CodeUnfit):
        await use_up(codes[2])
    await use_up(again[0])
    assert (await factors.factors_of(account_id=account.id)).recovery_codes_left == factors.RECOVERY_CODES - 1


async def test_who_has_lost_everything_has_nothing_left(run: Run, account: Account, now: datetime) -> None:
    await enrol(run, account, now=now)
    await run(lambda work: factors.make_recovery_codes(work, account_id=account.id))

    await run(lambda work: factors.retire_all_factors(work, account_id=account.id))

    assert (await factors.factors_of(account_id=account.id)).kinds == frozenset()


async def test_postgresql_counts_forwards_and_takes_recovery_codes_once(
    run: Run, account: Account, now: datetime
) -> None:
    await enrol(run, account, now=now)
    codes = await run(lambda work: factors.make_recovery_codes(work, account_id=account.id))
    await run(lambda work: factors.use_recovery_code(work, account_id=account.id, code=codes[0]))

    with pytest.raises(IntegrityError, match="works once"):
        await store.rows("UPDATE totp SET last_counter = last_counter - 1")
    with pytest.raises(IntegrityError, match="works once"):
        await store.rows("UPDATE recovery_code SET used_at = NULL WHERE used_at IS NOT NULL")
    with pytest.raises(IntegrityError, match="totp_one_in_use"):
        await store.rows(
            "INSERT INTO totp (id, account_id, secret_sealed, made_at, confirmed_at)"
            " SELECT gen_random_uuid(), account_id, secret_sealed, made_at, confirmed_at FROM totp LIMIT 1"
        )
