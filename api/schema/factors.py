"""One's own access: who I am today, where I am logged in, my passkeys, one-time codes and recovery codes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.common import ERRORS, KEY
from api.schema.errors import UserError
from api.schema.scalars import decode_id, encode_id
from api.scopes import needs
from domain import factors, identity, staff
from domain.actors import Scope
from domain.factors import RelyingParty
from domain.work import Work


@strawberry.type(description="通行密钥。 A passkey of mine.")
class Passkey:
    """A passkey of mine."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    name: str = strawberry.field(description="名称。 What I called it.")
    made_at: datetime = strawberry.field(description="登记时间。 When I registered it.")
    used_at: datetime | None = strawberry.field(description="最近使用时间。 When it signed last.")


@strawberry.type(description="一处登录：浏览器或应用。 Where an account is logged in: a browser or an application.")
class LogInSession:
    """Where an account is logged in."""

    id: strawberry.ID = strawberry.field(description="标识，用于结束它。 The opaque id, to end it with.")
    is_application: bool = strawberry.field(description="是应用而非浏览器。 An application, no browser.")
    label: str = strawberry.field(description="应用名称，或浏览器与系统。 The application, or browser and system.")
    label_en: str = strawberry.field(description="英文名称。 The same in English.")
    scopes: list[str] = strawberry.field(
        description="应用可以做什么；浏览器为空。 What an application may do; nothing for a browser."
    )
    started_at: datetime = strawberry.field(description="开始时间。 Since when.")
    seen_at: datetime = strawberry.field(description="最近使用时间。 When it was used last.")
    expires_at: datetime = strawberry.field(description="自动结束时间。 When it ends by itself.")

    @classmethod
    def of(cls, session: identity.Session) -> LogInSession:
        """Show one session."""
        return cls(
            id=encode_id("LogInSession", session.id),
            is_application=session.is_application,
            label=session.label,
            label_en=session.label_en,
            scopes=sorted(session.scopes),
            started_at=session.started_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
        )


@strawberry.type(description="我的账号与登录。 My account and my log-ins.")
class MyAccess:
    """My account and my log-ins."""

    login: str = strawberry.field(description="账号名。 My log-in name.")
    name: str = strawberry.field(description="姓名。 My name.")
    office: str | None = strawberry.field(description="机构。 My office.")
    roles: list[str] = strawberry.field(
        description="今日岗位，含代岗。 My posts of today, those I hold for others too."
    )
    stands_in_for: int = strawberry.field(description="今日代岗人数。 For how many colleagues I stand in today.")
    methods: list[str] = strawberry.field(description="本次登录方式（RFC 8176）。 How I logged in this time.")
    logged_in_at: datetime | None = strawberry.field(description="本次登录时间。 When I logged in.")
    passkeys: list[Passkey] = strawberry.field(description="通行密钥。 My passkeys.")
    totp_since: datetime | None = strawberry.field(description="动态口令启用时间。 Since when I have one-time codes.")
    recovery_codes_left: int = strawberry.field(description="剩余恢复码。 Recovery codes that are left.")
    sessions: list[LogInSession] = strawberry.field(description="登录列表。 Where I am logged in.")


@strawberry.type(description="已办理。 It is done.")
class Done:
    """It is done."""

    id: strawberry.ID = strawberry.field(description="所办理的对象。 What it was done to.")


@strawberry.type(description="通行密钥登记邀请。 The offer to register a passkey.")
class PasskeyOffer:
    """The offer to register a passkey."""

    challenge: UUID = strawberry.field(description="邀请标识，五分钟内有效。 The offer's id, good for five minutes.")
    options: str = strawberry.field(description="navigator.credentials.create 的 JSON。 Its JSON for the browser.")


@strawberry.type(description="动态口令密钥，只显示一次。 A secret for one-time codes, shown once.")
class TotpEnrolment:
    """A secret for one-time codes."""

    secret: str = strawberry.field(description="密钥（base32）。 The secret in base32.")
    uri: str = strawberry.field(description="otpauth 地址。 The address for authenticator apps.")
    qr: str = strawberry.field(description="二维码（SVG）。 The address as a picture (SVG).")


@strawberry.type(description="恢复码，只显示一次。 Recovery codes, shown once.")
class RecoveryCodes:
    """Recovery codes, shown once."""

    codes: list[str] = strawberry.field(description="恢复码。 The codes.")


@strawberry.input(description="开始登记通行密钥。 Begin to register a passkey.")
class PasskeyBeginInput:
    """Nothing is needed but the browser."""

    name: str = strawberry.field(description="设备名称。 What the device is to be called.")


@strawberry.input(description="登记通行密钥。 Register the passkey that the browser made.")
class PasskeyRegisterInput:
    """Which offer, what the browser made, and its name."""

    challenge: UUID = strawberry.field(description="邀请标识。 The offer.")
    response: str = strawberry.field(description="浏览器的结果（JSON）。 What the browser gave, as JSON.")
    name: str = strawberry.field(description="设备名称。 What the device is called.")


@strawberry.input(description="停用通行密钥。 Let a passkey sign no more.")
class PasskeyRetireInput:
    """Which passkey."""

    id: strawberry.ID = strawberry.field(description="通行密钥。 The passkey.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.input(description="开始绑定动态口令。 Begin to enrol one-time codes.")
class TotpBeginInput:
    """Nothing but the wish: an older unconfirmed secret is forgotten."""

    replace: bool = strawberry.field(description="确认将替换现有密钥。 The secret in use is to be replaced.")


@strawberry.input(description="确认动态口令。 Confirm one-time codes by one of them.")
class TotpConfirmInput:
    """A code of the new secret."""

    code: str = strawberry.field(description="应用显示的验证码。 The code that the app shows.")


@strawberry.input(description="生成一组新的恢复码，旧的作废。 Make new recovery codes; older ones are void.")
class RecoveryCodesMakeInput:
    """The wish alone."""

    replace: bool = strawberry.field(description="确认旧恢复码作废。 The older ones are to be void.")


@strawberry.input(description="结束一处登录。 End a log-in.")
class SessionEndInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="登录。 The log-in.")
    idempotency_key: UUID = strawberry.field(description=KEY)


@strawberry.type(description="办理结果。 What came of it.")
class DonePayload:
    """What came of it."""

    done: Done | None = strawberry.field(description="已办理。 It is done.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="邀请结果。 What came of the offer.")
class PasskeyOfferPayload:
    """What came of the offer."""

    offer: PasskeyOffer | None = strawberry.field(description="邀请。 The offer.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="绑定结果。 What came of the enrolment.")
class TotpPayload:
    """What came of the enrolment."""

    enrolment: TotpEnrolment | None = strawberry.field(description="密钥，只显示一次。 The secret, shown once.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="恢复码结果。 What came of making recovery codes.")
class RecoveryCodesPayload:
    """What came of making recovery codes."""

    recovery: RecoveryCodes | None = strawberry.field(description="恢复码，只显示一次。 The codes, shown once.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class FactorsQuery:
    """Asking about oneself."""

    @strawberry.field(
        extensions=[needs(Scope.STAFF_SELF)], description="我的账号、第二因素与登录。 My account, factors and log-ins."
    )
    async def my_access(self, info: Info) -> MyAccess | None:
        """Say who I am today and where I am logged in."""
        actor = info.context.actor
        account = await identity.find_account(id=_my_id(info))
        if account is None:
            return None
        owned = await factors.factors_of(account_id=account.id)
        sessions = await staff.list_sessions(actor, account_id=account.id, now=info.context.now)
        return MyAccess(
            login=account.login,
            name=account.display_name,
            office=account.office,
            roles=sorted(actor.roles),
            stands_in_for=len(actor.stands_in_for),
            methods=sorted(actor.log_in.methods) if actor.log_in else [],
            logged_in_at=actor.log_in.at if actor.log_in else None,
            passkeys=[
                Passkey(id=encode_id("Passkey", key.id), name=key.name, made_at=key.made_at, used_at=key.used_at)
                for key in owned.passkeys
            ],
            totp_since=owned.totp_since,
            recovery_codes_left=owned.recovery_codes_left,
            sessions=[LogInSession.of(session) for session in sessions],
        )


@strawberry.type
class FactorsMutation:
    """Looking after one's own factors and log-ins."""

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_FACTORS)], description="开始登记通行密钥。 Begin to register a passkey."
    )
    async def passkey_begin(self, info: Info, input: PasskeyBeginInput) -> PasskeyOfferPayload:  # noqa: ARG002 - the name comes again
        """Offer to register a passkey."""
        party = RelyingParty.at(info.context.resources.settings.origin)

        async def begin(work: Work) -> UUID:
            me = await _hold_me(info)
            return await factors.begin_passkey(work, account_id=me.id, party=party)

        begun = await perform(info, begin, key=None)
        options = begun.result and await factors.registration_options_for(
            challenge_id=begun.result, account_id=_my_id(info)
        )
        offer = PasskeyOffer(challenge=begun.result, options=options) if begun.result and options else None
        return PasskeyOfferPayload(offer=offer, errors=begun.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_FACTORS)], description="登记通行密钥。 Register a passkey that the browser made."
    )
    async def passkey_register(self, info: Info, input: PasskeyRegisterInput) -> DonePayload:
        """Register a passkey."""

        async def register(work: Work) -> UUID:
            return await factors.register_passkey(
                work,
                account_id=_my_id(info),
                challenge_id=input.challenge,
                response=input.response,
                name=input.name,
            )

        made = await perform(info, register, key=None)
        done = Done(id=encode_id("Passkey", made.result)) if made.result else None
        return DonePayload(done=done, errors=made.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_FACTORS)], description="停用通行密钥。 Let a passkey of mine sign no more."
    )
    async def passkey_retire(self, info: Info, input: PasskeyRetireInput) -> DonePayload:
        """Retire a passkey."""

        async def retire(work: Work) -> UUID:
            passkey_id = decode_id(input.id, "Passkey", "id")
            return await factors.retire_passkey(work, account_id=_my_id(info), passkey_id=passkey_id)

        ended = await perform(info, retire, key=input.idempotency_key, asked=input)
        done = Done(id=encode_id("Passkey", ended.result)) if ended.result else None
        return DonePayload(done=done, errors=ended.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_FACTORS)], description="开始绑定动态口令。 Begin to enrol one-time codes."
    )
    async def totp_begin(self, info: Info, input: TotpBeginInput) -> TotpPayload:  # noqa: ARG002 - the wish alone
        """Show a new secret, once."""
        made: list[factors.Enrolment] = []

        async def begin(work: Work) -> UUID:
            made.append(await factors.begin_totp(work, account=await _hold_me(info)))
            return made[-1].id

        begun = await perform(info, begin, key=None)
        shown = TotpEnrolment(secret=made[-1].secret, uri=made[-1].uri, qr=made[-1].qr) if begun.result else None
        return TotpPayload(enrolment=shown, errors=begun.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_FACTORS)], description="以验证码确认动态口令。 Confirm them by a code."
    )
    async def totp_confirm(self, info: Info, input: TotpConfirmInput) -> DonePayload:
        """Take the new secret into use."""
        confirmed = await perform(
            info, lambda work: factors.confirm_totp(work, account_id=_my_id(info), code=input.code[:40]), key=None
        )
        done = Done(id=encode_id("Totp", confirmed.result)) if confirmed.result else None
        return DonePayload(done=done, errors=confirmed.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_FACTORS)], description="生成新的恢复码。 Make new recovery codes, shown once."
    )
    async def recovery_codes_make(self, info: Info, input: RecoveryCodesMakeInput) -> RecoveryCodesPayload:  # noqa: ARG002 - the wish alone
        """Make recovery codes."""
        made: list[str] = []

        async def make(work: Work) -> UUID:
            me = await _hold_me(info)
            made[:] = await factors.make_recovery_codes(work, account_id=me.id)
            return me.id

        outcome = await perform(info, make, key=None)
        shown = RecoveryCodes(codes=made) if outcome.result else None
        return RecoveryCodesPayload(recovery=shown, errors=outcome.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.STAFF_SELF)],
        description="结束一处登录；安全管理员也可结束他人的。 End a log-in of one's own, or as security administrator.",
    )
    async def session_end(self, info: Info, input: SessionEndInput) -> DonePayload:
        """End a log-in."""

        async def end(work: Work) -> UUID:
            session_id = decode_id(input.id, "LogInSession", "id")
            await staff.end_session(work, session_id=session_id)
            return session_id

        ended = await perform(info, end, key=input.idempotency_key, asked=input)
        done = Done(id=encode_id("LogInSession", ended.result)) if ended.result else None
        return DonePayload(done=done, errors=ended.errors)


async def _hold_me(info: Info) -> identity.Account:
    """Find the account behind the token. Raises `MemberNotFound` when there is none any more."""
    account = await identity.find_account(id=_my_id(info))
    if account is None:
        raise staff.MemberNotFound
    return account


def _my_id(info: Info) -> UUID:
    assert info.context.actor.id is not None, "The scope belongs to people who work here."
    return info.context.actor.id
