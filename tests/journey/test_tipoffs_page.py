"""A report over the real page in a real browser: from a photograph with a place in it to money on an account."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from uuid import UUID

import pytest

from api.tipoffs import Portions
from api.tipoffs.flood import Portion
from domain import approvals, tipoffs
from domain.money import Money
from domain.payouts import PayoutState
from domain.tipoffs import EnvelopeKind
from tests.api.tipoffs.conftest import desk, page_address, the_page
from tests.api.tipoffs.test_page import opened
from tests.bank_world import state_of
from tests.domain.tipoffs.paying import Paying, paying
from tests.domain.tipoffs.people import BOOK, Desk
from tests.domain.tipoffs.test_rewards import PAYEE, approve, propose
from tests.journey.chromium import PROGRAM, Browser, chromium
from tests.made_files import CANARIES, a_jpeg

__all__ = ["desk", "page_address"]
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="There is no Chromium on this machine.")


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
async def test_from_a_photograph_to_a_paid_reward(
    desk: Desk, page_address: str, tmp_path: Path, *, scripts: bool
) -> None:
    async with chromium(tmp_path / "profile", scripts=scripts) as browser:
        receipt = await report(browser, f"{page_address}/tipoffs", tmp_path)
        case = await desk.case()
        (clean,) = await opened(desk, EnvelopeKind.EVIDENCE_CLEAN)
        assert not [canary for canary in CANARIES if canary.encode() in clean]

        await desk.do(tipoffs.write, tipoff_id=case.id, text="是哪几个病区？", to_informant=True)
        await come_back(browser, f"{page_address}/tipoffs", receipt)
        assert "是哪几个病区？" in await browser.text()
        await browser.write("#text", "二病区和三病区")
        await browser.press("button[value=reply]")
        assert "已发送，内容已加密" in await browser.text()
        assert await desk.texts(desk.second, case.id, EnvelopeKind.FROM_INFORMANT) == [{"text": "二病区和三病区"}]

        reward = await find_true_and_reward(desk)
        await come_back(browser, f"{page_address}/tipoffs", receipt)
        assert "奖励金额 7600.00 元" in await browser.text()
        for field, text in (("holder", PAYEE.name), ("account", PAYEE.account), ("bank_code", PAYEE.bank_code)):
            await browser.write(f"#{field}", text)
        await browser.press("button[value=claim]")
        assert "收款账户已收到" in await browser.text()

        assert {url.split("?")[0] for url in browser.seen if not url.startswith("data:")} == {f"{page_address}/tipoffs"}
        assert (await browser.call("Network.getAllCookies"))["cookies"] == []
    async with paying(desk, tmp_path) as at_the_desk:
        await pay(at_the_desk, reward)


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
async def test_while_too_many_send_a_device_that_works_goes_first(desk: Desk, tmp_path: Path, *, scripts: bool) -> None:
    none = Portions(writing_of_all=Portion(0, 0))
    async with the_page(desk, tmp_path, portions=none) as address, chromium(tmp_path / "p", scripts=scripts) as browser:
        await browser.open(f"{address}/tipoffs")
        await browser.press("button[value=whom]")
        await browser.press("button[value=begin]")
        for field, text in (("who", "某康复医院"), ("what", "住院部挂床，夜间空无一人")):
            await browser.write(f"#{field}", text)
        if scripts:
            async with asyncio.timeout(60):
                while not re.search(r'name="work" value="\d+"', await browser.html()):
                    await asyncio.sleep(0.2)
        await browser.press("button[value=report]")

        assert ("请现在用笔抄下" if scripts else "现在提交的人太多") in await browser.text()


async def report(browser: Browser, address: str, folder: Path) -> str:
    """Go through the form as somebody does who has never seen it, and copy the receipt."""
    (folder / "IMG_0042.jpg").write_bytes(a_jpeg())
    await browser.open(address)
    await browser.press("button[value=whom]")
    await browser.write("#who", "某康复医院")
    await browser.press("button[value=find]")
    await browser.press("button[value=begin]")
    await browser.write("#what", "住院部挂床，夜间空无一人")
    await browser.write("#when", "今年九月")
    await browser.choose("#files", [folder / "IMG_0042.jpg"])
    await browser.press("button[value=report]")
    (shown,) = re.findall(r'id="receipt">(.*?)</p>', await browser.html())
    return " ".join(re.findall(r"<span>(\w+)</span>", shown)).lower()


async def come_back(browser: Browser, address: str, receipt: str) -> None:
    await browser.open(address)
    await browser.press("button[value=return]")
    await browser.write("#receipt", receipt)
    await browser.press("button[value=look]")


async def find_true_and_reward(desk: Desk) -> UUID:
    """Take the case from intake to a finding of 380,000 yuan, and have its reward approved and announced."""
    case = await desk.case()
    version = case.version
    await desk.do(
        tipoffs.decide_intake, tipoff_id=case.id, expected_version=version, accept=True, letter="已受理", book=BOOK
    )
    check = await desk.do(tipoffs.order_check, tipoff_id=case.id, members=(desk.first.id, desk.second.id), book=BOOK)
    await desk.do(tipoffs.report_check, check_id=check, text="现场核对床位")
    await desk.do(tipoffs.confirm_check, actor=desk.second, check_id=check)
    version = (await desk.case()).version
    await desk.do(
        tipoffs.find_true,
        tipoff_id=case.id,
        expected_version=version,
        offence="provider_fraud",
        amount=Money.yuan(380_000),
        text="虚假住院 12 人次",
        book=BOOK,
    )
    version = (await desk.case()).version
    await desk.do(
        tipoffs.confirm_finding, actor=desk.second, tipoff_id=case.id, expected_version=version, letter="已查实"
    )
    reward = await propose(desk, case.id)
    await approve(desk, approvals.ApprovalKind.TIPOFF_REWARD, reward)
    await desk.do(tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK, second=desk.store)
    return reward


async def pay(paying: Paying, reward: UUID) -> None:
    """Pay out of the budget: others release it, and the reward desk alone tells the bank to whom it goes."""
    payout = await paying.released(reward)
    await paying.reward_desk.pay()
    assert await state_of(payout.id) == PayoutState.CONFIRMED.value
    (movement,) = await paying.at_bank(payout.number)
    assert (movement["name"], movement["account"]) == (PAYEE.name, PAYEE.account)
    assert "举报" not in str(movement)
