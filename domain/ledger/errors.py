"""Refusals of the books."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.errors import DomainError, Text


class KeyMeansAnotherEventError(RuntimeError):
    """A bug: one event key was used for two different vouchers."""


@dataclass(eq=False)
class BooksAreClosed(DomainError):
    """The caller may not read the books."""

    code = "BOOKS_ARE_CLOSED"

    def message(self) -> Text:
        """Say that the books are not open to this caller."""
        return Text("您无权查看基金账簿。", "The books of the funds are not open to you.")

    def remedy(self) -> Text:
        """Say who may open them."""
        return Text(
            "请由财务人员查看，或向管理员申请权限。", "Ask an accountant, or ask an administrator for the right."
        )


@dataclass(eq=False)
class VoucherUnknown(DomainError):
    """No voucher has this id."""

    code = "VOUCHER_UNKNOWN"
    entry_id: UUID

    def message(self) -> Text:
        """Say which voucher is not there."""
        return Text(f"没有凭证 {self.entry_id}。", f"There is no voucher {self.entry_id}.")

    def remedy(self) -> Text:
        """Say how to find it."""
        return Text("请从序时账中选择凭证。", "Choose the voucher from the journal.")


@dataclass(eq=False)
class VoucherAlreadyReversed(DomainError):
    """The voucher was undone before."""

    code = "VOUCHER_ALREADY_REVERSED"
    number: str
    reversed_by: str

    def message(self) -> Text:
        """Name both vouchers."""
        return Text(
            f"凭证 {self.number} 已由凭证 {self.reversed_by} 冲销。",
            f"Voucher {self.number} was already reversed by voucher {self.reversed_by}.",
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text(
            "无需再次冲销；如需更正，请另制凭证。", "Nothing is left to reverse; make a new voucher to correct."
        )


@dataclass(eq=False)
class ReversalStays(DomainError):
    """A reversal is not reversed: the event itself is posted anew."""

    code = "REVERSAL_STAYS"
    number: str

    def message(self) -> Text:
        """Name the reversal."""
        return Text(
            f"凭证 {self.number} 是冲销凭证，不能再冲销。", f"Voucher {self.number} is a reversal and is not reversed."
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请按业务重新制证。", "Post the event again.")
