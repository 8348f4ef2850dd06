"""`yibao demo-bill`: an electronic hospital bill of the demonstration, known to its fiscal platform."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, cast

import httpx2

import city
from cli.refusals import CannotStart
from domain.errors import Text
from domain.work import day_of
from sandbox.fiscal import Bill, Line, new_check_code, new_number

# Codes, names and prices are those of the demonstration catalogue (domain/catalogue/data/demonstration.csv).
_LINES: Final = (
    Line("DEMO-S001", "普通床位费", Decimal(60), 7),
    Line("DEMO-S011", "一级护理", Decimal(40), 7),
    Line("DEMO-S005", "血常规", Decimal(20), 2),
    Line("DEMO-S008", "阑尾切除术", Decimal(1800), 1),
    Line("DEMO-X002", "示范头孢曲松注射剂", Decimal(28), 20),
    Line("DEMO-X006", "示范保健口服液", Decimal(98), 2),
)
_LONG_LINES: Final = (
    Line("DEMO-S001", "普通床位费", Decimal(60), 20),
    Line("DEMO-S011", "一级护理", Decimal(40), 20),
    Line("DEMO-S009", "骨科内固定术", Decimal(4200), 2),
    Line("DEMO-C003", "进口接骨板", Decimal(9800), 3),
    Line("DEMO-X002", "示范头孢曲松注射剂", Decimal(28), 220),
    Line("DEMO-S006", "CT 平扫", Decimal(260), 5),
    Line("DEMO-S007", "核磁共振", Decimal(600), 4),
    Line("DEMO-X006", "示范保健口服液", Decimal(98), 20),
    Line("DEMO-S005", "血常规", Decimal(20), 19),
)


class _Stay(NamedTuple):
    days: int
    diagnosis: str
    lines: tuple[Line, ...]


_SHORT: Final = _Stay(7, "急性阑尾炎", _LINES)
_LONG: Final = _Stay(20, "多发性骨折", _LONG_LINES)
_HOME_SINCE: Final = timedelta(days=3)
_WRITTEN_AS: Final[Mapping[str, Callable[[Bill], bytes]]] = MappingProxyType(
    {".xml": Bill.as_xml, ".ofd": Bill.as_ofd, ".pdf": Bill.as_pdf}
)


def write_bill(data: Path, *, file: Path, name: str = "", long: bool = False) -> str:
    """Issue a bill and write it into a file that is not there yet; give a line about it. Raises CannotStart.

    A `long` stay costs 52,000 yuan, so that every layer of settlement and every signature is needed.
    """
    write_as = _WRITTEN_AS.get(file.suffix.lower())
    if write_as is None:
        raise CannotStart(Text("文件名应以 .xml、.ofd 或 .pdf 结尾。", "Let the file end in .xml, .ofd or .pdf."))
    if file.exists():
        raise CannotStart(Text(f"{file} 已存在，请另选文件名。", f"{file} exists; choose another name."))
    today = day_of(datetime.now(UTC))  # noqa: TID251 - the border: a bill is of the present
    bill = _bill_of(name or city.demo_child(), stay=_LONG if long else _SHORT, today=today)
    _issue(data, bill)
    file.write_bytes(write_as(bill))
    return f"{file}: {bill.name} {bill.number} ¥{bill.total}, {bill.began_on} — {bill.ended_on}"


def _bill_of(name: str, *, stay: _Stay, today: date) -> Bill:
    ended = today - _HOME_SINCE
    return Bill(
        number=new_number(),
        check_code=new_check_code(),
        name=name,
        hospital_code=city.HOSPITAL_CODE,
        hospital_name=city.HOSPITAL_NAME,
        diagnosis=stay.diagnosis,
        began_on=ended - timedelta(days=stay.days),
        ended_on=ended,
        lines=stay.lines,
    )


def _issue(data: Path, bill: Bill) -> None:
    """Tell the platform of the running demonstration, so that it knows the bill when it is asked."""
    try:
        account = cast("dict[str, str]", json.loads((data / "fiscal" / "account.json").read_text("utf-8")))
        answer = httpx2.post(
            f"{account['base_url']}/sandbox/receipts", json=bill.told_to_the_platform(), timeout=5, trust_env=False
        )
    except (FileNotFoundError, httpx2.HTTPError) as absent:
        raise _not_running() from absent
    if answer.status_code != HTTPStatus.OK:
        raise _not_running()


def _not_running() -> CannotStart:
    return CannotStart(
        Text("票据查验沙箱没有运行；请先 make run。", "The fiscal sandbox does not run; start `make run` first.")
    )
