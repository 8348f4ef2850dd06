"""Files over real HTTP: sent in one go or in many, refused with every fault, read once by whoever may."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from random import Random

from PIL import Image

from domain import files
from domain import store as database
from domain.actors import SYSTEM
from domain.ids import new_id
from domain.rules import load_book
from domain.settings import Settings
from partners.clamd import open_scanner
from sandbox.clamd.scanner import EICAR
from tests import made_files
from tests.api.uploads.conftest import Post
from tests.builders import KEYS, NOW, a_resident, run
from tests.conformance.agency import a_log_in
from workers.main import drain
from workers.resources import Resources


async def test_a_photograph_arrives_and_leaves_clean(post: Post) -> None:
    photograph = made_files.a_jpeg(turned=6)

    ticket, answer = await post.send(photograph, sha256=sha256(photograph).hexdigest())

    assert answer.status_code == 201, answer.text
    assert answer.json() == {"state": "READY", "received": len(photograph), "size": len(photograph), "errors": []}
    shown = await post.show(ticket)
    assert shown is not None
    assert (shown["state"], shown["kind"], shown["name"], shown["hasPreview"]) == ("READY", "JPEG", "发票.jpg", True)
    read = await post.fetch(ticket)
    assert read.status_code == 200
    assert len(read.content) == int(read.headers["content-length"]) == int(shown["size"])
    picture = Image.open(io.BytesIO(read.content))
    assert picture.size == (480, 320), "turned upright"
    assert not picture.getexif()
    assert not any(canary.encode() in read.content for canary in made_files.CANARIES)
    preview = await post.fetch(ticket, form="PREVIEW")
    assert max(Image.open(io.BytesIO(preview.content)).size) == 480


async def test_what_is_read_is_an_attachment_that_nothing_runs_or_keeps(post: Post) -> None:
    ticket, _ = await post.send(made_files.a_heic(), name="票据/../../照片.heic")
    read = await post.fetch(ticket)

    assert read.headers["content-type"] == "image/jpeg"
    assert read.headers["cache-control"] == "no-store"
    assert read.headers["x-content-type-options"] == "nosniff"
    assert read.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert read.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert ".jpg" in read.headers["content-disposition"]
    assert "%2F" not in read.headers["content-disposition"]


async def test_an_address_is_read_once_by_one_caller(post: Post) -> None:
    ticket, _ = await post.send(made_files.a_jpeg())
    path = (await post.download(ticket))["path"]
    somebody = a_log_in((await a_resident()).id)

    assert (await post.read(path, as_=somebody)).status_code == 404
    assert (await post.agency.http.get(path)).status_code in {401, 404}
    assert (await post.read(path[:-1] + ("0" if path[-1] != "0" else "1"))).status_code == 404
    assert (await post.read(path)).status_code == 200, "the tries of others have not used it up"
    assert (await post.read(path)).status_code == 404


async def test_a_file_of_somebody_else_does_not_exist(post: Post) -> None:
    ticket, _ = await post.send(made_files.a_jpeg())
    somebody = a_log_in((await a_resident()).id)

    assert await post.show(ticket, as_=somebody) is None
    payload = await post.download(ticket, as_=somebody)
    assert [error["code"] for error in payload["errors"]] == ["FILE_NOT_FOUND"]


async def test_without_its_ticket_an_upload_does_not_exist(post: Post) -> None:
    ticket = await post.open(10)
    wrong = [{}, {"Authorization": "Ticket 00"}, {"Authorization": f"Bearer {ticket.headers['Authorization'][7:]}"}]

    for headers in [*wrong, await post.agency.headers(post.sender)]:
        for method in ("PUT", "GET", "HEAD"):
            answer = await post.agency.http.request(method, ticket.path, headers=headers)
            assert answer.status_code == 404, (method, headers)
            assert "upload-offset" not in answer.headers


async def test_an_upload_goes_on_where_the_network_broke_off(post: Post) -> None:
    """Cut at random places by closing the connection, and gone on with after asking how far it is."""
    chance = Random(20261102)
    photograph = made_files.a_large_noise(3_000_000)
    ticket = await post.open(len(photograph), sha256=sha256(photograph).hexdigest())
    cuts = 0
    offset = furthest = 0
    while offset < len(photograph):
        until = min(len(photograph), offset + chance.randrange(1, 900_000))
        await cut_off(post, ticket, photograph, begins=offset, until=until)
        cuts += 1
        # What an earlier request had received may be kept after the next one has asked; that one is told by a 409.
        furthest = max(furthest, until)
        head = await post.agency.http.head(ticket.path, headers=ticket.headers)
        assert head.headers["upload-length"] == str(len(photograph))
        now = await settled_offset(post, ticket)
        assert offset <= now <= furthest
        offset = now
    assert cuts >= 4

    assert await settled_state(post, ticket) == "READY"
    assert (await post.put(ticket, b"", offset=offset)).status_code == 201, "asking again gives the same answer"


async def cut_off(post: Post, ticket, content: bytes, *, begins: int, until: int) -> None:
    """Announce all the rest, send some of it, and hang up."""
    host, port = post.agency.address.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"PUT {ticket.path} HTTP/1.1\r\nHost: agency.test\r\nAuthorization: {ticket.headers['Authorization']}\r\n"
        f"Content-Range: bytes {begins}-{len(content) - 1}/{len(content)}\r\n"
        f"Content-Length: {len(content) - begins}\r\n\r\n"
    )
    writer.write(head.encode() + content[begins:until])
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def settled_offset(post: Post, ticket) -> int:
    """Ask how far it is until that no longer changes."""
    seen = -1
    while True:
        head = await post.agency.http.head(ticket.path, headers=ticket.headers)
        now = int(head.headers["upload-offset"])
        if now == seen:
            return now
        seen = now
        await asyncio.sleep(0.2)


async def settled_state(post: Post, ticket) -> str:
    """Ask how it stands until it has been checked."""
    while (state := (await post.show(ticket))["state"]) == "RECEIVED":
        await asyncio.sleep(0.1)
    return state


async def test_bytes_for_another_place_are_refused_with_the_right_one(post: Post) -> None:
    photograph = made_files.a_jpeg()
    ticket = await post.open(len(photograph))
    await post.put(ticket, photograph[:1000])

    for offset in (0, 999, 1001, len(photograph)):
        answer = await post.put(ticket, photograph[offset:], offset=offset)
        assert answer.status_code == 409, offset
        assert answer.headers["upload-offset"] == "1000"
        assert [error["code"] for error in answer.json()["errors"]] == ["UPLOAD_OFFSET"]
    assert (await post.put(ticket, photograph[1000:], offset=1000)).status_code == 201
    for _ in range(2):
        assert (await post.put(ticket, photograph[1000:], offset=1000)).status_code == 201, "the answer was lost"


async def test_two_uploads_to_one_ticket_at_once_make_one_whole_file(post: Post) -> None:
    photograph = made_files.a_large_noise(2_500_000)
    ticket = await post.open(len(photograph), sha256=sha256(photograph).hexdigest())

    async def slowly(pause: float):
        for at in range(0, len(photograph), 100_000):
            yield photograph[at : at + 100_000]
            await asyncio.sleep(pause)

    answers = await asyncio.gather(*(post.put(ticket, slowly(pause)) for pause in (0.01, 0.011, 0.02, 0)))

    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(201) >= 1 or codes == [409] * 4, codes
    assert set(codes) <= {201, 409}
    offset = await settled_offset(post, ticket)
    if offset < len(photograph):
        assert (await post.put(ticket, photograph[offset:], offset=offset)).status_code == 201
    assert (await post.show(ticket))["state"] == "READY"
    parts = await database.rows("SELECT begins, size FROM file_part ORDER BY number")
    assert sum(part["size"] for part in parts) == len(photograph)


async def test_more_bytes_than_declared_are_not_taken(post: Post) -> None:
    ticket = await post.open(1000)
    answer = await post.put(ticket, bytes(1001))

    assert answer.status_code == 413
    assert [error["code"] for error in answer.json()["errors"]] == ["FILE_TOO_LARGE"]
    assert answer.headers["upload-offset"] == "0"


async def test_every_fault_is_told_at_once(post: Post) -> None:
    payload = await post.ask_to_open(0, purpose="CLAIM_PAPER", name=" ", sha256="beef")
    assert [error["code"] for error in payload["errors"]] == ["FILE_NAME", "FILE_EMPTY", "FILE_DIGEST_SHAPE"]
    assert payload["ticket"] is None

    ticket, answer = await post.send(EICAR, sha256="00" * 32, name="eicar.pdf")
    assert answer.status_code == 422
    codes = [error["code"] for error in answer.json()["errors"]]
    assert codes == ["FILE_DIGEST_DIFFERS", "FILE_INFECTED", "FILE_TYPE"]
    assert [fault["code"] for fault in (await post.show(ticket))["faults"]] == codes


async def test_a_refused_file_leaves_nothing_behind(post: Post) -> None:
    ticket, answer = await post.send(b"%PDF-1.7 this is no paper" * 50)
    assert answer.status_code == 422
    assert post.on_shelf(), "its parts wait for the job"

    await post.desk.drop_idle(post.file_id(ticket))

    assert post.on_shelf() == []
    (row,) = await database.rows("SELECT key_sealed, name_sealed, state FROM file")
    assert (row["state"], row["key_sealed"], row["name_sealed"]) == ("REFUSED", None, None)


async def test_the_sixty_first_unused_file_is_one_too_many(post: Post) -> None:
    for _ in range(60):
        assert not (await post.ask_to_open(5, purpose="CLAIM_PAPER", name="a"))["errors"]
    payload = await post.ask_to_open(5, purpose="CLAIM_PAPER", name="a")
    assert [error["code"] for error in payload["errors"]] == ["FILES_TOO_MANY"]


async def test_nothing_of_a_file_is_readable_where_it_lies(post: Post) -> None:
    bill = made_files.a_bill_in_xml()
    ticket, answer = await post.send(bill, purpose="ELECTRONIC_BILL", name="票据0012345678.xml")
    assert answer.status_code == 201, answer.text
    lying = b"".join(place.read_bytes() for place in post.on_shelf())
    assert len(post.on_shelf()) == 3, "a part, the cleaned copy and the file as it came"
    assert b"elecSetlCert" not in lying
    assert b"0012345678" not in lying
    (row,) = await database.rows("SELECT row_to_json(file)::text AS text FROM file")
    assert "0012345678" not in row["text"]
    assert (await post.fetch(ticket)).content.startswith(b"<?xml")
    payload = await post.download(ticket, form="ORIGINAL")
    assert [error["code"] for error in payload["errors"]] == ["FILE_NOT_FOUND"], "machines only"


async def test_while_the_scanner_is_down_nobody_reads_and_nothing_is_lost(
    post_without_scanner: Post, scanner: str
) -> None:
    post = post_without_scanner
    ticket, answer = await post.send(made_files.a_jpeg())
    assert answer.status_code == 202
    assert (await post.show(ticket))["state"] == "QUARANTINED"
    assert [error["code"] for error in (await post.download(ticket))["errors"]] == ["FILE_NOT_READY"]
    assert len(post.on_shelf()) == 1, "only what has arrived, no cleaned copy"

    later = replace(post.desk, scanner=open_scanner(scanner), clock=lambda: NOW + timedelta(minutes=5))
    await later.sweep()

    assert (await post.show(ticket))["state"] == "READY"
    assert (await post.fetch(ticket)).status_code == 200


BAD = {
    "a huge image": (made_files.an_image_bomb, "FILE_PIXELS"),
    "a bomb": (made_files.a_pdf_bomb, "FILE_TOO_COMPLEX"),
    "a locked paper": (lambda: made_files.a_pdf(password="x"), "FILE_ENCRYPTED"),
    "a program": (lambda: b"MZ" + bytes(5000), "FILE_TYPE"),
    "half a picture": (lambda: made_files.a_jpeg(told=False)[:900], "FILE_DAMAGED"),
    "a bill where papers go": (made_files.a_bill_in_xml, "FILE_TYPE"),
    "a virus in a picture": (lambda: made_files.a_jpeg() + EICAR, "FILE_INFECTED"),
}


async def test_bad_files_are_refused_and_nothing_of_them_stays(post: Post) -> None:
    for name, (make, code) in BAD.items():
        ticket, answer = await post.send(make(), name=name)
        assert answer.status_code == 422, name
        (error,) = answer.json()["errors"]
        assert error["code"] == code
        assert error["remedy"]
        assert error["remedyEn"]
        assert [fault["code"] for fault in (await post.show(ticket))["faults"]] == [code]
        await post.desk.drop_idle(post.file_id(ticket))

    assert post.on_shelf() == []
    assert await database.rows("SELECT 1 AS one FROM file_content UNION ALL SELECT 1 FROM file_part") == []


async def test_jobs_do_what_was_left_to_them(post: Post, database_url: str) -> None:
    """A file whose process died before it was checked is checked by the worker, and its parts are dropped."""
    photograph = made_files.a_jpeg()
    ticket = await post.open(len(photograph))
    upload = await post.desk.get(post.file_id(ticket))
    session = new_id()
    await run(lambda work: files.begin_receiving(work, file_id=upload.id, session=session, offset=0), actor=SYSTEM)
    part = files.Part(number=0, begins=0, size=len(photograph), object_name=files.new_object_name("parts"))
    await post.desk.add_part(upload, session, part, photograph)
    await database.rows("UPDATE pgqueuer SET execute_after = now()")
    settings = Settings(data=post.folder)
    resources = Resources(settings=settings, keys=KEYS, book=load_book(), wechatpay=None, clock=lambda: NOW)

    for _ in range(2):
        await drain(database_url, resources)

    assert (await post.show(ticket))["state"] == "READY"
    assert len(post.on_shelf()) == 2, "the copy and its preview"
