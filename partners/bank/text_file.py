"""The plain files of banks that speak no ISO 20022: fields parted by `|`, lines ended by CR LF, GB 18030 or UTF-8.

    H|batch|day|account that pays|count|sum              what we hand over
    D|place|number|account|name|bank|sum|remark

    H|batch|count                                        what comes back
    R|number|OK or FAIL|code|sentence|reference|day|sum

GB 18030 holds every character; GBK and GB 2312 do not, and a rare character of a name must not turn into a question
mark, so such a file is refused by the names that do not fit.
"""

from __future__ import annotations

from typing import Final

from domain.money import total
from partners.bank.values import Executed, Order, Refused, Report, Unreadable
from partners.bank.xml import to_day, to_money

ENCODINGS: Final = ("gb18030", "gbk", "utf-8")
_RESULT_FIELDS: Final = 8


class NameDoesNotFit(ValueError):
    """An encoding of the bank lacks characters of some payees' names."""

    def __init__(self, numbers: tuple[str, ...], *, encoding: str) -> None:
        super().__init__(f"{encoding} lacks characters that {', '.join(numbers)} need.")
        self.numbers = numbers


def write(order: Order, *, encoding: str) -> bytes:
    """Write the file of a batch; raises `NameDoesNotFit` rather than to change a name."""
    lacking = tuple(
        transfer.number for transfer in order.transfers if not _fits(transfer.name + transfer.remark, encoding)
    )
    if lacking:
        raise NameDoesNotFit(lacking, encoding=encoding)
    whole = total(transfer.amount for transfer in order.transfers)
    count = str(len(order.transfers))
    lines = [_joined("H", order.number, f"{order.made_at:%Y%m%d}", order.debtor.account, count, str(whole))]
    lines += [
        _joined("D", str(place), one.number, one.account, one.name, one.bank_code, str(one.amount), one.remark)
        for place, one in enumerate(order.transfers, start=1)
    ]
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)


def read_results(body: bytes, *, encoding: str) -> tuple[Report, ...]:
    """Read the results of a file; the count in the head must be the count of lines. Raises `Unreadable`."""
    try:
        head, *lines = [line.split("|") for line in body.decode(encoding).splitlines()]
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"This is no file of results in {encoding}: {error}.") from None
    if head[0] != "H" or head[-1] != str(len(lines)):
        raise Unreadable(f"The head says {'|'.join(head)!r}, and {len(lines)} lines follow.")
    return tuple(_report(line) for line in lines)


def _report(fields: list[str]) -> Report:
    if len(fields) != _RESULT_FIELDS or fields[0] != "R" or not fields[1]:
        raise Unreadable(f"This is no line of results: {'|'.join(fields)!r}.")
    _, number, ended, code, sentence, reference, day, amount = fields
    if ended == "OK" and reference:
        return Report(number, Executed(reference=reference, amount=to_money(amount), on=to_day(day)))
    if ended == "FAIL" and code:
        return Report(number, Refused(code=code, sentence=sentence))
    raise Unreadable(f"{number} ended as {ended!r}.")


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _joined(*fields: str) -> str:
    if any("|" in field or "\n" in field or "\r" in field for field in fields):
        raise ValueError("A field holds a sign that parts fields or lines.")
    return "|".join(fields)
