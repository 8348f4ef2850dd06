"""The two servers that the same tests run against: a certified peer, which judges the tests, and ours."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import urljoin

import httpx2
import pytest
from joserfc.jwk import ECKey, Key, RSAKey

from tests.conformance.fapi.served import LOGIN, PASSWORD

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
ISSUER: Final = "https://authority.example.org"
RETURN: Final = "https://relying.example.org/back"
HIDDEN: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass(frozen=True)
class Registered:
    """A client as it is registered, and the private key that only it has."""

    client_id: str
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True))
    is_machine: bool = False

    @property
    def redirect_uri(self) -> str:
        return f"{RETURN}/{self.client_id}"

    def as_registered(self) -> dict[str, object]:
        return {
            "client_id": self.client_id,
            "grant_types": ["client_credentials"] if self.is_machine else ["authorization_code", "refresh_token"],
            "redirect_uris": [] if self.is_machine else [self.redirect_uri],
            "jwks": {"keys": [self.key.as_dict(private=False)]},
        }


class Road(httpx2.HTTPTransport):
    """Leads every address to a server of this machine, as the proxy of a city does that speaks https for it."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        here = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        headers = request.headers | {"X-Forwarded-Proto": request.url.scheme}
        moved = httpx2.Request(request.method, here, headers=headers, stream=request.stream)
        moved.extensions = request.extensions
        return super().handle_request(moved)


@dataclass
class Subject:
    """A server under test, and a person in front of a browser who knows its pages."""

    name: str
    port: int
    clients: tuple[Registered, ...]
    metadata_path: str
    scope: str
    resource_method: str
    resource_path: str
    resource_body: Mapping[str, object] | None
    issuer: str = ISSUER
    ahead: float = 0.0
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = self.browser()
        self.metadata = self.http.get(self.issuer + self.metadata_path).json()

    def let_pass(self, seconds: float) -> None:
        """Put the server's clock, and with it ours, forward."""
        self.http.get(f"{self.issuer}/clock?ahead={seconds}")
        self.ahead += seconds

    def browser(self) -> httpx2.Client:
        return httpx2.Client(trust_env=False, timeout=30, transport=Road(self.port))

    def answer_pages(self, page: httpx2.Response, browser: httpx2.Client, *, consent: bool) -> httpx2.Response:
        raise NotImplementedError


class Peer(Subject):
    """oidc-provider with its own pages for development."""

    def answer_pages(self, page: httpx2.Response, browser: httpx2.Client, *, consent: bool) -> httpx2.Response:
        for _ in range(12):
            if page.is_redirect:
                target = urljoin(str(page.url), page.headers["location"])
                if not target.startswith(self.issuer):
                    return page
                page = browser.get(target)
            elif "/interaction/" in str(page.url) and page.status_code == 200:
                hidden = dict(HIDDEN.findall(page.text.replace("/>", ">")))
                if not consent:
                    page = browser.get(f"{page.url}/abort")
                elif hidden["prompt"] == "login":
                    page = browser.post(str(page.url), data=hidden | {"login": LOGIN, "password": PASSWORD})
                else:
                    page = browser.post(str(page.url), data=hidden)
            else:
                return page
        raise AssertionError("The pages of the peer lead nowhere.")


class Ours(Subject):
    """Our log-in page and our consent page."""

    def answer_pages(self, page: httpx2.Response, browser: httpx2.Client, *, consent: bool) -> httpx2.Response:
        if page.status_code == 200 and 'name="password"' in page.text:
            answer = self._send(page, browser, step="log-in", login=LOGIN, password=PASSWORD)
            page = browser.get(urljoin(str(page.url), answer.headers["location"]))
            answer = self._send(page, browser, step="code", code=self.http.get(f"{self.issuer}/code").text)
            page = browser.get(urljoin(str(page.url), answer.headers["location"]))
        if page.status_code != 200:
            return page
        return self._send(page, browser, step="allow" if consent else "deny")

    def _send(self, page: httpx2.Response, browser: httpx2.Client, **fields: str) -> httpx2.Response:
        return browser.post(str(page.url), data=dict(HIDDEN.findall(page.text)) | fields)


def the_clients() -> tuple[Registered, ...]:
    """Make two clients like any others, one whose key could also sign by too weak an algorithm, and a machine."""
    rsa = RSAKey.generate_key(3072, {"use": "sig"}, auto_kid=True)
    return (
        Registered("first"),
        Registered("second"),
        Registered("third", key=rsa),
        Registered("fourth", is_machine=True),
    )


def installed() -> Path:
    """Install the Node packages, once, and give their folder; skip where there is no Node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the peer and the strict client are Node packages, and neither node nor npm is installed here")
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes, the installation in one
        if not (HERE / "node_modules" / "oidc-provider").is_dir():
            subprocess.run([npm, "ci", "--ignore-scripts"], cwd=HERE, check=True, capture_output=True, timeout=100)
    return HERE


@contextmanager
def running_peer() -> Generator[Subject]:
    """Start oidc-provider on a free port; stop it at the end."""
    folder = installed()
    clients = the_clients()
    given = json.dumps([client.as_registered() for client in clients])
    own = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    command = ["node", str(folder / "provider.mjs"), ISSUER, given, json.dumps(own.as_dict(private=True))]
    with _running(command, environment={}, given="") as port:
        yield Peer(
            name="peer",
            port=port,
            clients=clients,
            metadata_path="/.well-known/openid-configuration",
            scope="openid email",
            resource_method="GET",
            resource_path="/me",
            resource_body=None,
        )


@contextmanager
def running_ours(database_url: str, redis_url: str, folder: Path, *, issuer: str = ISSUER) -> Generator[Subject]:
    """Start our server on a free port; stop it at the end. Without an issuer it is its own address."""
    clients = the_clients()
    command = [sys.executable, "-m", "tests.conformance.fapi.served", str(folder), *([issuer] if issuer else [])]
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "YIBAO_POOL": "30"}
    given = json.dumps([client.as_registered() for client in clients])
    with _running(command, environment=environment, given=given) as port:
        yield Ours(
            name="ours",
            port=port,
            issuer=issuer or f"http://127.0.0.1:{port}",
            clients=clients,
            metadata_path="/.well-known/oauth-authorization-server",
            scope="bill:pay self:read",
            resource_method="POST",
            resource_path="/graphql",
            resource_body={"operationName": "Viewer"},
        )


@contextmanager
def _running(command: list[str], *, environment: Mapping[str, str], given: str) -> Generator[int]:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,  # noqa: TID251 - the tests' own border
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{given}\n")
            process.stdin.close()
            line = process.stdout.readline()
            assert line, f"{command[0]} ended before it said where it listens."
            # What it logs from now on is read and thrown away: nobody who logs may wait for a full pipe.
            Thread(target=deque, args=(process.stdout, 0), daemon=True).start()
            yield int(json.loads(line)["port"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
