"""Text messages: signed as the platform documents it, over real HTTP, and clear about what is not clear."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx2
import pytest

from partners import sms
from partners.sms.signing import authorization, canonical_query
from sandbox.sms import make_account, running

PHONE = "15400000017"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sms.Account]:
    file = tmp_path_factory.mktemp("sms") / "account.json"
    make_account(file)
    with running(file) as address:
        yield replace(sms.Account.load(file), base_url=address)


@pytest.fixture
async def platform(account: sms.Account) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=account.base_url, trust_env=False) as http:
        yield http
        await http.delete("/sandbox/behaviour")


@pytest.fixture
async def client(account: sms.Account) -> AsyncIterator[sms.Client]:
    async with sms.Client(account, patience=sms.Patience(reading=1, altogether=1.5)) as client:
        yield client


async def send(client: sms.Client, reference: str = "one", *, phone: str = PHONE) -> sms.Sent | sms.NotSent:
    now = datetime.now(UTC)  # noqa: TID251 - the platform lives by the real clock
    return await client.send_code(phone=phone, code="012345", reference=reference, now=now)


def test_a_signature_is_that_of_the_published_example() -> None:
    """The worked example of the platform's page about version 3 of its signature (a call of another product)."""
    query = canonical_query(
        {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    )
    digest = sha256(b"").hexdigest()
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": digest,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }

    signed = authorization(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        method="POST",
        path="/",
        query=query,
        headers=headers,
        body_digest=digest,
    )

    assert signed.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


async def test_a_code_goes_out_in_the_approved_wording(client: sms.Client, platform: httpx2.AsyncClient) -> None:
    assert isinstance(await send(client, "first"), sms.Sent)

    message = (await platform.get("/sandbox/messages/first")).json()
    assert (message["phone"], message["code"]) == (PHONE, "012345")
    assert message["text"].startswith("【医保经办】您的验证码为：012345")
    assert "012345" in (await platform.get("/")).text


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", sms.Why.TOO_OFTEN),
        ("isv.AMOUNT_NOT_ENOUGH", sms.Why.REGISTRATION),
        ("isp.SYSTEM_ERROR", sms.Why.UNREACHED),
        ("Throttling.User", sms.Why.UNREACHED),
    ],
)
async def test_a_refusal_says_whose_it_is(
    client: sms.Client, platform: httpx2.AsyncClient, code: str, why: sms.Why
) -> None:
    await platform.post("/sandbox/behaviour", json={"code": code})

    assert await send(client, code) == sms.NotSent(why, code)
    assert (await platform.get(f"/sandbox/messages/{code}")).status_code == 404


@pytest.mark.parametrize("answer", ["fail_before", "fail_after", "cut_after", "garbage", "empty"])
async def test_what_is_not_clear_is_not_sent_for_sure_and_is_not_sent_twice(
    client: sms.Client, platform: httpx2.AsyncClient, answer: str
) -> None:
    await platform.post("/sandbox/behaviour", json={"answer": answer})

    told = await send(client, answer)

    assert isinstance(told, sms.NotSent)
    assert told.why is sms.Why.UNREACHED
    listed = [message for message in (await platform.get("/sandbox/messages")).json() if message["reference"] == answer]
    assert len(listed) == (answer != "fail_before")


async def test_a_slow_platform_is_waited_for_shortly(client: sms.Client, platform: httpx2.AsyncClient) -> None:
    await platform.post("/sandbox/behaviour", json={"slow_seconds": 5})

    assert await send(client) == sms.NotSent(sms.Why.UNREACHED, "ReadTimeout")


async def test_a_number_that_is_none_is_refused(client: sms.Client) -> None:
    assert await send(client, phone="110") == sms.NotSent(sms.Why.PHONE, "isv.MOBILE_NUMBER_ILLEGAL")


async def test_the_sandbox_believes_no_other_key_time_or_nonce(account: sms.Account) -> None:
    stranger, other = replace(account, access_key_id="LTAInobody"), replace(account, access_key_secret="guessed")
    async with sms.Client(stranger) as one, sms.Client(other) as two, sms.Client(account, new_nonce=lambda: "n") as us:
        assert await send(one) == sms.NotSent(sms.Why.REGISTRATION, "InvalidAccessKeyId.NotFound")
        assert await send(two) == sms.NotSent(sms.Why.REGISTRATION, "SignatureDoesNotMatch")
        assert isinstance(await send(us), sms.Sent)
        assert await send(us) == sms.NotSent(sms.Why.UNREACHED, "SignatureNonceUsed")
        late = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251 - the platform lives by the real clock
        told = await us.send_code(phone=PHONE, code="1", reference="late", now=late)
        assert told == sms.NotSent(sms.Why.REGISTRATION, "InvalidTimeStamp.Expired")


async def test_neither_phone_nor_code_is_logged(client: sms.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx2").setLevel(logging.WARNING)

    await send(client)

    assert PHONE not in caplog.text
    assert "012345" not in caplog.text
