"""Whoever steals the database, Valkey and the application's configuration reads nothing and learns of nobody."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from uuid import uuid4

import asyncpg
import pytest
from redis import asyncio as aioredis

from domain import store, tipoffs
from domain.crypto import Purpose
from domain.errors import DomainError
from domain.store import connect_arguments
from domain.tipoffs import EnvelopeKind, Evidence, Named
from tests.builders import KEYS, NOW
from tests.domain.tipoffs.people import BOOK, Desk, a_report

WHAT = "住院部三楼的护士长把病历补写成一百二十天"
WHO = "蓝塔康复医院"
NAME = Named(name="欧阳慕白", phone="13957288213")
ANSWER = "值班表藏在药房的灰色铁柜里"
LETTER = "请问灰色铁柜的钥匙由谁保管"
NOTE = "先到药房查看灰色铁柜再谈话"
FOUND = "一百二十天病历系补写并已固定证据"
EVIDENCE = Evidence("灰柜照片.jpg", b"CANARY-CLEANED-COPY-7731", "image/jpeg", b"CANARY-ORIGINAL-GPS-122.2E")
CANARIES = (
    WHAT, WHO, NAME.name, NAME.phone, ANSWER, LETTER, NOTE, FOUND, EVIDENCE.name, "CANARY-CLEANED-COPY-7731",
    "CANARY-ORIGINAL-GPS-122.2E", "438217.65", "43821765",
)  # fmt: skip


def writings(secret: str) -> Iterator[bytes]:
    """Every common way in which a text could lie somewhere: plain, hexadecimal, base64, JSON's escapes."""
    for raw in (secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift, packer in product(range(3), (base64.b64encode, base64.urlsafe_b64encode)):
            packed = packer(bytes(shift) + raw + bytes(3))
            yield packed[-(-shift * 4 // 3) : (shift + len(raw)) * 4 // 3]
    yield secret.encode("unicode_escape")


def canaries_in(stolen: bytes, *, canaries: tuple[str, ...] = CANARIES) -> list[str]:
    return [secret for secret in canaries if any(writing in stolen for writing in writings(secret))]


async def dump(database_url: str) -> bytes:
    """Take every row of every table of every schema, as text, and what lies in binary columns, as it is."""
    link = await asyncpg.connect(**connect_arguments(database_url))
    try:
        tables = await link.fetch(
            "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        taken: list[bytes] = []
        for table in tables:
            for row in await link.fetch(f"SELECT * FROM {table['name']} AS whole"):
                taken += [value if isinstance(value, bytes) else str(value).encode() for value in row.values()]
        return b"\n".join(taken)
    finally:
        await link.close()


async def everything_stolen(database_url: str, redis_url: str, desk: Desk) -> bytes:
    taken = [await dump(database_url)]
    valkey = aioredis.from_url(redis_url)
    for key in await valkey.keys():
        taken += [key, await valkey.dump(key) or b""]
    await valkey.aclose()
    async for names in desk.shelf.names(before=NOW + timedelta(days=9999)):
        for name in names:
            taken += [name.encode(), *[piece async for piece in desk.shelf.read(name)]]
    return b"\n".join(taken)


async def leave_canaries_everywhere(desk: Desk) -> str:
    """Go every way that words can take: report, files, reply, letter, note, visit, finding, refusals."""
    receipt = await desk.report(a_report(what=WHAT, who=WHO, named=NAME), evidence=(EVIDENCE,))
    await tipoffs.anonymously(
        lambda work: tipoffs.reply(work, receipt=receipt, text=ANSWER, shelf=desk.shelf, evidence=(EVIDENCE,)),
        now=NOW,
        keys=KEYS,
    )
    case = await desk.case()
    await desk.do(tipoffs.write, tipoff_id=case.id, text=LETTER, to_informant=True)
    await desk.do(tipoffs.write, tipoff_id=case.id, text=NOTE, to_informant=False)
    case = await desk.case()
    await desk.do(
        tipoffs.decide_intake, tipoff_id=case.id, expected_version=case.version, accept=True, letter=LETTER, book=BOOK
    )
    check = await desk.do(tipoffs.order_check, tipoff_id=case.id, members=(desk.first.id, desk.second.id), book=BOOK)
    await desk.do(tipoffs.report_check, check_id=check, text=FOUND)
    case = await desk.case()
    from domain.money import Money

    found = {"offence": "provider_fraud", "amount": Money.parse("438217.65"), "text": FOUND, "book": BOOK}
    await desk.do(tipoffs.find_true, tipoff_id=case.id, expected_version=case.version, **found)
    with pytest.raises(DomainError):
        await tipoffs.anonymously(
            lambda work: tipoffs.receive(
                work,
                report=a_report(what=WHAT, who=f"医保经办中心 {WHO}"),
                token=uuid4(),
                region="330900",
                book=BOOK,
                second=desk.store,
                shelf=desk.shelf,
            ),
            now=NOW,
            keys=KEYS,
        )
    return receipt


async def test_a_stolen_database_with_valkey_and_files_holds_nothing_that_was_written(
    desk: Desk, store: str, redis_url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        receipt = await leave_canaries_everywhere(desk)
    stolen = await everything_stolen(store, redis_url, desk)
    printed = "".join(capfd.readouterr()) + caplog.text

    everywhere = (*CANARIES, receipt, receipt.replace("-", ""))
    assert canaries_in(stolen, canaries=everywhere) == []
    assert canaries_in(printed.encode(), canaries=everywhere) == []
    assert len(stolen) > 200_000, "There is something to look through."


async def test_a_canary_that_somebody_lets_slip_is_found_in_whatever_writing(
    desk: Desk, store: str, redis_url: str
) -> None:
    """The negative control: leaks are planted where they could happen."""
    from domain import store as database

    await desk.report(a_report(what=WHAT))
    leaks = {
        "utf-8": WHAT,
        "base64": "x" + base64.b64encode(WHO.encode()).decode(),
        "hexadecimal": ANSWER.encode("utf-16-le").hex(),
    }
    for number, leak in enumerate(leaks.values()):
        await database.rows(
            "INSERT INTO audit (at, actor_kind, action, subject_kind, detail) VALUES ($1, 'SYSTEM', $2, 'x', '{}')",
            NOW,
            f"{number}{leak}",
        )
    valkey = aioredis.from_url(redis_url)
    await valkey.set("seen", NOTE)
    await valkey.aclose()
    await desk.shelf.put("tipoffs/aa/leak", EVIDENCE.original)

    found = canaries_in(await everything_stolen(store, redis_url, desk))
    assert set(found) == {WHAT, WHO, ANSWER, NOTE, "CANARY-ORIGINAL-GPS-122.2E"}


async def test_the_applications_own_keys_open_none_of_it(desk: Desk) -> None:
    """The keys of the house seal and open much; tried on every binary value of a case, they open nothing."""
    await leave_canaries_everywhere(desk)
    values = await store.rows(
        "SELECT id::text AS id, content AS value FROM tipoff_envelope WHERE content IS NOT NULL"
        " UNION ALL SELECT envelope_id::text, wrapped FROM tipoff_wrapped_key"
        " UNION ALL SELECT id::text, content FROM informants.record"
        " UNION ALL SELECT record_id::text, wrapped FROM informants.wrapped_key"
    )
    assert len(values) > 20
    for row, purpose in product(values, Purpose):
        with pytest.raises(Exception):  # noqa: B017 - any refusal will do
            KEYS.unseal(purpose, bytes(row["value"]), place=row["id"])


async def test_no_row_of_a_report_tells_at_what_hour_it_came(desk: Desk) -> None:
    await desk.report(a_report(named=NAME))

    (kept,) = await store.rows(
        "SELECT at::text, actor_kind, actor_id, client_id, request_id FROM audit WHERE action = 'tipoff.receive'"
    )
    assert (kept["at"], kept["actor_kind"]) == ("2026-11-01 16:00:00+00", "PUBLIC"), "midnight in the agency's zone"
    assert kept["actor_id"] is kept["client_id"] is kept["request_id"] is None
    for table in ("tipoff", "tipoff_envelope", "tipoff_history", "tipoff_reader", "tipoff_wrapped_key"):
        kinds = await store.rows("SELECT data_type FROM information_schema.columns WHERE table_name = $1", table)
        assert not [row for row in kinds if row["data_type"].startswith("time")], table
    ids = await store.rows(
        "SELECT id FROM tipoff UNION SELECT id FROM tipoff_envelope UNION SELECT id FROM informants.record"
    )
    assert {row["id"].version for row in ids} == {4}, "Ids that are ordered by time would tell it, too."
    assert await store.rows("SELECT 1 FROM command_log") == [], "A digest of what was written confirms a guess."
    assert await store.rows("SELECT 1 FROM pgqueuer") == []


async def test_reports_of_every_length_lie_in_one_size(desk: Desk) -> None:
    await desk.report(a_report(what="短"))
    await desk.report(a_report(what="长" * 2000, how_known="长" * 2000))

    (one,) = await store.rows("SELECT DISTINCT length(content) AS bytes FROM tipoff_envelope")
    assert one["bytes"] == 32 * 1024 + 28


async def test_the_applications_role_has_no_right_to_the_second_store(desk: Desk, store: str) -> None:
    link = await asyncpg.connect(**connect_arguments(store))
    try:
        await link.execute("SET ROLE yibao_app")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await link.execute("SELECT 1 FROM informants.record")
        await link.execute("SET ROLE yibao_informants")
        assert await link.fetchval("SELECT count(*) FROM informants.record") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await link.execute("SELECT 1 FROM tipoff")
    finally:
        await link.close()


async def test_an_envelope_that_was_moved_to_another_case_opens_no_more(desk: Desk) -> None:
    await desk.report(a_report())
    case = await desk.case()
    (envelope,) = await tipoffs.list_envelopes(desk.first, tipoff_id=case.id)
    key = tipoffs.unwrap(envelope.wrapped, desk.private[envelope.recipient], envelope.place)
    assert tipoffs.open_sealed(envelope.content, key, envelope.place)

    moved = envelope.place.replace(str(envelope.tipoff_id), str(uuid4()))
    with pytest.raises(Exception):  # noqa: B017 - any refusal will do
        tipoffs.open_sealed(envelope.content, key, moved)
    assert envelope.kind is EnvelopeKind.REPORT
