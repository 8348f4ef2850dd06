"""Pure decisions about masks, corrections and exports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from html import escape
from typing import Final
from uuid import UUID

import orjson

from domain.errors import DomainError, Text
from domain.identifiers import ResidentId, check_certificate
from domain.privacy import errors
from domain.privacy.values import (
    Affected,
    CheckedForm,
    CorrectionForm,
    CorrectionState,
    Effect,
    Key,
)
from domain.privacy.values.exported import EXPORTED

_NAME: Final = re.compile(r"[^\W\d_]+(?:[·'’ -][^\W\d_]+)*")
_NAME_MAX: Final = 60
_PAPER_MAX: Final = 200
_PAPERS_MAX: Final = 10
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_ADDRESS: Final = range(4, 121)
_TAIL: Final = 4
_TELLS_BIRTH_DAY: Final = frozenset({"01", "07", "17"})
"""Kinds of document (psn_cert_type) in whose number the birth day stands."""

ALLOWED: Final[Mapping[CorrectionState, frozenset[CorrectionState]]] = {
    CorrectionState.ASKED: frozenset({CorrectionState.TAKEN_UP, CorrectionState.WITHDRAWN}),
    CorrectionState.TAKEN_UP: frozenset(
        {CorrectionState.APPROVED, CorrectionState.REJECTED, CorrectionState.WITHDRAWN}
    ),
    CorrectionState.APPROVED: frozenset(),
    CorrectionState.REJECTED: frozenset(),
    CorrectionState.WITHDRAWN: frozenset(),
}


def check_form(form: CorrectionForm, *, key: Key, today: date) -> tuple[CheckedForm | None, list[DomainError]]:
    """Check what somebody wants to be known by, with every fault at once."""
    faults: list[DomainError] = []
    name = " ".join((form.name or "").split()) or None
    if name is not None and (len(name) > _NAME_MAX or _NAME.fullmatch(name) is None):
        faults.append(errors.CorrectionNameUnfit(path=("form", "name")))
    number, told = _read_document(form, today=today, faults=faults)
    born_on = form.born_on if form.born_on != key.born_on else None
    kind = form.document_type.value if form.document_type else key.document_type
    if told is not None and told != (born_on or key.born_on):
        if form.born_on is None:
            born_on = told
        else:
            faults.append(errors.BirthDayDisagrees(in_number=told, path=("form", "born_on")))
    elif born_on is not None and number is None and kind in _TELLS_BIRTH_DAY:
        faults.append(errors.BirthDayDisagrees(in_number=key.born_on, path=("form", "born_on")))
    if born_on is not None and born_on > today:
        faults.append(errors.BirthDayDisagrees(in_number=told, path=("form", "born_on")))
    papers = tuple(paper for paper in (" ".join(text.split()) for text in form.papers) if paper)
    if not 0 < len(papers) <= _PAPERS_MAX or any(len(paper) > _PAPER_MAX for paper in papers):
        faults.append(errors.CorrectionNeedsPapers(path=("form", "papers")))
    name = name if name != key.name else None
    if name is None and born_on is None and number is None and not faults:
        faults.append(errors.CorrectionChangesNothing(path=("form",)))
    checked = CheckedForm(
        name=name, born_on=born_on, document_type=form.document_type, document_number=number, papers=papers
    )
    return (None if faults else checked), faults


def _read_document(form: CorrectionForm, *, today: date, faults: list[DomainError]) -> tuple[str | None, date | None]:
    """Give the number in its normal form and the birth day in it, where there is one."""
    if (form.document_type is None) != (not form.document_number):
        faults.append(errors.DocumentIsIncomplete(path=("form", "document_number")))
    if form.document_type is None or not form.document_number:
        return None, None
    read = check_certificate(form.document_type, text=form.document_number, today=today)
    if isinstance(read, tuple):
        for fault in read:
            fault.path = ("form", "document_number")
        faults += read
        return None, None
    return read.number, read.born_on if isinstance(read, ResidentId) else None


def effects_of(form: CheckedForm, *, key: Key, affected: Affected, comes_of_age: date | None) -> tuple[Effect, ...]:
    """Tell what follows from a correction, so that it is read before it is confirmed.

    `comes_of_age` is the 18th birthday by the new birth day, where there is one.
    """
    found: list[Effect] = []
    if form.name is not None:
        zh = f"此后的缴费单、凭证和医保凭证使用姓名“{form.name}”，已开出的不改。"
        en = "Bills and papers from now on bear the new name; earlier ones stay."
        found.append(Effect("NAME", zh, en, by_itself=True))
    if form.document_number is not None:
        zh = "此后以新证件号码核验身份和就医，原号码不再查到本人。"
        en = "Only the new number identifies the person, at hospitals too."
        found.append(Effect("DOCUMENT", zh, en, by_itself=True))
        zh = "社会保障卡须凭新证件到发卡机构换领。"
        found.append(Effect("CARD", zh, "The social security card has to be exchanged.", by_itself=False))
    if form.born_on is not None and comes_of_age is not None:
        zh = f"年龄按 {form.born_on} 计算，原为 {key.born_on}。"
        en = f"Age counts from {form.born_on} instead of {key.born_on}."
        found.append(Effect("AGE", zh, en, by_itself=True))
        found += _effects_of_age(affected, comes_of_age=comes_of_age)
    return tuple(found)


def _effects_of_age(affected: Affected, *, comes_of_age: date) -> Iterator[Effect]:
    for before in affected.guardians_until:
        if before != comes_of_age:
            zh = f"监护人的代办权由至 {before} 止改为至 {comes_of_age} 止。"
            en = f"A guardian's mandate ends on {comes_of_age} instead of {before}."
            yield Effect("GUARDIAN", zh, en, by_itself=True)
    for bill in affected.open_bills:
        zh = f"{bill.year} 年度缴费单 {bill.number} 按原出生日期开出，由经办机构核对后重开。"
        en = f"Bill {bill.number} for {bill.year} was made by the old birth day; the agency checks it."
        yield Effect("BILL", zh, en, by_itself=False)


def print_effects(effects: Sequence[Effect]) -> bytes:
    """Give the print of effects by which somebody says that they have read them."""
    return sha256(orjson.dumps([asdict(effect) for effect in effects])).digest()


def write_content(person_id: UUID, form: CheckedForm, effects: Sequence[Effect]) -> str:
    """Write a correction as one canonical text: what an approval is bound to."""
    plain = {"person": str(person_id), "form": asdict(form), "effects": [asdict(effect) for effect in effects]}
    return orjson.dumps(plain, default=str, option=orjson.OPT_SORT_KEYS).decode()


def require_step(state: CorrectionState, *, to: CorrectionState) -> None:
    """Refuse a step that the table of states does not know."""
    if to not in ALLOWED[state]:
        raise errors.CorrectionIsOver(state=state.value, path=("id",))


def read_phone(text: str) -> str | None:
    """Give a mobile number in its normal form, or None when it is none."""
    phone = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).removeprefix("+86")
    return phone if _MOBILE.fullmatch(phone) else None


def read_address(text: str) -> str | None:
    """Give an address without needless spaces, or None when it cannot be one."""
    address = " ".join(text.split())
    return address if len(address) in _ADDRESS else None


def is_tail_of(number: str, *, text: str) -> bool:
    """Tell whether somebody knows how a number ends."""
    told = unicodedata.normalize("NFKC", text).strip().upper()
    return len(told) == _TAIL and number.upper().endswith(told)


def write_page(content: Mapping[str, Sequence[Mapping[str, object]]], *, made_at: str) -> str:
    """Write an export as a page that people can read: a heading and a table for everything."""
    parts = [
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>个人信息副本</title>",
        f"<h1>个人信息副本 <small>Copy of personal data</small></h1><p>{escape(made_at)}</p>",
    ]
    for table, found in content.items():
        called: Text = EXPORTED[table].called
        parts.append(f"<h2>{escape(called.zh)} <small>{escape(called.en)}</small></h2>")
        parts += [_table_of(row) for row in found] or ["<p>无。None.</p>"]
    return "".join([*parts, "</html>"])


def _table_of(row: Mapping[str, object]) -> str:
    lines = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape('' if value is None else str(value))}</td></tr>"
        for name, value in row.items()
    )
    return f"<table>{lines}</table>"
