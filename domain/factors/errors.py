"""Refusals of second factors. None of them says more than the person in front of the screen may know."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Text


@dataclass(eq=False)
class SignatureUnfit(DomainError):
    """What a passkey has signed does not hold."""

    code = "PASSKEY_SIGNATURE_UNFIT"
    because: str
    """Why, in English, for the log of whoever builds a client; it names no secret."""

    def message(self) -> Text:
        """Say that the signature does not hold."""
        return Text("通行密钥的签名无效。", "What the passkey signed does not hold.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text(
            "请用本账号登记的通行密钥重试；仍不成功的，改用动态口令并联系安全管理员。",
            "Try again with a passkey of this account, or use a one-time code and tell the security administrator.",
        )


@dataclass(eq=False)
class PasskeyUnknown(DomainError):
    """The passkey is not one of this account, or is retired."""

    code = "PASSKEY_UNKNOWN"

    def message(self) -> Text:
        """Say that it is not known here."""
        return Text("此通行密钥未在本账号登记，或已停用。", "This passkey is not one of this account, or is retired.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请使用本账号登记的通行密钥。", "Use a passkey of this account.")


@dataclass(eq=False)
class PasskeyTaken(DomainError):
    """The credential is registered already."""

    code = "PASSKEY_TAKEN"

    def message(self) -> Text:
        """Say that it is there already."""
        return Text("此通行密钥已登记。", "This passkey is registered already.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请换一个通行密钥。", "Take another one.")


@dataclass(eq=False)
class PasskeyNameUnfit(DomainError):
    """A passkey needs a short name, so that its owner knows which one to retire."""

    code = "PASSKEY_NAME_UNFIT"

    def message(self) -> Text:
        """Say what a name looks like."""
        return Text("通行密钥名称须为1至40个字符。", "The name of a passkey has 1 to 40 characters.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请填写能认出设备的名称，如“办公桌安全钥匙”。", "Name the device, like “key at my desk”.")


@dataclass(eq=False)
class PasskeysNeedName(DomainError):
    """The house is open under an address of numbers, where no browser makes passkeys."""

    code = "PASSKEYS_NEED_NAME"
    host: str

    def message(self) -> Text:
        """Say why there are none here."""
        return Text(
            f"当前地址 {self.host} 是 IP 地址，浏览器不允许在此使用通行密钥。",
            f"{self.host} is an IP address, where browsers make no passkeys.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请通过域名（本机可用 localhost）访问。", "Open the house by its name (localhost on this machine).")


@dataclass(eq=False)
class ChallengeOver(DomainError):
    """The challenge was used, has expired or was made for something else."""

    code = "PASSKEY_CHALLENGE_OVER"

    def message(self) -> Text:
        """Say that it is over."""
        return Text("此次验证已过期或已使用。", "This challenge has expired or was used.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请重新开始。", "Begin anew.")


@dataclass(eq=False)
class CodeUnfit(DomainError):
    """A one-time or recovery code is wrong, was used before, or there is none; nobody is told which."""

    code = "FACTOR_CODE_UNFIT"

    def message(self) -> Text:
        """Say that the code does not fit."""
        return Text("验证码不对，或已使用过。", "The code is not right, or was used before.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text(
            "请等验证器显示下一个验证码再输入，并核对手机时间。",
            "Wait for the next code, and see that the telephone's clock is right.",
        )


@dataclass(eq=False)
class NoLock(DomainError):
    """The account is locked nowhere."""

    code = "LOGIN_LOCK_MISSING"

    def message(self) -> Text:
        """Say that nothing is locked."""
        return Text("该账号没有登录锁定。", "This account is locked nowhere.")

    def remedy(self) -> Text:
        """Say what else it may be."""
        return Text("如仍不能登录，请核对账号状态和第二因素。", "Look at the state of the account and its factors.")


@dataclass(eq=False)
class EnrolmentMissing(DomainError):
    """There is no enrolment to confirm."""

    code = "TOTP_ENROLMENT_MISSING"

    def message(self) -> Text:
        """Say that nothing waits."""
        return Text("没有待确认的动态口令绑定。", "No enrolment of one-time codes waits to be confirmed.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请重新绑定。", "Begin to enrol anew.")


@dataclass(eq=False)
class LastFactorStays(DomainError):
    """Whoever works here keeps at least one second factor."""

    code = "LAST_FACTOR_STAYS"

    def message(self) -> Text:
        """Say why it stays."""
        return Text("这是最后一个第二因素，不能停用。", "This is the last second factor and stays.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请先登记另一个通行密钥或动态口令。", "Register another passkey or one-time codes first.")
