"""A client by the FAPI 2.0 profile whose every step the tests can get wrong."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey, Key

from tests.conformance.fapi.subjects import Registered, Subject

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ANY: Final = jws.JWSRegistry(algorithms=["ES256", "PS256", "RS256", "Ed25519", "none"], strict_check_header=False)


@dataclass
class Refused:
    """What came back instead of tokens or a code."""

    status: int
    error: str


@dataclass
class Party:
    """A client, the person who uses it, and what they are in the middle of."""

    subject: Subject
    client: Registered
    browser: httpx2.Client
    proof_key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def now(self) -> int:
        return int(time.time() + self.subject.ahead)

    def endpoint(self, name: str) -> str:
        return str(self.subject.metadata[f"{name}_endpoint"])

    # What is signed.

    def assertion(self, *, key: Key | None = None, alg: str = "ES256", **changes: object) -> str:
        claims = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.subject.issuer,
            "iat": self.now,
            "exp": self.now + 60,
            "jti": secrets.token_urlsafe(16),
        }
        return signed({"alg": alg, "kid": self.client.key.kid}, claims | changes, key or self.client.key)

    def proof(
        self,
        address: str,
        *,
        method: str = "POST",
        token: str | None = None,
        key: Key | None = None,
        header: dict[str, object] | None = None,
        **changes: object,
    ) -> str:
        key = key or self.proof_key
        claims: dict[str, object] = {"htm": method, "htu": address, "iat": self.now, "jti": secrets.token_urlsafe(16)}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
        if token is not None:
            claims["ath"] = s256(token)
        return signed(head | (header or {}), claims | changes, key)

    # The steps.

    def parameters(self, **changes: str | None) -> dict[str, str]:
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": self.subject.scope,
            "state": "a-state-of-the-client",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def push(
        self, *, assertion: str | None = None, headers: dict[str, str] | None = None, **changes: str | None
    ) -> httpx2.Response:
        form = self.parameters(**changes) | self.authentication(assertion)
        return self.subject.http.post(self.endpoint("pushed_authorization_request"), data=form, headers=headers)

    def authentication(self, assertion: str | None = None) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion()}

    def pushed(self, **changes: Any) -> str:
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    def visit(self, request_uri: str, *, client_id: str | None = None, **beside: str) -> httpx2.Response:
        """Open the address to which the client sends the browser."""
        asked = {"client_id": client_id or self.client.client_id, "request_uri": request_uri, **beside}
        return self.browser.get(f"{self.endpoint('authorization')}?{urlencode(asked)}")

    def authorize(self, request_uri: str, *, consent: bool = True, **beside: str) -> dict[str, str] | Refused:
        """Go through the pages; give what comes back to the client, or the page that stopped it."""
        return self.answer(self.visit(request_uri, **beside), consent=consent)

    def answer(self, page: httpx2.Response, *, consent: bool = True) -> dict[str, str] | Refused:
        end = self.subject.answer_pages(page, self.browser, consent=consent)
        location = end.headers.get("location", "")
        if not location.startswith(self.client.redirect_uri):
            return Refused(end.status_code, error_in(end))
        parts = urlsplit(location)
        assert not parts.fragment
        return {name: value for name, (value,) in parse_qs(parts.query).items()}

    def code(self, **changes: Any) -> str:
        answer = self.authorize(self.pushed(**changes))
        assert isinstance(answer, dict), answer
        assert answer["iss"] == self.subject.issuer
        return answer["code"]

    def ask_token(
        self, *, assertion: str | None = None, headers: dict[str, str] | None = None, **form: str | None
    ) -> httpx2.Response:
        """Ask at the token endpoint; without other headers, with a proof."""
        address = self.endpoint("token")
        given = {name: value for name, value in form.items() if value is not None}
        proved = {"DPoP": self.proof(address)} if headers is None else headers
        return self.subject.http.post(address, data=given | self.authentication(assertion), headers=proved)

    def redeem(self, code: str, **changes: Any) -> httpx2.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.ask_token(**(form | changes))

    def refresh(self, token: str, **changes: Any) -> httpx2.Response:
        return self.ask_token(**({"grant_type": "refresh_token", "refresh_token": token} | changes))

    def tokens(self, **changes: Any) -> dict[str, Any]:
        answer = self.redeem(self.code(**changes))
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return dict(answer.json())

    # The resource.

    @property
    def resource(self) -> str:
        return self.subject.issuer + self.subject.resource_path

    def resource_proof(self, token: str, **changes: Any) -> str:
        return self.proof(
            changes.pop("htu", self.resource), method=self.subject.resource_method, token=token, **changes
        )

    def call(
        self,
        token: str,
        *proofs: str,
        scheme: str = "DPoP",
        header: str = "DPoP",
        query: str = "",
    ) -> httpx2.Response:
        """Call the resource with these proofs; with a good one of our own when none is given."""
        headers = [("Authorization", f"{scheme} {token}")]
        headers += [(header, proof) for proof in proofs or (self.resource_proof(token),)]
        return self.call_with(headers, query=query)

    def call_with(self, headers: list[tuple[str, str]], *, query: str = "") -> httpx2.Response:
        return self.subject.http.request(
            self.subject.resource_method, self.resource + query, headers=headers, json=self.subject.resource_body
        )


def served(answer: httpx2.Response) -> bool:
    """Say whether the resource was given, and not only politely refused."""
    return answer.status_code == 200 and "errors" not in answer.json()


def refused(answer: httpx2.Response) -> bool:
    return answer.status_code in {400, 401}


def error_of(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    return str(answer.json().get("error"))


def error_in(page: httpx2.Response) -> str:
    """Find the error on a page, or in a body."""
    known = ("invalid_request_uri", "invalid_request", "invalid_client", "unauthorized_client", "access_denied")
    return next((error for error in known if error in page.text), "page")


def s256(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """Sign whatever the tests make up; a claim or member that is None is left out."""
    head = {name: value for name, value in header.items() if value is not None}
    body = {name: value for name, value in claims.items() if value is not None}
    return jws.serialize_compact(head, json.dumps(body), key, registry=ANY)


def encoded(part: object) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
