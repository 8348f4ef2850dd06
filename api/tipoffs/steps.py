"""What each button of the pages does. Nothing here knows who asks; every answer from here has the status 200."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.responses import Response

from api.resources import Resources
from api.tipoffs import pages, puzzles, words
from api.tipoffs.flood import Flood
from api.tipoffs.incoming import FileFault, Incoming, IncomingFile
from api.tipoffs.pages import Entry
from api.tipoffs.tokens import make_token, read_token
from domain import institutions, payouts, store, tipoffs
from domain.actors import ANYBODY
from domain.cleaning import EVIDENCE, Cage, Limits, Vessel
from domain.errors import DomainError, Refused, Text
from domain.work import Work
from partners.storage import open_shelf

SHOWN_MAX: Final = 4_000
"""Characters of a field that are given back, so that a page stays within its length."""
FOUND_MAX: Final = 12
_CLEANED_MAX: Final = Limits(bytes_max=20 * 1024 * 1024)


@dataclass(frozen=True)
class Asked:
    """One request: its form, who may be held back for it, and what it works with."""

    form: Incoming
    address: str | None
    now: datetime
    flood: Flood
    cage: Cage
    resources: Resources

    def entry(self, *names: str) -> Entry:
        """Give back what was written into these fields."""
        return Entry(texts={name: self.form.text(name)[:SHOWN_MAX] for name in names})

    def fresh_token(self) -> str:
        """Make a token for the next form."""
        return make_token(self.resources.keys, now=self.now)

    def may_write(self, *, puzzle: str) -> bool:
        """Tell whether this may be taken now; its device may have solved `puzzle`."""
        solved = puzzles.solved(puzzle, self.form.text("work"), keys=self.resources.keys, now=self.now)
        return not self.form.is_too_much and self.flood.may_write(self.address, solved=solved)

    def report_page(self, token: str, entry: Entry) -> Response:
        """Give the form; when many are sending, with a puzzle for the device that shows it."""
        return pages.report_page(token, entry, with_puzzle=self.flood.is_high())


Step = Callable[[Asked], Awaitable[Response]]


async def take(asked: Asked) -> Response:
    """Do what the button says; an unknown one leads to the beginning."""
    step = _STEPS.get(asked.form.text("step"))
    return await step(asked) if step else pages.start_page()


async def _start(_: Asked) -> Response:
    return pages.start_page()


async def _whom(asked: Asked) -> Response:
    return pages.whom_page(asked.form.text("who")[:_WHO_MAX])


async def _find(asked: Asked) -> Response:
    """Look a unit up. What was typed is compared here and goes into no query, which a database could log."""
    typed = asked.form.text("who")[:_WHO_MAX]
    wanted = "".join(typed.split()).casefold()
    if not wanted:
        return pages.whom_page(typed)
    if not asked.flood.may_look(asked.address):
        return pages.whom_page(typed, found=())
    with store.asking(ANYBODY):
        names = await institutions.list_names()
    found = [name for name in names if wanted in "".join(name.split()).casefold()]
    return pages.whom_page(typed, found=found[:FOUND_MAX])


async def _begin(asked: Asked) -> Response:
    who = asked.form.text("chosen") or asked.form.text("who")
    return asked.report_page(asked.fresh_token(), Entry(texts={"who": who[:_WHO_MAX]}))


async def _return(_: Asked) -> Response:
    return pages.return_page()


async def _report(asked: Asked) -> Response:
    form, resources = asked.form, asked.resources
    entry = asked.entry("who", "what", "when", "how_known", "insider", "name", "phone")
    written = form.text("token")
    token = read_token(written, resources.keys, now=asked.now)
    if token is None:
        return asked.report_page(asked.fresh_token(), replace(entry, notice=words.OUTDATED))
    if not asked.may_write(puzzle=written):
        return asked.report_page(written, replace(entry, notice=words.SLOWER))
    evidence, file_faults = await read_evidence(asked)
    if file_faults:
        return asked.report_page(written, replace(entry, file_faults=file_faults))
    second = resources.informants
    assert second is not None, "Who serves the public has opened the second store."
    report = _read_report(form)

    async def receive(work: Work) -> UUID:
        return await tipoffs.receive(
            work,
            report=report,
            token=token,
            region=resources.settings.region,
            book=resources.book,
            second=second,
            shelf=open_shelf(resources.settings.shelf),
            evidence=evidence,
        )

    try:
        await tipoffs.anonymously(receive, now=asked.now, keys=resources.keys)
    except tipoffs.ReportDiffers:
        return asked.report_page(asked.fresh_token(), replace(entry, notice=words.ALREADY_SENT))
    except (DomainError, Refused) as refusal:
        return asked.report_page(written, replace(entry, faults=_faults(refusal)))
    return pages.receipt_page(tipoffs.receipt_for(token, resources.keys))


async def _look(asked: Asked) -> Response:
    if not asked.flood.may_look(asked.address):
        return pages.return_page(replace(asked.entry("receipt"), notice=words.SLOWER_LOOK))
    return await _mailbox(asked, pages.NOTHING)


async def _reply(asked: Asked) -> Response:
    entry = asked.entry("text")
    if (held_back := _held_back(asked)) is not None:
        return await _mailbox(asked, replace(entry, notice=held_back))
    evidence, file_faults = await read_evidence(asked)
    if file_faults:
        return await _mailbox(asked, replace(entry, file_faults=file_faults))
    shelf = open_shelf(asked.resources.settings.shelf)
    receipt, text = asked.form.text("receipt"), asked.form.text("text")

    async def write(work: Work) -> UUID | None:
        return await tipoffs.reply(work, receipt=receipt, text=text, shelf=shelf, evidence=evidence)

    return await _write(asked, write, entry, well=words.SENT, vain=words.OPENS_NOTHING)


async def _appeal(asked: Asked) -> Response:
    entry = asked.entry("text")
    if (held_back := _held_back(asked)) is not None:
        return await _mailbox(asked, replace(entry, notice=held_back))
    receipt, text = asked.form.text("receipt"), asked.form.text("text")
    return await _write(
        asked,
        lambda work: tipoffs.appeal(work, receipt=receipt, text=text),
        entry,
        well=words.APPEALED,
        vain=words.NOTHING_TO_APPEAL,
    )


async def _claim(asked: Asked) -> Response:
    entry = asked.entry("holder", "account", "bank_code")
    if (held_back := _held_back(asked)) is not None:
        return await _mailbox(asked, replace(entry, notice=held_back))
    second = asked.resources.informants
    assert second is not None, "Who serves the public has opened the second store."
    receipt = asked.form.text("receipt")
    payee = payouts.Payee(
        name=asked.form.text("holder").strip(),
        account="".join(asked.form.text("account").split()),
        bank_code="".join(asked.form.text("bank_code").split()),
    )
    return await _write(
        asked,
        lambda work: tipoffs.claim_reward(work, receipt=receipt, payee=payee, second=second),
        entry,
        well=words.CLAIMED,
        vain=words.NOTHING_TO_CLAIM,
    )


async def _write(
    asked: Asked, do: Callable[[Work], Awaitable[UUID | None]], entry: Entry, *, well: Text, vain: Text
) -> Response:
    """Do something with a receipt, and show what it opens afterwards."""
    try:
        done = await tipoffs.anonymously(do, now=asked.now, keys=asked.resources.keys)
    except (DomainError, Refused) as refusal:
        return await _mailbox(asked, replace(entry, faults=_faults(refusal)))
    return await _mailbox(asked, Entry(notice=well) if done else replace(entry, notice=vain))


async def _mailbox(asked: Asked, entry: Entry) -> Response:
    receipt = asked.form.text("receipt")
    try:
        plain = tipoffs.read_receipt(receipt)
        mailbox = await tipoffs.look(plain, keys=asked.resources.keys, second=asked.resources.informants)
    except tipoffs.ReceiptUnreadable as unreadable:
        return pages.return_page(Entry(texts={"receipt": receipt[:60]}, faults=(replace_path(unreadable),)))
    return pages.mailbox_page(mailbox, receipt=plain, token=asked.fresh_token(), entry=entry)


def replace_path(fault: DomainError) -> DomainError:
    """Let a refusal of the receipt stand above its only field."""
    fault.path = ()
    return fault


def _held_back(asked: Asked) -> Text | None:
    """Say why a message is not taken now. A token that is too old only shows that the page was."""
    if read_token(asked.form.text("token"), asked.resources.keys, now=asked.now) is None:
        return words.OUTDATED
    if not asked.may_write(puzzle=asked.form.text("token")):
        return words.SLOWER
    return None


async def read_evidence(asked: Asked) -> tuple[tuple[tipoffs.Evidence, ...], list[FileFault]]:
    """Clean every file, or say of each why it cannot be; one that cannot keeps all of them out."""
    refused = list(asked.form.faults)
    made: list[tipoffs.Evidence] = []
    if not refused:
        for file in asked.form.files:
            cleaned, faults = await _clean(asked, file)
            refused += [(file.name, fault) for fault in faults]
            made += [cleaned] if cleaned else []
    return tuple(made), refused


async def _clean(asked: Asked, file: IncomingFile) -> tuple[tipoffs.Evidence | None, tuple[DomainError, ...]]:
    with Vessel() as into:
        come = await asked.cage.clean(
            file.vessel, into, taken=EVIDENCE, limits=_CLEANED_MAX, in_spare_time=asked.flood.is_high()
        )
        if come.kind is None:
            return None, come.faults
        cleaned = b"".join(into.pieces(size=come.size))
    original = b"".join(file.vessel.pieces())
    return tipoffs.Evidence(file.name, cleaned, come.kind.media_type, original), ()


def _read_report(form: Incoming) -> tipoffs.Report:
    name, phone = form.text("name").strip(), form.text("phone").strip()
    return tipoffs.Report(
        what=form.text("what"),
        who=form.text("who"),
        when=form.text("when"),
        how_known=form.text("how_known"),
        insider=form.text("insider") == "yes",
        named=tipoffs.Named(name=name, phone=phone) if name or phone else None,
    )


def _faults(refusal: DomainError | Refused) -> tuple[DomainError, ...]:
    found = refusal.faults if isinstance(refusal, Refused) else (refusal,)
    for fault in found:
        if fault.path == ("payee", "name"):
            fault.path = ("payee", "holder")
    return found


_WHO_MAX: Final = 200
_STEPS: Final[Mapping[str, Step]] = {
    "start": _start,
    "whom": _whom,
    "find": _find,
    "begin": _begin,
    "report": _report,
    "return": _return,
    "look": _look,
    "reply": _reply,
    "appeal": _appeal,
    "claim": _claim,
}
