"""What one sees at the sandbox's address: the phones of everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from string import Template
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.sms.platform import Platform

_SHOWN: Final = 20
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_PAGE: Final = Template("""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>短信沙箱 · SMS sandbox</title>
<style>body{font:18px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
pre{background:#eef2f6;padding:1rem;overflow:auto}p span{display:block;color:#4a5867;font-size:.85em}</style></head>
<body><h1>短信沙箱</h1>
<p>这里不发送任何短信，只显示本来会发出的内容，最新的在前。
<span lang="en">Nothing is sent; this is what would have gone out, the newest first.</span></p>
<ul>$messages</ul>
<p>让平台出点差错。<span lang="en">Let the platform misbehave.</span></p>
<pre>curl -s $address/sandbox/behaviour -d '{"code": "isv.BUSINESS_LIMIT_CONTROL", "times": 1}'
curl -s -X DELETE $address/sandbox/behaviour</pre>
</body></html>
""")


def show_page(platform: Platform, base_url: str) -> Callable[[Request], Awaitable[Response]]:
    """Make the page for an address."""

    async def show(_: Request) -> Response:
        newest = platform.messages[: -_SHOWN - 1 : -1]
        told = "\n".join(f"<li>{escape(message.phone)}: {escape(message.text)}</li>" for message in newest)
        return HTMLResponse(_PAGE.substitute(address=escape(base_url), messages=told), headers=_HEADERS)

    return show
