"""Why an institution or its keys stay as they are."""

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


class InstitutionNotFound(_Said):
    """There is no such institution."""

    code = "INSTITUTION_NOT_FOUND"
    says = Text("没有这个机构应用。", "There is no such institution.")
    advises = Text("请从机构列表中选择。", "Choose it from the list of institutions.")


class ChangeNotFound(_Said):
    """There is no such change, or it is decided."""

    code = "INSTITUTION_CHANGE_NOT_FOUND"
    says = Text("没有这项待决定的变更。", "No such change waits for a decision.")
    advises = Text("请刷新列表后重新选择。", "Look at the list again.")


class ChangeWaits(_Said):
    """Another change of the same institution waits for a decision."""

    code = "INSTITUTION_CHANGE_WAITS"
    says = Text("该机构已有一项变更等待决定。", "Another change of this institution waits for a decision.")
    advises = Text("请先决定那一项。", "Decide that one first.")


@dataclass(eq=False)
class KeyIsUnfit(_Said):
    """A key cannot be registered."""

    code = "INSTITUTION_KEY_UNFIT"
    says = Text("密钥不能登记：{fact.fault.zh}", "The key cannot be registered: {fact.fault.en}")
    advises = Text(
        "请机构提供新生成的公钥（JWK：P-256、Ed25519 或 3072 位以上 RSA），不含私钥部分。",
        "Ask for a new public key as a JWK: P-256, Ed25519, or RSA of 3072 bits or more, without its private part.",
    )
    fault: Text


class KeyNotFound(_Said):
    """The institution has no such key, or it is the only one that counts."""

    code = "INSTITUTION_KEY_NOT_FOUND"
    says = Text(
        "该机构没有这把密钥，或它是唯一有效的密钥。", "The institution has no such key, or no other that counts."
    )
    advises = Text(
        "请先登记新密钥；若密钥已泄露，请立即暂停该机构。",
        "Register a new key first; suspend the institution at once when the key has leaked.",
    )


class WrongState(_Said):
    """An institution is suspended twice, or let in that is in."""

    code = "INSTITUTION_STATE"
    says = Text("该机构的状态不允许此操作。", "The institution is not in the state for this.")
    advises = Text("请刷新后查看机构状态。", "Look at its state again.")


class StillTokensAbroad(_Said):
    """Tokens from before the suspension have not expired yet and would hold again."""

    code = "INSTITUTION_TOKENS_ABROAD"
    says = Text(
        "暂停前签发的令牌尚未过期，现在恢复会使其重新有效。", "Tokens from before the suspension would hold again."
    )
    advises = Text("请在暂停满十分钟后再决定恢复。", "Decide this ten minutes after the suspension.")


class ReasonIsMissing(_Said):
    """A change comes without a reason of 1 to 500 characters."""

    code = "INSTITUTION_REASON_MISSING"
    says = Text("须写明理由（1 至 500 字）。", "A reason of 1 to 500 characters is needed.")
    advises = Text("请写明变更或暂停的理由。", "Write why.")
