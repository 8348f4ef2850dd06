"""The two cookies of a browser: who is logged in in it, and a secret by which our forms know that they are ours."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from domain.crypto import Keyring, Purpose


@dataclass(frozen=True, slots=True)
class Cookies:
    """How cookies are named and kept: `__Host-` and secure, but for plain http, which only loopback is served by."""

    origin: str
    keys: Keyring

    @property
    def is_secure(self) -> bool:
        """Say whether the address of this house is https."""
        return self.origin.startswith("https://")

    def session_of(self, request: Request) -> str | None:
        """Read the secret of the log-in session."""
        return request.cookies.get(self._name("session"))

    def keep_session(self, response: Response, secret: str) -> None:
        """Log the browser in."""
        self._set(response, "session", secret)

    def forget_session(self, response: Response) -> None:
        """Log the browser out."""
        response.delete_cookie(self._name("session"), path="/", secure=self.is_secure, httponly=True, samesite="lax")

    def clear_browser(self, response: Response) -> None:
        """Log the browser out and let it forget all that it kept of this house.

        Cookies go by their names: the directive "cookies" would reach every host below the same registered domain,
        and there live other authorities.
        """
        self.forget_session(response)
        response.delete_cookie(self._name("form"), path="/", secure=self.is_secure, httponly=True, samesite="lax")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    def form_secret_of(self, request: Request) -> str:
        """Read the secret of this browser's forms, or make one."""
        return request.cookies.get(self._name("form")) or secrets.token_urlsafe(32)

    def keep_form_secret(self, response: Response, secret: str) -> None:
        """Let the browser bring the secret along with its next form."""
        self._set(response, "form", secret)

    def form_token(self, secret: str) -> str:
        """Give the token that stands in a form; only who can read our pages has one that fits the cookie."""
        return self.keys.blind_index(Purpose.TOKEN, f"form\n{secret}").hex()

    def is_own_form(self, request: Request, form_token: str | None) -> bool:
        """Say whether a form was filled in on a page of ours in this very browser."""
        origin = request.headers.get("origin", self.origin)
        if origin != self.origin and urlsplit(origin).netloc != request.headers.get("host"):
            return False
        secret = request.cookies.get(self._name("form"))
        return bool(secret and form_token) and hmac.compare_digest(
            self.form_token(str(secret)).encode(), str(form_token).encode()
        )

    def _name(self, what: str) -> str:
        return f"__Host-yibao-{what}" if self.is_secure else f"yibao-{what}"

    def _set(self, response: Response, what: str, value: str) -> None:
        # Lax: the first request comes by a link from the application's own site.
        response.set_cookie(self._name(what), value, path="/", secure=self.is_secure, httponly=True, samesite="lax")
