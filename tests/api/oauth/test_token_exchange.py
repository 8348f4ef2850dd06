"""The code of wx.login for tokens: once, as nobody at first, and without a word of what WeChat said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
from redis.asyncio import Redis

from api.oauth import token_exchange
from domain import store
from domain.crypto import Keyring
from partners import wechat as partner
from tests.api.oauth.house import House
from tests.api.oauth.wechat_world import WeChat, arrived, exchange


@pytest.fixture
async def house(store: str, redis: Redis, now: datetime, account: partner.Account) -> AsyncIterator[House]:
    async with partner.Client(account) as client:
        house = House(keys=Keyring.make(), redis=redis, now=now, vouching=client)
        await house.furnish()
        yield house


@pytest.fixture
def plain_house(house: House) -> House:
    """The same house without a WeChat."""
    return House(keys=house.keys, redis=house.redis, now=house.now)


async def test_a_newcomer_may_prove_who_they_are_and_nothing_else(house: House, wechat: WeChat) -> None:
    tokens = await arrived(house, wechat)

    assert tokens["scope"] == "self:bind"
    assert tokens["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    async with house.browser() as phone:
        who = (await phone.who(tokens["access_token"])).json()
    assert (who["kind"], who["person"], who["scopes"], who["client"]) == (
        "RESIDENT",
        "None",
        ["self:bind"],
        "mini-program",
    )


async def test_the_same_person_comes_back_to_the_same_log_in(house: House, wechat: WeChat) -> None:
    first, again, other = [await arrived(house, wechat, user) for user in ("one", "one", "two")]

    async with house.browser() as phone:
        ids = [(await phone.who(tokens["access_token"])).json()["id"] for tokens in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert await house.count("outside_identity") == 2


async def test_two_first_arrivals_of_one_newcomer_at_once_open_one_log_in(house: House, wechat: WeChat) -> None:
    codes = [await wechat.log_in("newcomer") for _ in range(8)]

    answers = await asyncio.gather(*(exchange(house, code) for code in codes))

    assert {answer.status_code for answer in answers} == {200}
    assert await house.count("outside_identity") == 1
    assert await house.count("account WHERE assurance = 'NONE'") == 1


async def test_the_refresh_token_goes_on_with_what_was_allowed(house: House, wechat: WeChat) -> None:
    tokens = await arrived(house, wechat)

    async with house.browser() as phone:
        refreshed = await phone.refresh(tokens["refresh_token"], client_id="mini-program")

    assert refreshed.json()["scope"] == "self:bind"


@pytest.mark.parametrize("forgetful", [False, True])
async def test_of_fifty_uses_of_one_code_at_once_one_succeeds(house: House, wechat: WeChat, *, forgetful: bool) -> None:
    await wechat.behave(forgetful=forgetful)
    code, before = await wechat.log_in("busy"), await wechat.calls()

    answers = await asyncio.gather(*(exchange(house, code) for _ in range(50)))

    assert sorted({answer.status_code for answer in answers}) == [200, 400]
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    assert await wechat.calls() - before == 1


async def test_a_used_code_fails_in_the_database_when_valkey_and_wechat_have_both_forgotten_it(
    house: House, wechat: WeChat, redis: Redis
) -> None:
    await wechat.behave(forgetful=True)
    code = await wechat.log_in("forgotten")
    assert (await exchange(house, code)).status_code == 200
    await redis.flushdb()

    again = await exchange(house, code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await house.count("oauth_grant") == 1


@pytest.mark.parametrize(
    ("number", "status", "error"),
    [
        (40029, 400, "invalid_grant"),
        (40163, 400, "invalid_grant"),
        (41008, 400, "invalid_grant"),
        (40226, 400, "access_denied"),
        (45011, 503, "temporarily_unavailable"),
        (-1, 503, "temporarily_unavailable"),
        (40013, 503, "temporarily_unavailable"),
        (40125, 503, "temporarily_unavailable"),
        (48001, 503, "temporarily_unavailable"),
    ],
)
async def test_each_number_of_wechat_is_an_error_of_oauth_and_tells_nothing(
    house: House, wechat: WeChat, account: partner.Account, *, number: int, status: int, error: str
) -> None:
    code = await wechat.log_in("unlucky")
    await wechat.behave(errcode=number)

    answer = await exchange(house, code)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) <= {"error", "error_description"}
    for secret in (str(number), "rid", account.secret, account.appid, code):
        assert secret not in answer.text
    assert await house.count("outside_identity") == 0
    assert (number == 45011) == ("retry-after" in answer.headers)


@pytest.mark.parametrize("fault", ["fail_before", "fail_after", "cut_after", "garbage", "empty"])
async def test_an_answer_that_is_none_is_try_again_later(house: House, wechat: WeChat, fault: str) -> None:
    code = await wechat.log_in("unlucky")
    await wechat.behave(answer=fault)

    answer = await exchange(house, code)

    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


async def test_a_code_that_nobody_looked_at_is_good_afterwards(house: House, wechat: WeChat) -> None:
    code = await wechat.log_in("patient")
    await wechat.behave(errcode=-1, times=1)

    assert (await exchange(house, code)).status_code == 503
    assert (await exchange(house, code)).status_code == 200


async def test_a_slow_wechat_holds_no_connection_of_the_database(house: House, wechat: WeChat) -> None:
    code = await wechat.log_in("slow")
    await wechat.behave(slow_seconds=1.0)

    waiting = asyncio.create_task(exchange(house, code))
    await asyncio.sleep(0.5)
    open_now = await store.row(
        "SELECT count(*) AS number FROM pg_stat_activity"
        " WHERE datname = current_database() AND state = 'idle in transaction'"
    )

    assert open_now is not None
    assert open_now["number"] == 0
    assert (await waiting).status_code == 200


async def test_a_user_of_high_risk_is_denied_and_the_code_is_gone(house: House, wechat: WeChat) -> None:
    await wechat.hold_for_risky("suspect")
    code = await wechat.log_in("suspect")

    denied, again = await exchange(house, code), await exchange(house, code)

    assert denied.json()["error"] == "access_denied"
    assert again.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"subject_token": None}, "invalid_request"),
        ({"actor_token": "somebody"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"audience": "another-service"}, "invalid_target"),
        ({"client_id": "explorer"}, "unauthorized_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "demo-hospital"}, "invalid_client"),
        ({"scope": "ledger:read"}, "invalid_scope"),
        ({"scope": "bill:pay"}, "invalid_scope"),
    ],
)
async def test_a_request_that_is_no_good_is_refused(
    house: House, wechat: WeChat, changes: dict[str, str | None], error: str
) -> None:
    code, before = await wechat.log_in("wrong"), await wechat.calls()

    answer = await exchange(house, code, **changes)

    assert answer.json()["error"] == error
    asked = "scope" in changes  # only then is WeChat needed to know
    assert await wechat.calls() - before == asked
    assert await house.count("oauth_grant") == 0


async def test_whoever_comes_too_often_rests_before_wechat_says_so(
    house: House, wechat: WeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_exchange, "CALLS_OF_USER", 5)
    statuses = [(await exchange(house, await wechat.log_in("eager"))).status_code for _ in range(6)]
    before = await wechat.calls()

    resting = await exchange(house, await wechat.log_in("eager"))

    assert statuses[:5] == [200] * 5
    assert resting.status_code == 503
    assert 0 < int(resting.headers["retry-after"]) <= 60
    assert await wechat.calls() == before


async def test_whoever_brings_codes_that_are_none_waits(
    house: House, wechat: WeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_exchange, "FAULTS_OF_SOURCE", 3)
    for number in range(4):
        assert (await exchange(house, f"guess{number}")).json()["error"] == "invalid_grant"
    before = await wechat.calls()

    waiting = await exchange(house, "guess5")

    assert (waiting.status_code, await wechat.calls()) == (503, before)


async def test_no_line_of_any_log_has_the_secret_the_key_or_the_name(
    house: House, wechat: WeChat, account: partner.Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await arrived(house, wechat, "quiet")
    await wechat.behave(answer="garbage")
    await exchange(house, await wechat.log_in("quiet"))

    ours = [line.getMessage() for line in caplog.records if "127.0.0.1" not in line.getMessage()]
    everything = "\n".join(line.getMessage() for line in caplog.records)
    assert any("Nobody arrived" in line for line in ours)
    assert account.secret not in everything
    assert "session_key" not in everything


async def test_nothing_of_the_session_is_in_the_database_in_the_clear(house: House, wechat: WeChat, store: str) -> None:
    await arrived(house, wechat, "sealed")
    from domain import store as database

    found = await database.row("SELECT identity::text AS text, id, subject_sealed FROM outside_identity AS identity")
    assert found is not None
    openid = house.keys.unseal(
        "identity", bytes(found["subject_sealed"]), place=f"outside_identity.subject:{found['id']}"
    )
    assert openid.startswith("o")
    assert len(openid) == 28
    assert openid not in found["text"]
    tables = await database.rows("SELECT table_name AS name FROM information_schema.tables WHERE table_schema='public'")
    for table in tables:
        rows = await database.rows(f'SELECT row_to_json(t)::text AS text FROM "{table["name"]}" AS t')
        assert not [row for row in rows if openid in row["text"]], table["name"]


async def test_without_a_wechat_the_grant_is_not_offered(house: House, plain_house: House) -> None:
    answer = await exchange(plain_house, "anything")
    async with plain_house.browser() as phone:
        told = (await phone.get("/.well-known/oauth-authorization-server")).json()
    async with house.browser() as phone:
        offered = (await phone.get("/.well-known/oauth-authorization-server")).json()

    assert answer.json()["error"] == "unsupported_grant_type"
    assert token_exchange.identity.TOKEN_EXCHANGE not in told["grant_types_supported"]
    assert token_exchange.identity.TOKEN_EXCHANGE in offered["grant_types_supported"]


async def test_a_suspended_log_in_stays_out(house: House, wechat: WeChat) -> None:
    await arrived(house, wechat, "closed")
    await store.rows("UPDATE account SET state = 'SUSPENDED' WHERE assurance = 'NONE'")

    assert (await exchange(house, await wechat.log_in("closed"))).json()["error"] == "invalid_grant"


def test_an_account_file_without_a_secret_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text('{"appid": "wx1"}')
    with pytest.raises(ValueError, match="agency, agency_secret, real_name_url, secret"):
        partner.Account.load(file)


async def test_the_sandbox_wants_the_right_secret(account_file: Path, wechat: WeChat) -> None:
    code = await wechat.log_in("anybody")
    told = partner.Account.load(account_file, base_url=str(wechat.http.base_url))
    for changed in ({"secret": "0" * 32}, {"appid": "wx0"}):
        other = partner.Account(**{**{name: getattr(told, name) for name in told.__slots__}, **changed})
        async with partner.Client(other) as client:
            assert (await client.code_to_session(code)).why is partner.Why.REGISTRATION  # type: ignore[union-attr] # refused
    assert isinstance(wechat.http, httpx2.AsyncClient)
