"""Why a log-in does not become somebody's. None of them says who is in the register before a proof has held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.errors import DomainError, Text


@dataclass(eq=False)
class _Said(DomainError):
    """A refusal whose sentences are templates over its own facts."""

    says: ClassVar[Text]
    advises: ClassVar[Text]

    def message(self) -> Text:
        """Say what is wrong, with the facts."""
        return Text(self.says.zh.format(fact=self), self.says.en.format(fact=self))

    def remedy(self) -> Text:
        """Say what to do next."""
        return Text(self.advises.zh.format(fact=self), self.advises.en.format(fact=self))


class NothingToBind(_Said):
    """The log-in is no outside identity's, or it is somebody's already."""

    code = "NOTHING_TO_BIND"
    says = Text("此登录方式已属于本人，或不需要绑定。", "This log-in is yours already, or needs no binding.")
    advises = Text(
        "如要换人使用，请先解除绑定，再重新登录。", "To let somebody else use it, end the binding and log in anew."
    )


class RealNameNotProved(_Said):
    """The claim did not hold. Whether the name, the number or the ticket was wrong is not told."""

    code = "REAL_NAME_NOT_PROVED"
    law = "《个人信息保护法》第二十九条"
    says = Text("实名核验未通过。", "Your name and identity number could not be proved.")
    advises = Text(
        "请核对姓名和证件号码，在医保电子凭证页面重新获取核验凭据后再试；也可持证件到窗口办理。",
        "Check name and number, get a new ticket from the 医保电子凭证 page and try again, or come to a window.",
    )


class ProofIsTooWeak(_Said):
    """Name and number belong together, which others may know too."""

    code = "PROOF_TOO_WEAK"
    says = Text("此核验方式不足以确认是本人在操作。", "This way of proving does not show that it is you.")
    advises = Text(
        "请用医保电子凭证或刷脸方式重新核验。", "Prove it by your 医保电子凭证 or by your face, and try again."
    )


class PersonIsNotRegistered(_Said):
    """It is proved who they are, and they are not a resident of this city. Told to nobody but themselves."""

    code = "NOT_REGISTERED_HERE"
    says = Text("已核实是您本人，但您不在本市参保登记名册中。", "You are who you say, but not registered in this city.")
    advises = Text(
        "请先办理参保登记，或到原参保地办理。", "Register here first, or ask the city in which you are insured."
    )


class PersonIsBoundElsewhere(_Said):
    """It is proved who they are, and another identity is bound to them. Told to nobody but themselves."""

    code = "BOUND_ELSEWHERE"
    says = Text("您已在另一个同类账号上绑定。", "You are bound to another account of this kind already.")
    advises = Text(
        "请先在原账号或网页上解除绑定；如非本人操作，请立即到窗口办理。",
        "End that binding there or on the web first. If it was not you, come to a window at once.",
    )


class ProofIsOutOfReach(_Said):
    """Nobody answered clearly; no try is spent."""

    code = "PROOF_OUT_OF_REACH"
    says = Text("核验平台暂时没有答复，本次不计次数。", "Nobody could check it right now; this try does not count.")
    advises = Text("请重新获取核验凭据，稍后再试。", "Get a new ticket and try again in a while.")


@dataclass(eq=False)
class TooManyAttempts(_Said):
    """A log-in has failed too often."""

    code = "TOO_MANY_ATTEMPTS"
    says = Text("24 小时内未通过的次数已达 {fact.most} 次。", "There were {fact.most} failed tries within 24 hours.")
    advises = Text("请明天再试，或持证件到窗口办理。", "Try again tomorrow, or come to a window with your document.")
    most: int


class BindingNotFound(_Said):
    """There is no such binding, it is not the caller's, or it has ended."""

    code = "BINDING_NOT_FOUND"
    says = Text("没有这项绑定。", "There is no such binding.")
    advises = Text("请从列表中重新选择。", "Choose it from the list again.")
