"""Sending files over a bad network: a plain PUT that goes on where the last one broke off.

After the draft of resumable uploads (draft-ietf-httpbis-resumable-upload) with PUT, which phones and mini-programs can
send: `HEAD` tells in `Upload-Offset` how much has arrived, and a `PUT` with that `Upload-Offset` (or a
`Content-Range`) goes on from there. A later request takes an upload over; the earlier one writes no more. The ticket
in `Authorization: Ticket …` is all that is asked for, and it can do nothing but this. docs/guides/files.md shows it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import uuid4

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from api.resources import Resources
from api.schema.scalars import id_of
from domain import files, store
from domain.actors import SYSTEM
from domain.cleaning import FileIsTooLarge
from domain.errors import DomainError
from domain.files import FileState, Upload
from partners.file_desk import FileDesk

_PATH: Final = "/uploads/{id}"
STALLED_SECONDS: Final = 30
"""How long a sender may be silent; what has come by then is kept."""
_RANGE: Final = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)")
_COUNT: Final = re.compile(r"\d{1,15}")
_STATUS: Final = {
    FileState.OPEN: 200,
    FileState.RECEIVED: 202,
    FileState.QUARANTINED: 202,
    FileState.READY: 201,
    FileState.REFUSED: 422,
    FileState.EXPIRED: 410,
    FileState.DELETED: 410,
}
log: Final = structlog.stdlib.get_logger("api.uploads")


def routes(*, clock: Callable[[], datetime]) -> list[Route]:
    """List the one address of uploads."""
    return [Route(_PATH, partial(_answer, clock), methods=["PUT", "HEAD", "GET"])]


async def _answer(clock: Callable[[], datetime], request: Request) -> Response:
    """Take a request; refusals are told with where the upload stands, and a bug is a 500 with an incident number."""
    resources: Resources = request.app.state.resources
    try:
        # Whoever holds the ticket has no log-in: the house itself looks, and shows nothing but this one upload.
        with store.asking(SYSTEM):
            return await _serve(clock, request, resources)
    except files.FileNotFound as unknown:
        return _told(404, None, (unknown,))
    except Exception as bug:
        incident = str(uuid4())
        log.exception("upload_bug", incident=incident, kind=type(bug).__name__)
        return Response(orjson.dumps({"incident": incident}), 500, _HEADERS, "application/json")


async def _serve(clock: Callable[[], datetime], request: Request, resources: Resources) -> Response:
    upload = await _find(request, resources)
    if request.method != "PUT":
        return _told(200, upload)
    if upload.state is not FileState.OPEN or upload.expires_at <= clock():
        # A repeated request, whose first answer was lost, or one that comes too late.
        return _told(410 if upload.state is FileState.OPEN else _STATUS[upload.state], upload)
    return await _receive(request, resources.file_desk(clock), upload)


async def _find(request: Request, resources: Resources) -> Upload:
    scheme, _, ticket = request.headers.get("authorization", "").partition(" ")
    file_id = id_of(request.path_params["id"], "File")
    if scheme.lower() != "ticket" or file_id is None:
        raise files.FileNotFound
    return await files.find_upload(resources.keys, file_id=file_id, ticket=ticket.strip())


async def _receive(request: Request, desk: FileDesk, upload: Upload) -> Response:
    offset = _offset(request, upload)
    if offset is None:
        return _told(400, upload)
    body = _Body(request)
    try:
        upload = await desk.receive(upload.id, body.pieces(), offset=offset)
    except (files.UploadGoesOnElsewhere, files.UploadWasTakenOver) as elsewhere:
        return _told(409, await desk.get(upload.id), (elsewhere,))
    except FileIsTooLarge as too_large:
        return _told(413, await desk.get(upload.id), (too_large,))
    except files.FileIsNotReady:
        upload = await desk.get(upload.id)
    is_cut = body.broke_off and upload.state is FileState.OPEN
    return _told(408 if is_cut else _STATUS[upload.state], upload)


@dataclass
class _Body:
    """The bytes of one request; when its sender falls silent or is gone, what has come is all there is."""

    request: Request
    broke_off: bool = False

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in _patiently(self.request.stream()):
                yield piece
        except (ClientDisconnect, TimeoutError):
            self.broke_off = True


async def _patiently(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give what comes; raise TimeoutError when nothing has come for long."""
    while True:
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        if piece:
            yield piece


def _offset(request: Request, upload: Upload) -> int | None:
    """Read where the body belongs: the upload's beginning if nothing is said, None when it cannot be understood."""
    said = request.headers.get("upload-offset")
    if said is not None:
        return int(said) if _COUNT.fullmatch(said) else None
    span = request.headers.get("content-range")
    if span is None:
        return 0
    found = _RANGE.fullmatch(span)
    if found is None or found[3] not in {"*", str(upload.size)}:
        return None
    return int(found[1])


_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _told(status: int, upload: Upload | None, faults: tuple[DomainError, ...] = ()) -> Response:
    """Say how an upload stands, in headers and as JSON."""
    headers = dict(_HEADERS)
    told: dict[str, object] = {}
    if upload is not None:
        is_whole = upload.received == upload.size
        headers |= {
            "Upload-Offset": str(upload.received),
            "Upload-Length": str(upload.size),
            "Upload-Complete": "?1" if is_whole else "?0",
        }
        told = {"state": upload.state.value, "received": upload.received, "size": upload.size}
        faults = faults or upload.faults
    told["errors"] = [_fault(fault) for fault in faults]
    return Response(orjson.dumps(told), status, headers, "application/json")


def _fault(fault: DomainError) -> dict[str, object]:
    message, remedy = fault.message(), fault.remedy()
    return {
        "code": fault.code,
        "message": message.zh,
        "messageEn": message.en,
        "remedy": remedy.zh,
        "remedyEn": remedy.en,
    }


def path_of(file_id: str) -> str:
    """Give the address of an upload by its opaque id."""
    return f"/files{_PATH.format(id=file_id)}"
