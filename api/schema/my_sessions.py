"""Residents' own log-ins: every browser and application that uses their account, and the end of each or of all."""

from __future__ import annotations

from uuid import UUID

import strawberry

from api.context import Info
from api.perform import perform
from api.schema.factors import Done, DonePayload, LogInSession, SessionEndInput
from api.schema.scalars import decode_id, encode_id
from api.scopes import needs
from domain import identity
from domain.actors import Scope
from domain.work import Work


@strawberry.input(description="结束本人的全部登录。 End all log-ins of mine.")
class MySessionsEndInput:
    """The wish, said aloud. There is no key: ending again ends what came since."""

    confirm: bool = strawberry.field(description="须为 true。 Must be true.")


@strawberry.type
class MySessionsQuery:
    """Asking about one's own log-ins."""

    @strawberry.field(
        extensions=[needs(Scope.SELF_BIND)],
        description="我的登录与授权：使用我账号的浏览器和应用。 What uses my account: browsers and applications.",
    )
    async def my_sessions(self, info: Info) -> list[LogInSession] | None:
        """List where I am logged in."""
        found = await identity.list_sessions(account_id=_my_id(info), now=info.context.now)
        return [LogInSession.of(session) for session in found]


@strawberry.type
class MySessionsMutation:
    """Ending one's own log-ins."""

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_BIND)],
        description="结束本人一处登录或收回一个应用的授权。 End one of my log-ins, or take a consent back.",
    )
    async def my_session_end(self, info: Info, input: SessionEndInput) -> DonePayload:
        """End one log-in; its tokens open nothing any more within a second."""

        async def end(work: Work) -> UUID:
            session_id = decode_id(input.id, "LogInSession", "id")
            await identity.end_session(work, session_id=session_id, account_id=_my_id(info))
            return session_id

        ended = await perform(info, end, key=input.idempotency_key, asked=input)
        done = Done(id=encode_id("LogInSession", ended.result)) if ended.result else None
        return DonePayload(done=done, errors=ended.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.SELF_BIND)],
        description="结束本人的全部登录和授权，包括本次。 End all my log-ins and consents, this one too.",
    )
    async def my_sessions_end(self, info: Info, input: MySessionsEndInput) -> DonePayload:
        """End everything."""

        async def end(work: Work) -> UUID:
            if not input.confirm:
                raise identity.SessionNotFound(path=("confirm",))
            await identity.end_all_sessions(work, account_id=_my_id(info))
            return _my_id(info)

        ended = await perform(info, end, key=None)
        done = Done(id=encode_id("Account", ended.result)) if ended.result else None
        return DonePayload(done=done, errors=ended.errors)


def _my_id(info: Info) -> UUID:
    assert info.context.actor.id is not None, "The scope belongs to people with an account."
    return info.context.actor.id
