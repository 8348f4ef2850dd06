"""How the house is put into the world: its image, its compose file, the proxy before it, its server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2
import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cli.serve import serve_api
from domain.settings import Settings

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "guides" / "proxy.md").read_text("utf-8")


def served_with(settings: Settings) -> dict[str, Any]:
    with patch.object(uvicorn, "run") as run:
        serve_api(settings, processes=1)
    return dict(run.call_args.kwargs)


def test_the_image_holds_no_history_and_no_tests() -> None:
    sent = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = re.findall(r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = {word for line in copied for word in line.split()[:-1]}

    assert sent[sent.index("*")] == "*"
    assert not names & {".", ".git", "tests", "benchmarks", "docs"}
    assert not {line for line in sent if line.startswith("!") and line[1:] in {".git", "tests", "benchmarks"}}


def test_containers_have_no_rights_that_they_do_not_need() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    for name in ("api", "worker", "prepare"):
        assert services[name]["read_only"] is True, name
        assert services[name]["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in services[name]["security_opt"], name
    # Nothing but the API is reached from outside of the network, and that from this machine only.
    assert {name for name, service in services.items() if "ports" in service} == {"api"}
    assert all(port.startswith("127.0.0.1:") for port in services["api"]["ports"])


def test_the_proxy_of_the_guide_speaks_tls_of_today_only() -> None:
    (protocols,) = re.findall(r"ssl_protocols ([^;]+);", GUIDE)
    (ciphers,) = re.findall(r"ssl_ciphers ([^;]+);", GUIDE)

    assert protocols.split() == ["TLSv1.3", "TLSv1.2"]
    # Forward secrecy and authenticated encryption, each of them.
    assert all(re.fullmatch(r"ECDHE-.*(GCM-SHA\d+|POLY1305)", cipher) for cipher in ciphers.split(":"))
    assert "ssl_prefer_server_ciphers on;" in GUIDE


def test_the_proxy_of_the_guide_leads_browsers_to_https_and_nobody_else() -> None:
    plain = GUIDE.split("listen 80;")[1].split("```")[0]

    assert re.findall(r"location (.+) \{ return (\d+)", plain) == [
        ("~ ^/oauth/(authorize|log-out|sessions)$", "301"),
        ("/", "403"),
    ]


def test_the_proxy_of_the_guide_writes_the_callers_address_anew_and_keeps_nothing() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in GUIDE
    assert "$proxy_add_x_forwarded_for" not in GUIDE
    assert "proxy_cache off;" in GUIDE
    assert "location = /readyz { return 404; }" in GUIDE


@pytest.mark.parametrize(
    ("proxies", "comes_from", "seen"),
    [
        ("127.0.0.1", "127.0.0.1", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("172.18.0.0/16", "172.18.0.1", "198.51.100.7"),
        ("172.18.0.0/16", "127.0.0.1", "127.0.0.1"),
    ],
)
async def test_only_the_proxys_word_about_an_address_counts(proxies: str, comes_from: str, seen: str) -> None:
    async def who(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(request.client.host if request.client else None))

    trusted = served_with(Settings(proxies=proxies))["forwarded_allow_ips"]
    inner: Any = Starlette(routes=[Route("/", who)])
    app: Any = ProxyHeadersMiddleware(inner, trusted_hosts=trusted)
    transport = httpx2.ASGITransport(app=app, client=(comes_from, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://house") as caller:
        answer = await caller.get("/", headers={"X-Forwarded-For": "198.51.100.7"})

    assert answer.text == seen


def test_the_server_names_neither_itself_nor_its_callers() -> None:
    options = served_with(Settings())

    assert options["server_header"] is False
    assert options["access_log"] is False
    assert not options.get("reload")


def test_every_setting_of_an_outside_address_stands_in_the_guide() -> None:
    outside = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}
    for name in Settings.model_fields:
        if name.endswith("_url") or name in {"files", "scanner", "wechatpay_merchant", "proxies"}:
            assert outside.get(name, f"YIBAO_{name.upper()}") in GUIDE, name
