"""What one sees at the sandbox's address: who this is, and what to send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from string import Template
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_PAGE: Final = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>微信沙箱 · WeChat sandbox</title>
<style>body{font:18px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
pre{background:#eef2f6;padding:1rem;overflow:auto}p span{display:block;color:#4a5867;font-size:.85em}</style></head>
<body><h1>微信沙箱</h1>
<p>这里没有真的微信用户，也没有真的实名信息。<span lang="en">No WeChat user and nobody's name is here.</span></p>
<p>手机上的 wx.login：取一个五分钟内只能用一次的 code。
<span lang="en">What wx.login does on a phone.</span></p>
<pre>curl -s $address/sandbox/log-in -d '{"user": "xiaozhou"}'</pre>
<p>医保电子凭证页面：刷脸之后取一次性凭据。
<span lang="en">What the 医保电子凭证 page gives after a face check.</span></p>
<pre>curl -s $address/sandbox/tickets -d '{"name": "…", "document_number": "…", "method": "FACE"}'</pre>
<p>让平台出点差错。<span lang="en">Let the platform misbehave.</span></p>
<pre>curl -s $address/sandbox/behaviour -d '{"errcode": 45011, "times": 1}'
curl -s -X DELETE $address/sandbox/behaviour</pre>
</body></html>
""")


def show_page(base_url: str) -> Callable[[Request], Awaitable[Response]]:
    """Make the page for an address."""

    async def show(_: Request) -> Response:
        return HTMLResponse(_PAGE.substitute(address=escape(base_url)), headers=_HEADERS)

    return show
