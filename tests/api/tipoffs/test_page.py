"""The public page of reports: everything over HTTP as a browser without scripts sends it."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest

from api.tipoffs import incoming, pages
from domain import approvals, store, tipoffs
from domain.informants import RecordKind
from domain.tipoffs import EnvelopeKind
from tests.api.tipoffs.visitor import PATH, Page, Visitor
from tests.builders import KEYS
from tests.domain.tipoffs.people import BOOK, Desk
from tests.domain.tipoffs.test_rewards import PAYEE, approve, opened_by_two, propose
from tests.made_files import CANARIES, a_jpeg, a_pdf


async def kept() -> tuple[int, int, int]:
    (row,) = await store.rows(
        "SELECT (SELECT count(*) FROM tipoff) AS cases, (SELECT count(*) FROM tipoff_envelope) AS envelopes,"
        " (SELECT count(*) FROM informants.record) AS records"
    )
    return row["cases"], row["envelopes"], row["records"]


def objects(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


async def opened(desk: Desk, kind: EnvelopeKind) -> list[bytes]:
    """Open the files of the newest case as an investigator does at home."""
    case = await desk.case()
    found: list[bytes] = []
    for envelope in await tipoffs.list_envelopes(desk.first, tipoff_id=case.id):
        if envelope.kind is kind:
            assert envelope.object_name is not None
            content = b"".join([piece async for piece in desk.shelf.read(envelope.object_name)])
            key = tipoffs.unwrap(envelope.wrapped, desk.private[envelope.recipient], envelope.place)
            found.append(tipoffs.open_sealed(content, key, envelope.place))
    return found


async def test_a_report_with_a_photograph_reaches_investigators_without_its_place(desk: Desk, visitor: Visitor) -> None:
    photograph = a_jpeg()
    page = await visitor.report([("IMG_0042.jpg", photograph)], what="住院部\n“挂床” <b>&", insider="yes")

    case = await desk.case()
    (told,) = await desk.texts(desk.first, case.id, EnvelopeKind.REPORT)
    assert (told["what"], told["who"], told["insider"]) == ("住院部\n“挂床” <b>&", "某康复医院", True)
    (clean,) = await opened(desk, EnvelopeKind.EVIDENCE_CLEAN)
    (original,) = await opened(desk, EnvelopeKind.EVIDENCE_ORIGINAL)
    assert original.endswith(photograph)
    assert b"IMG_0042.jpg" in clean
    assert not [canary for canary in CANARIES if canary.encode() in clean]
    assert (await visitor.look(page.receipt.lower().replace("-", " "))).says("已收到，正在决定是否受理")


async def test_the_talk_goes_on_with_the_receipt_until_the_reward(desk: Desk, visitor: Visitor) -> None:
    case, receipt = await desk.found_true()
    reward = await propose(desk, case.id)
    page = await visitor.look(receipt)
    assert page.says("已查实")
    assert page.says("您举报的情况已查实")
    nothing = await visitor.press("claim", account_form(page))
    assert nothing.says("目前没有可领取的奖励")

    await approve(desk, approvals.ApprovalKind.TIPOFF_REWARD, reward)
    await desk.do(tipoffs.announce_reward, tipoff_id=case.id, reward_id=reward, book=BOOK, second=desk.store)
    page = await visitor.look(receipt)
    assert page.says("奖励金额 7600.00 元")
    wrong = await visitor.press("claim", account_form(page) | {"account": "12"})
    assert 'name="account" type="text" inputmode="numeric" value="12"' in wrong.html, "Nobody types it twice."
    assert 'aria-invalid="true"' in wrong.html
    assert (await visitor.press("claim", account_form(page))).says("收款账户已收到")
    told = await opened_by_two(desk, case.id, RecordKind.PAYEE)
    assert told == told | {"reward": str(reward), "name": PAYEE.name, "account": PAYEE.account}


def account_form(page: Page) -> dict[str, str]:
    return {
        "receipt": page.hidden("receipt"),
        "token": page.hidden("token"),
        "holder": PAYEE.name,
        "account": f"{PAYEE.account[:4]} {PAYEE.account[4:]}",
        "bank_code": PAYEE.bank_code,
    }


async def test_a_question_is_answered_with_more_evidence_and_a_refusal_is_appealed(
    desk: Desk, visitor: Visitor
) -> None:
    receipt = (await visitor.report()).receipt
    case = await desk.case()
    await desk.do(tipoffs.write, tipoff_id=case.id, text="是哪几个病区？<script>", to_informant=True)
    page = await visitor.look(receipt)
    assert page.says("是哪几个病区？<script>")
    assert "<script" not in page.html

    form = {"receipt": page.hidden("receipt"), "token": page.hidden("token")}
    page = await visitor.press("reply", form | {"text": "二病区"}, [("值班表.pdf", a_pdf())])
    assert page.says("已发送，内容已加密")
    assert await desk.texts(desk.second, case.id, EnvelopeKind.FROM_INFORMANT) == [{"text": "二病区"}]
    assert len(await opened(desk, EnvelopeKind.EVIDENCE_CLEAN)) == 1
    assert (await visitor.press("appeal", form | {"text": "请复核"})).says("目前不能申请复核")

    await desk.do(
        tipoffs.decide_intake, tipoff_id=case.id, expected_version=2, accept=False, letter="不属于", book=BOOK
    )
    assert (await visitor.look(receipt)).says("申请复核")
    assert (await visitor.press("appeal", form | {"text": "请复核"})).says("已申请复核")
    assert (await desk.case()).state is tipoffs.TipoffState.APPEALED


async def test_whatever_is_missing_is_said_at_its_field_and_nothing_is_lost(desk: Desk, visitor: Visitor) -> None:
    page = await visitor.report(what=" ", who='"><i>某院', name="周", phone="不是电话", how_known="亲眼所见")

    assert page.says("还没有提交成功")
    assert page.html.count('<p class="fault">') == 2
    assert re.search(r'value="&quot;&gt;&lt;i&gt;某院"', page.html)
    assert page.says("亲眼所见")
    assert await kept() == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("笔记.txt", b"words of a note" * 9, "JPEG"),
        ("合同.pdf", b"%PDF-1.7 damaged", "请重新打印为 PDF"),
        ("加密.pdf", "locked", "请取消密码保护"),
        ("空.jpg", b"", "请打开文件核对"),
    ],
)
async def test_what_cannot_be_cleaned_is_refused_with_advice_and_nothing_is_kept(
    desk: Desk, visitor: Visitor, tmp_path: Path, *, name: str, content: bytes | str, advice: str
) -> None:
    body = a_pdf(password="secret") if isinstance(content, str) else content
    page = await visitor.report([("好.jpg", a_jpeg(told=False)), (name, body)], what="文字还在")

    assert page.says(name)
    assert page.says(advice)
    assert page.says("所有文件都没有收下")
    assert page.says("文字还在")
    assert await kept() == (0, 0, 0)
    assert objects(tmp_path) == []


async def test_too_many_and_too_large_files_are_refused_and_the_words_stay(
    desk: Desk, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await visitor.report([(f"{number}.jpg", b"x") for number in range(incoming.FILES_MAX + 1)])
    assert page.says("一次最多 6 个文件")
    monkeypatch.setattr(incoming, "FILE_BYTES_MAX", 1000)
    page = await visitor.report([("大.jpg", bytes(5000))], what="文字还在")
    assert page.says("大.jpg")
    assert page.says("文字还在")
    assert await kept() == (0, 0, 0)


async def test_the_form_sent_twice_is_one_report_and_another_under_it_is_a_new_one(
    desk: Desk, visitor: Visitor
) -> None:
    token = await visitor.form_token()
    form = {"token": token, "who": "某院", "what": "挂床"}

    first = await visitor.press("report", form)
    again = await visitor.press("report", form)
    assert first.receipt == again.receipt
    other = await visitor.press("report", form | {"what": "另一件"})
    assert other.says("之前那件举报已经收到")
    assert other.hidden("token") != token
    assert (await visitor.press("report", form | {"what": "另一件", "token": other.hidden("token")})).receipt
    assert (await kept())[0] == 2


async def test_a_form_that_is_not_ours_or_too_old_gives_the_words_back(desk: Desk, visitor: Visitor) -> None:
    for token in ("", "x", "A" * 48, "é"):
        page = await visitor.report(token=token, what="文字还在")
        assert page.says("页面打开太久")
        assert page.says("文字还在")
    assert await kept() == (0, 0, 0)


async def test_another_site_sends_no_form_in_a_readers_name(desk: Desk, visitor: Visitor) -> None:
    form = {"token": await visitor.form_token(), "who": "某院", "what": "挂床"}
    page = await visitor.press("report", form, headers={"Sec-Fetch-Site": "cross-site"})

    assert page.answer.status_code == 405
    assert await kept() == (0, 0, 0)


async def test_every_page_is_closed_equally_long_and_asks_for_nothing_more(desk: Desk, visitor: Visitor) -> None:
    long = '”"' * 1000
    receipt = (await visitor.report(what=long)).receipt
    case = await desk.case()
    for _ in range(10):
        await desk.do(tipoffs.write, tipoff_id=case.id, text=long, to_informant=True)
    mailbox = await visitor.look(receipt)
    everything = [
        await visitor.open(),
        await visitor.press("whom"),
        await visitor.press("find", {"who": "医院"}),
        await visitor.press("begin"),
        await visitor.report(),
        await visitor.report(what=long * 2, who=long * 2, when=long * 2, how_known=long * 2),
        await visitor.press("return"),
        mailbox,
        await visitor.press("reply", {"receipt": receipt, "token": mailbox.hidden("token"), "text": long * 2}),
        await visitor.look("什么"),
        await visitor.press("nonsense"),
        Page(await visitor.http.post(PATH, content=b"x")),
        Page(await visitor.http.delete(PATH)),
    ]

    assert {len(page.answer.content) for page in everything} == {pages.PAGE_BYTES}
    assert len({tuple(sorted(page.answer.headers)) for page in everything[:-2]}) == 1
    for page in everything:
        headers = page.answer.headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store, no-transform")
        assert not {"set-cookie", "x-request-id", "content-encoding", "etag"} & set(headers)
        assert not re.findall(r"<script|<img|<iframe|https?://|@import|url\(| on\w+=", page.html)
        assert set(re.findall(r'(?:href|src|action)="([^"]*)"', page.html)) <= {PATH, "data:,"}
        assert "style=" not in page.html


async def test_receipts_that_open_nothing_are_answered_in_the_same_words(desk: Desk, visitor: Visitor) -> None:
    closed = (await visitor.report()).receipt
    case = await desk.case()
    await desk.do(tipoffs.decide_intake, tipoff_id=case.id, expected_version=1, accept=False, letter="不", book=BOOK)
    await desk.do(tipoffs.close, tipoff_id=case.id, expected_version=2, book=BOOK)
    unknown = tipoffs.receipt_for(uuid4(), KEYS)

    answers = [(await visitor.look(code)).html.replace(code, "CODE") for code in (closed, unknown)]
    assert answers[0] == answers[1]
    assert "没有可以查看的举报" in answers[0]


async def test_the_register_is_searched_without_telling_the_database(desk: Desk, visitor: Visitor) -> None:
    await store.rows(
        "INSERT INTO oauth_client (id, client_id, name_zh, name_en, redirect_uris, scopes, grant_types,"
        " authentication, profile, public_keys, created_at)"
        " SELECT gen_random_uuid(), 'h' || n, '海州第' || n || '人民医院', 'H', '{}', '{x}', '{client_credentials}',"
        " 'private_key_jwt', 'FAPI2', '{}', now()"
        " FROM generate_series(1, 3) AS n RETURNING id"
    )
    page = await visitor.press("find", {"who": "第 2 人民"})
    assert 'value="海州第2人民医院"' in page.html
    assert not page.says("第3人民")
    assert 'value="海州第2人民医院"' in (await visitor.press("begin", {"chosen": "海州第2人民医院", "who": "第"})).html
    assert (await visitor.press("find", {"who": "没有的"})).says("没有查到")
