"""The page on which a person pays: what the payer's WeChat shows in the real world."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from string import Template
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.wechatpay import clock
from sandbox.wechatpay.behaviour import PRESETS
from sandbox.wechatpay.control import Control
from sandbox.wechatpay.errors import ApiError
from sandbox.wechatpay.records import Order

PATH: Final = "/cgi-bin/mmpayweb-bin/checkmweb"
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Page:
    """The pay page, opened by the `h5_url` of an order."""

    control: Control

    def routes(self) -> list[Route]:
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.decide, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return _message("找不到这笔订单", "请回到缴费页面重新发起支付。", status=404)
        if order.state != "NOTPAY":
            return _message(
                {"CLOSED": "订单已关闭"}.get(order.state, "订单已支付"), "无需再次支付。", back=_back(request)
            )
        if clock.seconds() > min(order.page_shown_until, order.expires_at):
            return _message("支付链接已过期", "链接 5 分钟内有效，请回到缴费页面重新发起支付。", back=_back(request))
        options = "".join(f'<option value="{key}">{escape(text)}</option>' for key, (text, _) in PRESETS.items())
        payee = escape(self.control.post.trade.platform.name)
        body = _FORM.substitute(
            action=escape(f"{PATH}?{urlencode(request.query_params.multi_items())}"),
            amount=f"{order.total // 100}.{order.total % 100:02d}",
            payee=payee,
            description=escape(order.description),
            number=escape(order.out_trade_no),
            options=options,
        )
        return _page("确认支付", body)

    async def decide(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return _message("找不到这笔订单", "请回到缴费页面重新发起支付。", status=404)
        form = await request.form()
        back = _back(request)
        if form.get("decision") != "pay":
            return RedirectResponse(back, 303) if back else _message("已取消", "订单仍未支付。")
        preset = PRESETS.get(str(form.get("preset", "")))
        if preset is not None and form.get("preset") != "right":
            self.control.post.trade.store.keep_behaviour(preset[1], out_trade_no=order.out_trade_no)
        try:
            self.control.pay_order(order.out_trade_no)
        except ApiError as error:
            return _message("支付失败", error.message, status=error.status, back=back)
        return RedirectResponse(back, 303) if back else _message("支付成功（沙箱）", "没有真实资金转移，可以关闭本页。")

    def _order(self, request: Request) -> Order | None:
        asked = (request.query_params.get("prepay_id", ""), request.query_params.get("package", ""))
        orders = self.control.post.trade.store.orders.values()
        return next((order for order in orders if (order.prepay_id, order.package) == asked), None)


def _back(request: Request) -> str:
    """Give the merchant's address to return to; only the web's schemes lead anywhere."""
    address = request.query_params.get("redirect_url", "")
    return address if urlsplit(address).scheme in {"http", "https"} else ""


def _message(title: str, sentence: str, *, status: int = 200, back: str = "") -> Response:
    link = f'<a class="button plain" href="{escape(back)}">返回缴费页面</a>' if back else ""
    body = f'<h1>{escape(title)}</h1><p class="sentence">{escape(sentence)}</p>{link}'
    return _page(title, body, status=status)


def _page(title: str, body: str, *, status: int = 200) -> Response:
    return HTMLResponse(_FRAME.substitute(title=escape(title), body=body), status, headers=_HEADERS)


_FORM: Final = Template("""\
<form method="post" action="$action">
<p class="payee">付款给 $payee</p>
<p class="amount"><span>¥</span>$amount</p>
<dl><dt>商品</dt><dd>$description</dd><dt>商户订单号</dt><dd class="number">$number</dd></dl>
<details><summary>让平台出点差错（测试用）</summary>
<label for="preset">支付之后，平台</label><select id="preset" name="preset">$options</select></details>
<button class="button" name="decision" value="pay">确认支付</button>
<button class="button plain" name="decision" value="cancel">取消</button>
</form>""")

_FRAME: Final = Template("""\
<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title · 微信支付沙箱</title>
<style>
:root { color-scheme: light; font: 18px/1.6 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; color: #1a1a1a; }
body { margin: 0; background: #ededed; }
.banner { background: #7a3b00; color: #fff; text-align: center; padding: .5rem 1rem; font-weight: 600; }
main { max-width: 26rem; margin: 1.5rem auto; padding: 1.5rem; background: #fff; border-radius: .75rem; }
h1 { font-size: 1.4rem; text-align: center; margin: .5rem 0; }
.payee, .sentence { text-align: center; margin: .5rem 0 0; }
.amount { text-align: center; font-size: 2.6rem; font-weight: 600; margin: 0 0 1rem; }
.amount span { font-size: 1.4rem; margin-right: .2rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; border-top: 1px solid #ddd; padding-top: 1rem; }
dt { color: #595959; } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.number { font-size: .85rem; }
details { margin: 1rem 0; color: #595959; font-size: .9rem; } summary { cursor: pointer; padding: .4rem 0; }
select { width: 100%; font: inherit; padding: .5rem; margin-top: .3rem; }
.button { display: block; box-sizing: border-box; width: 100%; min-height: 3rem; margin-top: .8rem; padding: .6rem;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  border: 1px solid #06713a; border-radius: .5rem; background: #06713a; color: #fff; }
.plain { background: #fff; color: #06713a; }
.button:focus-visible, summary:focus-visible, select:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
</style></head>
<body><div class="banner" role="note">沙箱：不会转移任何真实资金</div>
<main>$body</main></body></html>""")
