"""The platform as a process: its keys, its start, its memory through a restart, its schedule."""

from __future__ import annotations

import asyncio
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx2
import orjson
import pytest

from partners import wechatpay
from partners.wechatpay import Confirmed, TradeState
from sandbox.wechatpay import make_merchant, running
from sandbox.wechatpay.keys import platform_file
from sandbox.wechatpay.post import RETRIES_SECONDS
from tests.sandbox.world import Receiver, an_order, right_now

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox.wechatpay", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_keys_are_for_their_owner_only_and_each_side_has_its_own(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "merchant.json"
    done = run("make-merchant", str(file), "--base-url", "http://127.0.0.1:1234")
    ours, theirs = file.read_text(), platform_file(file).read_text()
    assert done.returncode == 0, done.stderr
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, platform_file(file))] == [0o600, 0o600]
    assert ours.count("PRIVATE KEY") == 2  # one key, its first and its last line
    assert orjson.loads(ours)["private_key"] not in theirs
    assert wechatpay.Merchant.load(file).base_url == "http://127.0.0.1:1234"
    assert len(wechatpay.Merchant.load(file).platform_keys) == 2


def test_existing_keys_are_kept(merchant_file: Path) -> None:
    before = merchant_file.read_bytes()
    done = run("make-merchant", str(merchant_file))
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert merchant_file.read_bytes() == before


def test_a_missing_merchant_and_a_taken_port_are_one_clear_sentence(merchant_file: Path, tmp_path: Path) -> None:
    missing = run("--merchant", str(tmp_path / "nobody.json"), "--data", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = run("--merchant", str(merchant_file), "--data", str(tmp_path), "--port", str(port))
    assert (missing.returncode, busy.returncode) == (2, 2)
    assert "nobody.platform.json is missing" in missing.stderr
    assert f"127.0.0.1:{port} cannot be used" in busy.stderr
    assert "Traceback" not in missing.stderr + busy.stderr


async def test_the_platform_remembers_and_goes_on_after_a_restart(
    merchant_file: Path, tmp_path: Path, receiver: Receiver
) -> None:
    order = an_order(notify_url=receiver.url)
    # The second try is due 3 seconds after the first, so it is the restarted platform that makes it.
    receiver.script = [500]
    with running(merchant_file, data=tmp_path, speed=5) as address:
        await made(merchant_file, address, order)
        httpx2.post(f"{address}/sandbox/orders/{order.out_trade_no}/pay", trust_env=False)
        await receiver.first(1)
        await until_tried(address, order)
    tried_before = len(receiver.letters)
    with running(merchant_file, data=tmp_path, speed=5) as address:
        async with wechatpay.Client(wechatpay.Merchant.load(merchant_file, base_url=address)) as pay:
            found = await pay.inquire_order(order.out_trade_no, now=right_now())
            again = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
        first, second = await receiver.first(2)
    assert tried_before == 1
    assert isinstance(found, Confirmed)
    assert found.value.state is TradeState.SUCCESS
    assert again == wechatpay.Refused("ORDERPAID", "该订单已支付")
    assert orjson.loads(first.body)["id"] == orjson.loads(second.body)["id"]


async def test_a_script_may_have_a_notification_sent_once_more(
    merchant_file: Path, address: str, receiver: Receiver
) -> None:
    order = an_order(notify_url=receiver.url)
    await made(merchant_file, address, order)
    httpx2.post(f"{address}/sandbox/orders/{order.out_trade_no}/pay", trust_env=False)
    await receiver.first(1)
    await until_tried(address, order)
    httpx2.post(f"{address}/sandbox/orders/{order.out_trade_no}/notify", trust_env=False)
    first, second = await receiver.first(2)
    assert orjson.loads(first.body)["id"] == orjson.loads(second.body)["id"]


async def made(merchant_file: Path, address: str, order: wechatpay.Order) -> None:
    async with wechatpay.Client(wechatpay.Merchant.load(merchant_file, base_url=address)) as pay:
        outcome = await pay.create_h5_order(order, payer_ip="203.0.113.7", now=right_now())
    assert isinstance(outcome, Confirmed)


async def until_tried(address: str, order: wechatpay.Order) -> None:
    for _ in range(100):
        told = httpx2.get(f"{address}/sandbox/orders/{order.out_trade_no}", trust_env=False).json()
        if told["notices"][0]["tries"]:
            return
        await asyncio.sleep(0.02)
    pytest.fail("The notification was never tried.")


def test_the_schedule_is_the_published_one() -> None:
    assert len(RETRIES_SECONDS) == 15
    assert RETRIES_SECONDS[:5] == (15, 15, 30, 180, 600)
    assert sum(RETRIES_SECONDS) == 24 * 3600 + 4 * 60


async def test_the_platform_gives_up_after_the_first_try_and_fifteen_more(
    merchant_file: Path, tmp_path: Path, receiver: Receiver
) -> None:
    order = an_order(notify_url=receiver.url)
    receiver.script = [500] * 50
    with running(merchant_file, data=tmp_path, speed=200_000) as address:
        await made(merchant_file, address, order)
        httpx2.post(f"{address}/sandbox/orders/{order.out_trade_no}/pay", trust_env=False)
        await receiver.first(16)
        await asyncio.sleep(0.5)
        told = httpx2.get(f"{address}/sandbox/orders/{order.out_trade_no}", trust_env=False).json()
    assert len(receiver.letters) == 16
    assert told["notices"][0]["state"] == "abandoned"


def test_two_merchants_have_nothing_in_common(tmp_path: Path) -> None:
    make_merchant(tmp_path / "one.json")
    make_merchant(tmp_path / "other.json")
    one, other = (orjson.loads((tmp_path / name).read_bytes()) for name in ("one.json", "other.json"))
    shared = {name for name in one if one[name] == other[name]}
    assert shared == {"base_url"}
