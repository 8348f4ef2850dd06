"""What the public does: report, come back with the receipt, write more, appeal, claim a reward.

Nobody in particular asks, at no particular time of a day: `anonymously` runs these commands with the beginning of the
day as their moment, without a request's number and without the log of commands, which would keep a digest of what was
written. A receipt that opens nothing takes the same way as one that does, to the same end.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from functools import cache
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import deadlines, rules, store
from domain.actors import ANYBODY
from domain.crypto import Keyring
from domain.errors import refuse
from domain.files import new_object_name
from domain.informants import InformantStore, RecordKind
from domain.informants import place_of as place_of_record
from domain.tipoffs import errors
from domain.tipoffs.calc import machine, receipts, sealing
from domain.tipoffs.service import common
from domain.tipoffs.values import (
    EVIDENCE_FOLDER,
    EnvelopeKind,
    Evidence,
    EvidenceShelf,
    KeyPurpose,
    Letter,
    Mailbox,
    Outcome,
    Report,
    TipoffState,
    place_of,
)
from domain.work import AGENCY_ZONE, Work, day_of, perform

LETTERS: Final = 10
"""How many letters a receipt shows, the newest; so many are opened, whatever there is."""
CODE_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OPEN: Final = tuple(state.value for state in TipoffState if state not in {TipoffState.CLOSED, TipoffState.ERASED})


async def anonymously(do: Callable[[Work], Awaitable[UUID | None]], *, now: datetime, keys: Keyring) -> UUID | None:
    """Run a command of the public: as nobody, at the beginning of the day, under no request's number."""
    day = datetime.combine(day_of(now), time(), AGENCY_ZONE)
    return (await perform(do, actor=ANYBODY, now=day, keys=keys)).result


def receipt_for(token: UUID, keys: Keyring) -> str:
    """Give the receipt that a report with this token gets. It is shown once, and kept nowhere."""
    return receipts.make_receipt(token.bytes, keys)


async def receive(
    work: Work,
    *,
    report: Report,
    token: UUID,
    region: str,
    book: rules.Book,
    second: InformantStore,
    shelf: EvidenceShelf,
    evidence: Sequence[Evidence] = (),
) -> UUID:
    """Take a report: seal it to the investigators whom it does not name, and keep the name of who gave it elsewhere.

    The same token again gives the same case; with another report it is refused (`ReportDiffers`). Raises every fault
    at once, and `TipoffsCannotBeReceived` when nobody could be trusted with it. No refusal repeats what was written.
    """
    refuse(machine.report_faults(report))
    receipt = receipt_for(token, work.keys)
    plain = orjson.dumps(asdict(report) | {"named": None}, option=orjson.OPT_SORT_KEYS)
    # What gives the name away goes into the mark as well: it opens with the receipt alone.
    mark = receipts.content_mark(receipt, orjson.dumps(asdict(report), option=orjson.OPT_SORT_KEYS))
    digest = receipts.digest_of(receipt, work.keys)
    async with store.beyond_the_wall("a receipt shows its own case, to whoever holds it"):
        await store.rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 41))", digest.hex())
        earlier = await store.row("SELECT id, content_mark FROM tipoff WHERE receipt_digest = $1", digest)
        if earlier is not None:
            if bytes(earlier["content_mark"]) != mark:
                raise errors.ReportDiffers(path=("token",))
            return earlier["id"]
        readers = await _readers_for(report)
        tipoff_id = await _insert(
            work, report=report, region=region, book=book, digest=digest, mark=mark, mailbox=_public(receipt)
        )
        await store.rows(
            "INSERT INTO tipoff_reader (tipoff_id, account_id) SELECT $1, unnest($2::uuid[]) RETURNING account_id",
            tipoff_id,
            readers,
        )
        recipients = await common.recipients_of(tipoff_id)
        await common.keep_envelope(
            work, tipoff_id=tipoff_id, kind=EnvelopeKind.REPORT, plain=plain, recipients=recipients, author_id=None
        )
        await _keep_evidence(work, tipoff_id, evidence, shelf=shelf)
        if report.named is not None:
            name = orjson.dumps(asdict(report.named))
            await keep_for_two(second, tipoff_id, kind=RecordKind.IDENTITY, plain=name)
        await work.audit("tipoff.receive", kind="tipoff", id=tipoff_id)
    return tipoff_id


async def look(receipt: str, *, keys: Keyring, second: InformantStore | None = None) -> Mailbox:
    """Open the informant's side of a case. Unknown and closed receipts open nothing, in the same way and time.

    With the second store it begins with what the reward desk has written about the reward, if it has.
    Raises `ReceiptUnreadable` for what its own check characters show to be no receipt.
    """
    plain = receipts.read_receipt(receipt)
    private = receipts.mailbox_of(plain)
    with store.asking(ANYBODY):
        async with store.beyond_the_wall("a receipt shows its own case, to whoever holds it"):
            case = await _case_of(plain, keys)
            outcome = await outcome_of(second, case["id"] if case else uuid4(), private) if second else None
            # There are always as many rows of the same size: what is missing is a decoy.
            decoy = _decoy()
            found = await store.rows(
                "SELECT letter.id, day, coalesce(content, $3) AS content, coalesce(wrapped, $4) AS wrapped"
                " FROM generate_series(1, $2::int) AS place LEFT JOIN ("
                "SELECT tipoff_envelope.id, day, content, wrapped, row_number() OVER (ORDER BY position DESC) AS place"
                " FROM tipoff_envelope JOIN tipoff_wrapped_key ON envelope_id = tipoff_envelope.id"
                " AND recipient = 'MAILBOX' WHERE tipoff_id = $1) AS letter USING (place) ORDER BY place",
                case["id"] if case else uuid4(),
                LETTERS,
                decoy[0],
                decoy[1],
            )
    letters = [Letter(outcome.day, outcome.text)] if outcome else []
    for row in found:
        await asyncio.sleep(0)  # Each takes as long as a short request of somebody else, who goes first.
        content, wrapped = bytes(row["content"]), bytes(row["wrapped"])
        if case is not None and row["id"] is not None:
            place = place_of(case["id"], row["id"], EnvelopeKind.TO_INFORMANT)
            letters.append(Letter(row["day"], _open(content, wrapped, private, place)))
        else:
            _open(content, wrapped, decoy[2], decoy[3])
    return _mailbox(case, letters[:LETTERS])


async def outcome_of(second: InformantStore, tipoff_id: UUID, private: X25519PrivateKey) -> Outcome | None:
    """Open what the reward desk has written to the informant; where there is nothing, a decoy is opened."""
    record = await second.find(tipoff_id, kind=RecordKind.OUTCOME)
    if record is None:
        decoy = _decoy()
        _open(decoy[0], decoy[1], decoy[2], decoy[3])
        return None
    key = sealing.unwrap(record.wrapped[common.MAILBOX], private, record.place)
    told = orjson.loads(sealing.open_sealed(record.content, key, record.place))
    until = date.fromisoformat(told["until"]) if told["until"] else None
    return Outcome(record.id, date.fromisoformat(told["day"]), told["text"], until)


async def reply(
    work: Work, *, receipt: str, text: str, shelf: EvidenceShelf, evidence: Sequence[Evidence] = ()
) -> UUID | None:
    """Write to the investigators, with more evidence if there is any. None for a receipt that opens nothing."""
    plain = receipts.read_receipt(receipt)
    refuse(machine.message_faults(text))
    return await _write(work, plain, text, shelf=shelf, evidence=evidence)


async def appeal(work: Work, *, receipt: str, text: str) -> UUID | None:
    """Ask for another look at what was not taken up. None for a receipt that opens nothing, or stands elsewhere."""
    plain = receipts.read_receipt(receipt)
    refuse(machine.message_faults(text))
    tipoff_id = await _write(work, plain, text, only_in=TipoffState.REFUSED)
    if tipoff_id is None:
        return None
    async with store.beyond_the_wall("a receipt shows its own case, to whoever holds it"):
        case = await store.row("SELECT * FROM tipoff WHERE id = $1 FOR NO KEY UPDATE", tipoff_id)
        assert case is not None
        return await common.move(work, case, to=TipoffState.APPEALED, action="appeal")


async def keep_for_two(
    second: InformantStore,
    tipoff_id: UUID,
    *,
    kind: RecordKind,
    plain: bytes,
    desk: Mapping[str, bytes] = MappingProxyType({}),
    mark: bytes | None = None,
    instead_of: UUID | None = None,
) -> None:
    """Seal something for two people together, and for the reward desk if its keys are given; keep it in the store."""
    first_half, second_half = await common.recipients_together()
    record_id = uuid4()
    sealed = sealing.seal_for_two(
        plain, first=first_half, second=second_half, place=place_of_record(record_id, kind), desk=desk
    )
    await second.keep(
        tipoff_id,
        kind=kind,
        record_id=record_id,
        content=sealed.content,
        wrapped=sealed.wrapped,
        mark=mark,
        instead_of=instead_of,
    )


async def _case_of(plain: str, keys: Keyring) -> common.Row | None:
    return await store.row(
        "SELECT id, state, received_on, region FROM tipoff WHERE receipt_digest = $1 AND state = ANY($2::text[])",
        receipts.digest_of(plain, keys),
        list(_OPEN),
    )


async def _write(
    work: Work,
    plain: str,
    text: str,
    *,
    shelf: EvidenceShelf | None = None,
    evidence: Sequence[Evidence] = (),
    only_in: TipoffState | None = None,
) -> UUID | None:
    """Seal a message to the readers of the case; where there is none, seal it to nobody who exists."""
    message = orjson.dumps({"text": machine.tidy(text)})
    async with store.beyond_the_wall("a receipt shows its own case, to whoever holds it"):
        case = await _case_of(plain, work.keys)
        if case is None or (only_in is not None and case["state"] != only_in):
            await common.recipients_of(uuid4())
            sealing.seal(message, recipients={"nobody": _decoy()[2].public_key().public_bytes_raw()}, place="nowhere")
            return None
        recipients = await common.recipients_of(case["id"])
        kind = EnvelopeKind.FROM_INFORMANT
        await common.keep_envelope(
            work, tipoff_id=case["id"], kind=kind, plain=message, recipients=recipients, author_id=None
        )
        if shelf is not None:
            await _keep_evidence(work, case["id"], evidence, shelf=shelf)
        return case["id"]


async def _readers_for(report: Report) -> list[UUID]:
    """Choose who may see a report: investigators whom it does not name and who are close to nobody in it.

    Where nobody of the house is left, it goes to the authority above.
    """
    close = await store.rows("SELECT account_id, subject FROM investigator_relation")
    for purpose in (KeyPurpose.CASE, KeyPurpose.ESCALATION):
        readers = {
            row["holder_id"]
            for row in await common.keys_in_use(purpose)
            if not machine.is_about(
                report,
                [row["display_name"], row["office"] or ""]
                + [each["subject"] for each in close if each["account_id"] == row["holder_id"]],
            )
        }
        if readers:
            return sorted(readers)
    raise errors.TipoffsCannotBeReceived(path=())


async def _insert(
    work: Work, *, report: Report, region: str, book: rules.Book, digest: bytes, mark: bytes, mailbox: bytes
) -> UUID:
    terms = book.in_force(rules.TipoffTerms, region=region, day=work.today)
    calendar = await deadlines.load_calendar(around=work.today)
    tipoff_id = uuid4()
    await store.rows(
        "INSERT INTO tipoff (id, code, receipt_digest, mailbox_key, content_mark, region, state, named, insider,"
        " received_on, decide_by) VALUES ($1, $2, $3, $4, $5, $6, 'RECEIVED', $7, $8, $9, $10) RETURNING id",
        tipoff_id,
        "J" + "".join(secrets.choice(CODE_SIGNS) for _ in range(7)),
        digest,
        mailbox,
        mark,
        region,
        report.named is not None,
        report.insider,
        work.today,
        calendar.add_working_days(work.today, terms.decide_working_days).day,
    )
    await store.rows(
        "INSERT INTO tipoff_history (tipoff_id, day, action, before, after)"
        " VALUES ($1, $2, 'receive', 'RECEIVED', 'RECEIVED') RETURNING id",
        tipoff_id,
        work.today,
    )
    return tipoff_id


async def _keep_evidence(work: Work, tipoff_id: UUID, evidence: Sequence[Evidence], *, shelf: EvidenceShelf) -> None:
    """Seal each file twice, cleaned and as it was, and lay both on the shelf under random names."""
    recipients = await common.recipients_of(tipoff_id)
    for file in evidence:
        head = orjson.dumps({"name": file.name, "type": file.cleaned_type}) + b"\n"
        for kind, content in (
            (EnvelopeKind.EVIDENCE_CLEAN, file.cleaned),
            (EnvelopeKind.EVIDENCE_ORIGINAL, file.original),
        ):
            envelope_id, name = uuid4(), new_object_name(EVIDENCE_FOLDER)
            place = place_of(tipoff_id, envelope_id, kind)
            sealed = sealing.seal(head + content, recipients=recipients, place=place)
            await shelf.put_on_day(name, sealed.content, begins=datetime.combine(work.today, time(), AGENCY_ZONE))
            await common.insert_envelope(
                work,
                envelope_id=envelope_id,
                tipoff_id=tipoff_id,
                kind=kind,
                sealed=sealed,
                author_id=None,
                object_name=name,
            )


def _public(receipt: str) -> bytes:
    return receipts.mailbox_of(receipt).public_key().public_bytes_raw()


def _open(content: bytes, wrapped: bytes, private: X25519PrivateKey, place: str) -> str:
    return orjson.loads(sealing.open_sealed(content, sealing.unwrap(wrapped, private, place), place))["text"]


@cache
def _decoy() -> tuple[bytes, bytes, X25519PrivateKey, str]:
    """Give an envelope to nobody, which is opened where there is none, so that time tells nothing."""
    private = X25519PrivateKey.generate()
    sealed = sealing.seal(
        orjson.dumps({"text": ""}), recipients={"nobody": private.public_key().public_bytes_raw()}, place="decoy"
    )
    return sealed.content, sealed.wrapped["nobody"], private, "decoy"


def _mailbox(case: common.Row | None, letters: Sequence[Letter]) -> Mailbox:
    said = len(orjson.dumps([{"day": letter.day, "text": letter.text} for letter in letters]))
    room = receipts.ANSWER_BYTES - said
    padding = secrets.token_urlsafe(room)[:room]
    if case is None:
        return Mailbox(found=False, state=None, received_on=None, letters=(), padding=padding)
    state = TipoffState(case["state"])
    return Mailbox(found=True, state=state, received_on=case["received_on"], letters=tuple(letters), padding=padding)
