"""A report over the real page in a real browser: from a photograph with a place in it to money on an account."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest

from domain import approvals, ledger, payouts, store, tipoffs
from domain.actors import SYSTEM
from domain.informants import RecordKind
from domain.money import Money
from domain.payouts import BatchChannel, PayoutState
from domain.tipoffs import EnvelopeKind
from sandbox.bank import make_customer
from tests.api.tipoffs.conftest import desk, page_address
from tests.api.tipoffs.test_page import opened
from tests.bank_world import BankWorld, bank_address, bank_world, state_of
from tests.builders import NOW
from tests.domain.tipoffs.people import BOOK, Desk
from tests.domain.tipoffs.test_rewards import PAYEE, approve, opened_by_two, propose
from tests.journey.chromium import PROGRAM, Browser, chromium
from tests.made_files import CANARIES, a_jpeg
from tests.payout_world import a_preparer, decide, queue, run, the_batch

__all__ = ["bank_address", "bank_world", "desk", "page_address"]
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="There is no Chromium on this machine.")


@pytest.fixture
def customer_file(tmp_path: Path) -> Path:
    """What is agreed with a bank that also keeps the account of the budget, from which rewards are paid."""
    make_customer(tmp_path / "bank.json", funds=(ledger.RESIDENTS, ledger.BUDGET), refuses_after_seconds=None)
    return tmp_path / "bank.json"


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
async def test_from_a_photograph_to_a_paid_reward(
    desk: Desk, page_address: str, bank_world: BankWorld, tmp_path: Path, *, scripts: bool
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
    await pay(desk, bank_world, case.id, reward)


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


async def find_true_and_reward(desk: Desk) -> object:
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
    await desk.do(tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK)
    return reward


async def fill_the_budget() -> None:
    """Let the treasury give the agency what rewards are paid from."""
    given = uuid4()
    await run(
        lambda work: ledger.post(
            work,
            fund=ledger.BUDGET,
            key=f"transfer:{given}",
            reason="TRANSFER",
            day=NOW.date(),
            about=ledger.About("transfer", given),
            postings=[
                ledger.debit(ledger.EXPENDITURE_DEPOSITS, Money.yuan(100_000)),
                ledger.credit("4001", Money.yuan(100_000)),
            ],
            summary="财政拨款",
        ),
        actor=SYSTEM,
    )


async def pay(desk: Desk, world: BankWorld, case_id: object, reward: object) -> None:
    """Open the account as two, and pay out of the budget through the bank."""
    told = await opened_by_two(desk, case_id, RecordKind.PAYEE)  # type: ignore[arg-type] # an id
    await fill_the_budget()
    payee = payouts.Payee(name=told["name"], account=told["account"], bank_code=told["bank_code"])
    payout = await desk.do(tipoffs.pay_reward, actor=desk.head, reward_id=reward, payee=payee)
    made = await run(
        lambda work: payouts.make_batch(work, fund=ledger.BUDGET, channel=BatchChannel.DIRECT, at_most=9),
        actor=a_preparer(),
    )
    await queue(await decide(await the_batch(made)))
    await world.send(payout)
    assert await state_of(payout) == PayoutState.CONFIRMED.value
    (row,) = await store.rows("SELECT number FROM payout WHERE id = $1", payout)
    (movement, *_) = await world.at_bank(row["number"])
    assert "举报" not in str(movement)
