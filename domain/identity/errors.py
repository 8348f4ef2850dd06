"""Why an account or a client cannot be made like this."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Text


@dataclass(eq=False)
class LoginTaken(DomainError):
    """Somebody else logs in with this name."""

    code = "LOGIN_TAKEN"

    def message(self) -> Text:
        """Say that the name is taken."""
        return Text("这个账号名已被使用。", "This log-in name is taken.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请换一个账号名。", "Choose another log-in name.")


@dataclass(eq=False)
class LoginUnfit(DomainError):
    """A log-in name is too short, too long or has letters that cannot be told apart."""

    code = "LOGIN_UNFIT"

    def message(self) -> Text:
        """Say what a log-in name looks like."""
        return Text(
            "账号名须为3至64个字母、数字或 . _ @ + - 符号。",
            "A log-in name has 3 to 64 letters, digits or the signs . _ @ + -",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请换一个账号名。", "Choose another log-in name.")


@dataclass(eq=False)
class PasswordUnfit(DomainError):
    """A password is too short or too long."""

    code = "PASSWORD_UNFIT"
    shortest: int
    longest: int

    def message(self) -> Text:
        """Say how long a password is."""
        return Text(
            f"密码须为{self.shortest}至{self.longest}个字符。",
            f"A password has {self.shortest} to {self.longest} characters.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("几个不相关的词连起来，又好记又难猜。", "A few unrelated words are easy to keep and hard to guess.")


@dataclass(eq=False)
class PasswordCommon(DomainError):
    """A password is one that everybody who guesses tries early."""

    code = "PASSWORD_COMMON"

    def message(self) -> Text:
        """Say that it is too well known."""
        return Text(
            "此密码过于常见，或已在其他网站泄露的密码中出现过。",
            "This password is among those that are common, or that leaked elsewhere.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("几个不相关的词连起来，又好记又难猜。", "A few unrelated words are easy to keep and hard to guess.")


@dataclass(eq=False)
class PasswordHoldsOurWords(DomainError):
    """A password is little more than a word of the agency or of the account itself."""

    code = "PASSWORD_HOLDS_OUR_WORDS"
    word: str

    def message(self) -> Text:
        """Say which word it is."""
        return Text(
            f"密码不能主要由“{self.word}”组成：与本机构或本账号有关的词最先被人猜测。",
            f"A password is not mainly “{self.word}”: words of the agency or of the account are guessed first.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请换用与医保和您本人都无关的词。", "Take words that have to do neither with us nor with you.")


@dataclass(eq=False)
class PasswordWrong(DomainError):
    """Whoever changes a password did not give the present one."""

    code = "PASSWORD_WRONG"

    def message(self) -> Text:
        """Say that the present password is another."""
        return Text("当前密码不正确。", "This is not the present password.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text(
            "请重新输入当前密码；忘记的，请持证件到经办窗口办理。",
            "Type the present password again. If it is forgotten, bring your document to a counter.",
        )


@dataclass(eq=False)
class PasswordSame(DomainError):
    """The new password is the present one."""

    code = "PASSWORD_SAME"

    def message(self) -> Text:
        """Say that nothing would change."""
        return Text("新密码与当前密码相同。", "The new password is the present one.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请换一个新密码。", "Choose another one.")


@dataclass(eq=False)
class RoleUnknown(DomainError):
    """An account is given a role that the agency does not have."""

    code = "ROLE_UNKNOWN"
    role: str

    def message(self) -> Text:
        """Say which role is not known."""
        return Text(f"没有“{self.role}”这个岗位。", f"There is no role {self.role!r}.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请从岗位表中选择。", "Choose from the table of roles.")


@dataclass(eq=False)
class PlaceOfWorkMissing(DomainError):
    """A member of staff needs an office and a region, and a resident has neither these nor roles."""

    code = "PLACE_OF_WORK_MISSING"

    def message(self) -> Text:
        """Say what belongs together."""
        return Text(
            "工作人员账号须有经办机构和统筹区；居民账号不得有岗位、机构和统筹区。",
            "Staff have an office and a region; residents have no roles, office or region.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请补全或删去这些内容。", "Complete them or leave them out.")


@dataclass(eq=False)
class SessionNotFound(DomainError):
    """There is no such log-in or application, or not for the caller to end."""

    code = "SESSION_NOT_FOUND"

    def message(self) -> Text:
        """Say that it is not there."""
        return Text("没有这个登录。", "There is no such session.")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请刷新登录列表。", "Look at the list again.")


@dataclass(eq=False)
class ClientUnfit(DomainError):
    """A client application cannot be registered like this."""

    code = "CLIENT_UNFIT"
    fault: Text

    def message(self) -> Text:
        """Say what is wrong with the registration."""
        return Text(f"应用登记有误：{self.fault.zh}", f"The client cannot be registered: {self.fault.en}")

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请改正后重新登记。", "Correct it and register again.")
