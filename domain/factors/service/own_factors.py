"""What people change about their own factors, and are told of in case it was not them."""

from __future__ import annotations

from uuid import UUID

from domain import identity, notices
from domain.errors import Text
from domain.factors.service import confirm_totp, make_recovery_codes
from domain.identity import Account, LoginSession
from domain.work import Work


async def change_password(work: Work, *, session: LoginSession, present: str, chosen: str) -> UUID:
    """Let somebody choose another password, log them out everywhere else, and tell them in case it was not them.

    Raises `identity.PasswordWrong`, and `Refused` with whatever stands against the new one.
    """
    account = session.account
    await identity.change_password(work, session=session, present=present, chosen=chosen)
    title = Text("登录密码已修改", "Your password was changed")
    body = Text(
        "您的登录密码已修改，其他设备和应用均已退出登录。如非本人操作，请立即持证件到经办窗口办理。",
        "Your password was changed, and every other device and application was logged out. If it was not you,"
        " bring your document to a counter at once.",
    )
    await _tell(work, account, kind="account.password_changed", title=title, body=body)
    return account.id


async def add_authenticator(work: Work, *, account: Account, code: str) -> tuple[str, ...]:
    """Take the app into use whose first code this is, tell whose it is, and give new recovery codes, shown once.

    Raises `EnrolmentMissing`, `CodeUnfit`.
    """
    await confirm_totp(work, account_id=account.id, code=code)
    title = Text("已绑定验证器应用", "An authenticator app was added")
    body = Text(
        "您的账号已绑定新的验证器应用，并生成了新的恢复码。如非本人操作，请立即持证件到经办窗口办理。",
        "An authenticator app was added to your account, and new recovery codes were made. If it was not you, bring"
        " your document to a counter at once.",
    )
    await _tell(work, account, kind="account.authenticator_added", title=title, body=body)
    return await make_recovery_codes(work, account_id=account.id)


async def _tell(work: Work, account: Account, *, kind: str, title: Text, body: Text) -> None:
    if account.person_id is not None:
        about = notices.Subject(kind="account", id=account.id, number=account.login)
        await notices.tell(work, person_ids=[account.person_id], kind=kind, about=about, title=title, body=body)
