"""Evidence from a program that has its own pages: files with a receipt in, JSON as long as a page out.

A program reports, looks and writes over the GraphQL beside the page, whose requests are short. Files come here, by the
same way and with the same limits as those of the page: into memory, through the cage, sealed, and nowhere else.

    POST /tipoffs/evidence   multipart/form-data: receipt, text (may be left out), files
    → 200 {"taken": true, "errors": [], "work": null, "padding": "…"}

When too many are sending, `work` is a puzzle (`puzzles`): the same again with its `puzzle` and `work` goes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import orjson
from starlette.responses import Response

from api.tipoffs import pages, puzzles, words
from api.tipoffs.incoming import TooManyFiles
from api.tipoffs.steps import Asked, read_evidence
from domain import tipoffs
from domain.cleaning import FileIsEmpty
from domain.errors import DomainError, Refused, Text
from domain.work import Work
from partners.storage import open_shelf

EVIDENCE_PATH: Final = "/tipoffs/evidence"
ALONE: Final = "补充证据"
"""What stands beside files that came without a word."""


async def take_evidence(asked: Asked) -> Response:
    """Take files for the report that a receipt opens: all of them or none."""
    if not asked.may_write(puzzle=asked.form.text("puzzle")):
        return _told([_said(words.SLOWER)], work=puzzles.one_for_a_program(asked.resources.keys, now=asked.now))
    evidence, faults = await read_evidence(asked)
    if not evidence and not faults:
        faults = [("", FileIsEmpty())]
    if faults:
        return _told([_fault(name, fault) for name, fault in faults])
    shelf = open_shelf(asked.resources.settings.shelf)
    receipt, text = asked.form.text("receipt"), asked.form.text("text").strip() or ALONE

    async def write(work: Work) -> UUID | None:
        return await tipoffs.reply(work, receipt=receipt, text=text, shelf=shelf, evidence=evidence)

    try:
        done = await tipoffs.anonymously(write, now=asked.now, keys=asked.resources.keys)
    except (DomainError, Refused) as refusal:
        found = refusal.faults if isinstance(refusal, Refused) else (refusal,)
        return _told([_fault("", fault) for fault in found])
    return _told([] if done else [_said(words.OPENS_NOTHING)])


def _fault(name: str, fault: DomainError | TooManyFiles) -> Mapping[str, str | None]:
    remedy = fault.remedy()
    return {
        "file": name or None,
        "code": getattr(fault, "code", None),
        **_words(fault.message()),
        "remedy": remedy.zh,
        "remedyEn": remedy.en,
    }


def _said(text: Text) -> Mapping[str, str | None]:
    return {"file": None, "code": None, **_words(text), "remedy": None, "remedyEn": None}


def _words(text: Text) -> Mapping[str, str]:
    return {"message": text.zh, "messageEn": text.en}


def _told(errors: Sequence[Mapping[str, str | None]], *, work: Mapping[str, str | int] | None = None) -> Response:
    answer: dict[str, object] = {"taken": not errors, "errors": errors, "work": work, "padding": ""}
    room = pages.PAGE_BYTES - len(orjson.dumps(answer))
    assert room >= 0, "An answer longer than all others would tell what it is."
    answer["padding"] = pages.padding(room).decode()
    return Response(orjson.dumps(answer), 200, pages.HEADERS, "application/json")
