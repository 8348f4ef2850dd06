"""The second step of a log-in: a passkey, a one-time code or a recovery code; and the first log-in of a new account.

Between the password and this step a browser holds a session that opens nothing. A right second factor ends it and
begins another one, under a new secret.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from api.oauth import factor_pages, pages
from api.oauth.counting import Counting, network_of
from api.oauth.patience import FOR_THE_ONLY_ANSWER, answered_within
from api.oauth.text_codes import TRIED_OUT, TextCodes
from api.oauth.throttle import Throttle
from domain import factors, identity, staff
from domain.actors import TWO_FACTORS, ActorKind
from domain.crypto import Keyring
from domain.errors import DomainError, Refused, Text
from domain.factors import Barred, CodeUnfit, RelyingParty
from domain.identity import Account, LoginSession
from domain.work import Work, perform

STEPS: Final = frozenset({"code", "passkey", "text", "send-text", "begin-enrolment", "enrol"})
_BY_CODE: Final = frozenset({"pwd", "otp", TWO_FACTORS})
_BY_TEXT: Final = frozenset({"pwd", "sms", TWO_FACTORS})
_BY_PASSKEY: Final = frozenset({"pwd", "pop", TWO_FACTORS})
CODES_OF_RESIDENT_MAX: Final = 30
CODES_WITHIN: Final = timedelta(days=1)
"""Tries of a resident at codes of an app and at recovery codes, in a day without a right one."""
_YOUNGEST: Final = timedelta(minutes=1)
"""The answer to `prompt=login` and `max_age=0`: a log-in of this minute; each page of ours asks the question anew."""
_ONE_TIME_CODE: Final = re.compile(r"\d{6}")
_BROWSERS: Final = (
    *(("MicroMessenger", "微信 WeChat"), ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome")),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS")),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of somebody who owes a second factor: who, when, from where, and back to which page."""

    session: LoginSession
    now: datetime
    source: str
    device: str
    form: pages.Form
    redirect_uri: str

    @property
    def account(self) -> Account:
        """Give whose turn it is."""
        return self.session.account

    @property
    def may_enrol(self) -> bool:
        """Say whether this is the first log-in of an account, in time."""
        until = self.account.first_password_until
        return until is not None and self.now < until


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step: the secret of the whole session, if it was right, and the page to show, if any."""

    secret: str | None
    page: Response | None


class SecondFactor:
    """Asks for the second factor and takes it."""

    def __init__(
        self, *, origin: str, keys: Keyring, throttle: Throttle, counting: Counting, texts: TextCodes, is_demo: bool
    ) -> None:
        self._counting = counting
        self._texts = texts
        self._party = RelyingParty.at(origin)
        self._keys = keys
        self._throttle = throttle
        self._is_demo = is_demo

    async def ask(self, turn: Turn, *, notice: Text | None = None, status: int = 200) -> Response:
        """Give the page that asks for the second factor, or that begins the first log-in."""
        if turn.may_enrol:
            return factor_pages.welcome_page(turn.form, account=turn.account, redirect_uri=turn.redirect_uri)
        owned = await factors.factors_of(account_id=turn.account.id)
        text = await self._texts.offer(turn.session, now=turn.now)
        if not (owned.kinds or text) or turn.account.first_password_until is not None:
            return factor_pages.no_factor_page(turn.form, account=turn.account, redirect_uri=turn.redirect_uri)
        barred = await self._barred(turn)
        passkey = await self._passkey_question(turn) if owned.passkeys and self._party.takes_passkeys else None
        return factor_pages.ask_page(
            turn.form,
            account=turn.account,
            takes_codes=not barred.codes and (owned.totp_since is not None or owned.recovery_codes_left > 0),
            passkey=passkey,
            text=text,
            redirect_uri=turn.redirect_uri,
            notice=notice or (factor_pages.CODES_CLOSED if barred.codes else None),
            is_demo=self._is_demo,
            status=status,
        )

    async def take(self, turn: Turn, form: Mapping[str, str]) -> Outcome:
        """Take a step of one of our pages."""
        match form.get("step"):
            case "begin-enrolment" if turn.may_enrol:
                return Outcome(None, await self._show_secret(turn))
            case "enrol" if turn.may_enrol:
                return await self._enrol(turn, form)
            case "send-text" if turn.account.first_password_until is None:
                return await self._send_text(turn)
            case "text" if turn.account.first_password_until is None:
                return await self._prove_by_text(turn, form)
            case "code" | "passkey" if turn.account.first_password_until is None:
                return await self._prove(turn, form)
            case _:
                return Outcome(None, await self.ask(turn))

    async def bars(self, account: Account, *, source: str) -> bool:
        """Say whether an account is locked at a place. Nobody is told so before they have given the right password."""
        if account.kind is not ActorKind.STAFF:
            return False
        return (await factors.barred(self._keys, account_id=account.id, source=network_of(source))).here

    async def remember_wrong_password(self, login: str, *, source: str, now: datetime) -> None:
        """Count a wrong password against the account of a member of staff, where it was given."""
        account = await identity.find_account_of(login=login)
        if account is not None and account.kind is ActorKind.STAFF:
            await self._remember_failure(account, source=source, now=now, wrong_code=False)

    async def _prove(self, turn: Turn, form: Mapping[str, str]) -> Outcome:
        try:
            if wait := await self._count_try(turn):
                return Outcome(None, await self.ask(turn, notice=pages.wait_notice(wait), status=429))
        except RedisError:
            return Outcome(None, await self.ask(turn, notice=pages.UNREACHABLE, status=503))
        barred = await self._barred(turn)
        if barred.here:
            return Outcome(None, await self.ask(turn, notice=factor_pages.LOCKED, status=403))
        is_code = form.get("step") == "code"
        if is_code and barred.codes:
            return Outcome(None, await self.ask(turn, status=403))
        try:
            secret = await self._complete(turn, _use_code(turn, form) if is_code else _use_passkey(turn, form))
        except DomainError as refusal:
            if isinstance(refusal, CodeUnfit) or not is_code:
                await self._remember_failure(turn.account, source=turn.source, now=turn.now, wrong_code=is_code)
            return Outcome(None, await self.ask(turn, notice=words_of(refusal), status=401))
        await self._throttle.forget_codes(str(turn.account.id), source=turn.source)
        await self._counting.give_back("codes", str(turn.account.id))
        return Outcome(secret, None)

    async def _send_text(self, turn: Turn) -> Outcome:
        try:
            notice = await self._texts.send(turn.session, source=network_of(turn.source), now=turn.now)
        except RedisError:
            notice = pages.UNREACHABLE
        return Outcome(None, await self.ask(turn, notice=notice, status=503) if notice else None)

    async def _prove_by_text(self, turn: Turn, form: Mapping[str, str]) -> Outcome:
        """Take the code of a message: five tries at each, counted before it is looked at."""
        code_id = await factors.find_text_code(session_id=turn.session.id, now=turn.now)
        try:
            if code_id is not None and not await self._texts.may_try(code_id):
                return Outcome(None, await self.ask(turn, notice=TRIED_OUT, status=429))
        except RedisError:
            return Outcome(None, await self.ask(turn, notice=pages.UNREACHABLE, status=503))
        try:
            secret = await self._complete(turn, _use_text(turn, form))
        except DomainError as refusal:
            await self._remember_failure(turn.account, source=turn.source, now=turn.now, wrong_code=True)
            return Outcome(None, await self.ask(turn, notice=words_of(refusal), status=401))
        await self._texts.forget(turn.account)
        return Outcome(secret, None)

    async def _count_try(self, turn: Turn) -> timedelta:
        """Count before looking; a resident's tries also for the account as a whole, as nobody unlocks it."""
        account = str(turn.account.id)
        tried = self._throttle.try_code(account, source=turn.source)
        wait = await answered_within(FOR_THE_ONLY_ANSWER, tried)
        if turn.account.kind is ActorKind.STAFF:
            return wait
        counted = self._counting.count("codes", account, most=CODES_OF_RESIDENT_MAX, within=CODES_WITHIN)
        return max(wait, await counted)

    async def _barred(self, turn: Turn) -> Barred:
        if turn.account.kind is not ActorKind.STAFF:
            return Barred(here=False, codes=False)
        return await factors.barred(self._keys, account_id=turn.account.id, source=network_of(turn.source))

    async def _complete(self, turn: Turn, prove: Callable[[Work], Awaitable[frozenset[str]]]) -> str:
        """Use the factor up and exchange the half session for a whole one, in one transaction."""
        secrets: list[str] = []

        async def do(work: Work) -> None:
            methods = await prove(work)
            await identity.end_login_session(work, session=turn.session)
            started = identity.start_login_session(work, account=turn.account, methods=methods, device=turn.device)
            secrets.append(await started)
            await factors.forget_failures(work, account_id=turn.account.id, source=network_of(turn.source))

        await perform(do, actor=turn.account.as_actor(), now=turn.now, keys=self._keys)
        return secrets[-1]

    async def _show_secret(self, turn: Turn) -> Response:
        enrolments: list[factors.Enrolment] = []

        async def do(work: Work) -> None:
            enrolments.append(await factors.begin_totp(work, account=turn.account))

        await perform(do, actor=turn.account.as_actor(), now=turn.now, keys=self._keys)
        return factor_pages.enrol_page(turn.form, enrolment=enrolments[-1], redirect_uri=turn.redirect_uri)

    async def _enrol(self, turn: Turn, form: Mapping[str, str]) -> Outcome:
        codes: list[tuple[str, ...]] = []

        async def prove(work: Work) -> frozenset[str]:
            await staff.choose_password(work, account_id=turn.account.id, password=form.get("password", ""))
            await factors.confirm_totp(work, account_id=turn.account.id, code=form.get("code", "")[:40])
            codes.append(await factors.make_recovery_codes(work, account_id=turn.account.id))
            return _BY_CODE

        try:
            secret = await self._complete(turn, prove)
        except (DomainError, Refused) as refusal:
            notice, where = words_of(refusal), turn.redirect_uri
            page = factor_pages.enrol_page(turn.form, enrolment=None, redirect_uri=where, notice=notice, status=400)
            return Outcome(None, page)
        return Outcome(secret, factor_pages.recovery_page(turn.form, codes=codes[-1], redirect_uri=turn.redirect_uri))

    async def _passkey_question(self, turn: Turn) -> tuple[str, str] | None:
        asked: list[UUID] = []

        async def do(work: Work) -> None:
            asked.append(await factors.begin_passkey_log_in(work, account_id=turn.account.id, party=self._party))

        await perform(do, actor=turn.account.as_actor(), now=turn.now, keys=self._keys)
        options = await factors.log_in_options_for(challenge_id=asked[-1], account_id=turn.account.id)
        return (str(asked[-1]), options) if options else None

    async def _remember_failure(self, account: Account, *, source: str, now: datetime, wrong_code: bool) -> None:
        async def do(work: Work) -> None:
            if account.kind is not ActorKind.STAFF:
                await factors.note_failure(work, account_id=account.id, because="wrong code")
                return
            place = network_of(source)
            await factors.remember_failure(work, account_id=account.id, source=place, wrong_code=wrong_code)

        await perform(do, actor=account.as_actor(), now=now, keys=self._keys)


def is_enough(session: LoginSession, parameters: Mapping[str, str], *, now: datetime) -> bool:
    """Say whether a log-in is whole, and as young as an application wants it (`max_age`, `prompt=login`)."""
    if not session.is_complete:
        return False
    wanted = parameters.get("max_age", "")
    age = timedelta(seconds=min(int(wanted), 10**6)) if wanted.isascii() and wanted.isdecimal() else None
    if parameters.get("prompt") == "login":
        age = timedelta(0)
    return age is None or now - session.started_at <= max(age, _YOUNGEST)


def device_of(request: Request) -> str:
    """Say in a few words with what somebody came, so that they know it again in the list of their sessions."""
    told = request.headers.get("user-agent", "")[:400]
    browser = next((name for sign, name in _BROWSERS if sign in told), "")
    system = next((name for sign, name in _SYSTEMS if sign in told), "")
    return " · ".join(part for part in (browser, system) if part)


def _use_code(turn: Turn, form: Mapping[str, str]) -> Callable[[Work], Awaitable[frozenset[str]]]:
    code = form.get("code", "")[:40].replace(" ", "")

    async def prove(work: Work) -> frozenset[str]:
        if _ONE_TIME_CODE.fullmatch(code):
            await factors.use_totp(work, account_id=turn.account.id, code=code)
        else:
            await factors.use_recovery_code(work, account_id=turn.account.id, code=code)
        return _BY_CODE

    return prove


def _use_text(turn: Turn, form: Mapping[str, str]) -> Callable[[Work], Awaitable[frozenset[str]]]:
    async def prove(work: Work) -> frozenset[str]:
        await factors.use_text_code(work, session=turn.session, code=form.get("text_code", "")[:8].strip())
        return _BY_TEXT

    return prove


def _use_passkey(turn: Turn, form: Mapping[str, str]) -> Callable[[Work], Awaitable[frozenset[str]]]:
    async def prove(work: Work) -> frozenset[str]:
        await factors.use_passkey(
            work,
            account_id=turn.account.id,
            challenge_id=_uuid(form.get("challenge", "")),
            response=form.get("response", ""),
        )
        return _BY_PASSKEY

    return prove


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise factors.ChallengeOver from error


def words_of(refusal: DomainError | Refused) -> Text:
    """Say in the words of a page what was refused, and how to go on."""
    faults = refusal.faults if isinstance(refusal, Refused) else (refusal,)
    sentences = [(fault.message(), fault.remedy()) for fault in faults]
    return Text(
        zh="".join(message.zh + remedy.zh for message, remedy in sentences),
        en=" ".join(f"{message.en} {remedy.en}" for message, remedy in sentences),
    )
