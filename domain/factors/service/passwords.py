"""The first factor: changing a password, and telling whose it is."""

from __future__ import annotations

from uuid import UUID

from domain import identity, notices
from domain.errors import Text
from domain.identity import LoginSession
from domain.work import Work


async def change_password(work: Work, *, session: LoginSession, present: str, chosen: str) -> UUID:
    """Let somebody choose another password, log them out everywhere else, and tell them in case it was not them.

    Raises `identity.PasswordWrong`, and `Refused` with whatever stands against the new one.
    """
    account = session.account
    await identity.change_password(work, session=session, present=present, chosen=chosen)
    if account.person_id is not None:
        await notices.tell(
            work,
            person_ids=[account.person_id],
            kind="account.password_changed",
            about=notices.Subject(kind="account", id=account.id, number=account.login),
            title=Text("登录密码已修改", "Your password was changed"),
            body=Text(
                "您的登录密码已修改，其他设备和应用均已退出登录。如非本人操作，请立即持证件到经办窗口办理。",
                "Your password was changed, and every other device and application was logged out. If it was not you,"
                " bring your document to a counter at once.",
            ),
        )
    return account.id
