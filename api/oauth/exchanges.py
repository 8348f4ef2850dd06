"""One request to the protocol is one transaction: what it wrote is kept or undone together with its answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from api.oauth.bridge import run_bridged
from api.oauth.requests import Exchange, ProtocolRequest, source_of
from api.oauth.server import Server
from domain.actors import ANYBODY, Actor
from domain.crypto import Keyring
from domain.work import Work, perform


class _UndoneError(Exception):
    """Carries a refusal out of a transaction that shall leave nothing behind."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class Exchanges:
    """Runs Authlib's server inside transactions."""

    def __init__(self, *, server: Server, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self.server = server
        self._keys = keys
        self._clock = clock

    def now(self) -> datetime:
        """Read the clock, once for each request."""
        return self._clock()

    def work_at(self, now: datetime) -> Work:
        """Give the surroundings of a request that only reads."""
        return Work(actor=ANYBODY, now=now, keys=self._keys)

    def ask(
        self,
        request: Request,
        parameters: dict[str, str],
        *,
        work: Work,
        seen: set[str] | None = None,
        key_thumbprint: str | None = None,
        pushed: bool = False,
    ) -> ProtocolRequest:
        """Put a request as Authlib reads it. Its address is ours: a proxy may have spoken https for us."""
        exchange = Exchange(
            work=work,
            source=source_of(request),
            seen_assertions=set() if seen is None else seen,
            key_thumbprint=key_thumbprint,
            pushed=pushed,
        )
        return ProtocolRequest(
            method=request.method,
            uri=f"{self.server.issuer}{request.url.path}",
            headers=request.headers,
            parameters=parameters,
            exchange=exchange,
        )

    async def respond(
        self,
        request: Request,
        parameters: dict[str, str],
        answer: Callable[[ProtocolRequest], Response],
        *,
        actor: Actor = ANYBODY,
        key_thumbprint: str | None = None,
        pushed: bool = False,
    ) -> Response:
        """Answer in one transaction, which stands when the answer is no refusal or a reuse was detected."""
        now = self.now()
        await self.server.tokens.make_ready(now=now)
        answers: list[Response] = []
        seen: set[str] = set()

        async def do(work: Work) -> None:
            asked = self.ask(request, parameters, work=work, seen=seen, key_thumbprint=key_thumbprint, pushed=pushed)
            response = await run_bridged(lambda: answer(asked))
            if response.status_code >= 400 and not asked.exchange.keeps:  # noqa: PLR2004 - where refusals begin
                raise _UndoneError(response)
            answers.append(response)

        try:
            await perform(do, actor=actor, now=now, keys=self._keys)
        except _UndoneError as undone:
            return undone.response
        return answers[-1]
