"""Reading a form with files into memory that has no name: nothing that somebody reports touches a disk in the clear.

Starlette's own reading of forms puts every file of more than a megabyte into the system's temporary folder, readable.
Here each file goes piece by piece into a `Vessel`, and fields into memory, both within limits. What is too much is read
to its end and dropped, so that the browser hears the refusal and whoever wrote keeps their words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive

from domain.cleaning import MEGABYTE, FileIsTooLarge, Vessel
from domain.errors import DomainError, Text

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FILES_MAX: Final = 6
FILE_BYTES_MAX: Final = 20 * MEGABYTE
BODY_BYTES_MAX: Final = 48 * MEGABYTE
"""A request that goes on behind this is not read to its end."""
_FIELD_BYTES_MAX: Final = 16 * 1024
_PARTS_MAX: Final = 32
_NAME_MAX: Final = 120
_DRAINED_MAX: Final = MEGABYTE
_DRAINED_SECONDS: Final = 3
STALLED_SECONDS: Final = 30
WHOLE_SECONDS: Final = 15 * 60

# It tells a log which sign it did not expect and where, and that sign is somebody's.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL + 1)
logging.getLogger("python_multipart.multipart").setLevel(logging.CRITICAL + 1)


class TooManyFiles:
    """More files came than one message carries. It is said on the page alone and is no refusal of the agency's."""

    def message(self) -> Text:
        """Say how many are taken."""
        return Text(f"一次最多 {FILES_MAX} 个文件。", f"One message carries at most {FILES_MAX} files.")

    def remedy(self) -> Text:
        """Say what to do with the others."""
        return Text("其余文件请在提交后凭回执码补充。", "Send the others afterwards, with your receipt.")


FileFault = tuple[str, DomainError | TooManyFiles]
"""What is wrong with a file, by its name; "" where it is not one file's."""


class NotAForm(Exception):
    """What came is no form of this page, or breaks off."""


class Memory:
    """How many bytes of files this process holds for the public at once, over all requests."""

    def __init__(self, most: int) -> None:
        self._free = most

    def take(self, size: int) -> bool:
        """Take some, if there is so much."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def give_back(self, size: int) -> None:
        """Give some back."""
        self._free += size


@dataclass
class IncomingFile:
    """A file of the form, in memory without a name."""

    name: str = field(repr=False)
    vessel: Vessel = field(repr=False)
    dropped: int = 0


@dataclass
class Incoming:
    """What a form holds. Use it in a `with`: the memory of its files is given back."""

    memory: Memory = field(repr=False)
    fields: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    files: list[IncomingFile] = field(default_factory=list[IncomingFile], repr=False)
    faults: list[FileFault] = field(default_factory=list[FileFault], repr=False)
    """What is wrong with files, by their names."""
    is_too_much: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files:
            self.memory.give_back(file.vessel.size)
            file.vessel.close()
        self.files = []

    def text(self, name: str) -> str:
        """Give a field as it was written, its lines ended as ours are; "" when it is not there."""
        return self.fields.get(name, "").replace("\r\n", "\n")


async def read_form(receive: Receive, *, content_type: str, into: Incoming) -> None:
    """Read a multipart form. Raises `NotAForm`, also for a sender who falls silent, is gone, or sends without end."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    pieces = _body(receive)
    try:
        await _parse(pieces, boundary if kind == b"multipart/form-data" else b"", into)
    except (NotAForm, MultipartParseError, TimeoutError, UnicodeDecodeError):
        await _read_on(pieces)
        raise NotAForm from None
    for file in into.files:
        if file.dropped:
            into.faults.append((file.name, FileIsTooLarge(file.vessel.size + file.dropped, FILE_BYTES_MAX)))


async def _parse(pieces: AsyncIterator[bytes], boundary: bytes, into: Incoming) -> None:
    if not boundary:
        raise NotAForm
    reading = _Reading(into)
    parser = MultipartParser(boundary, reading.callbacks())
    size = 0
    async with asyncio.timeout(WHOLE_SECONDS):
        async for piece in pieces:
            size += len(piece)
            if size > BODY_BYTES_MAX:
                raise NotAForm
            parser.write(piece)
    parser.finalize()
    if not reading.is_whole:
        raise NotAForm


async def read_short(receive: Receive, *, bytes_max: int) -> bytes:
    """Read a body that holds no files. Raises `NotAForm` as `read_form` does, and for one that is longer."""
    body = bytearray()
    pieces = _body(receive)
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            async for piece in pieces:
                body += piece[: bytes_max + 1 - len(body)]
                if len(body) > bytes_max:
                    break
    except (NotAForm, TimeoutError):
        raise NotAForm from None
    if len(body) > bytes_max:
        await _read_on(pieces)
        raise NotAForm
    return bytes(body)


async def drain(receive: Receive) -> None:
    """Read what is short to its end and drop it: a browser that is still sending hears no answer."""
    await _read_on(_body(receive))


async def _read_on(pieces: AsyncIterator[bytes]) -> None:
    left = _DRAINED_MAX
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            async for piece in pieces:
                left -= len(piece)
                if left < 0:
                    return
    except (NotAForm, TimeoutError):
        return


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        async with asyncio.timeout(STALLED_SECONDS):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise NotAForm
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body", False):
            return


class _Reading:
    """Follows the parser through the parts of one form."""

    def __init__(self, into: Incoming) -> None:
        self._into = into
        self._parts = 0
        self._header = b""
        self._said = b""
        self._name = ""
        self._text = bytearray()
        self._file: IncomingFile | None = None
        self._is_file = False
        self.is_whole = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._whole,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _PARTS_MAX:
            raise NotAForm
        self._name, self._file, self._is_file = "", None, False
        self._header = self._said = b""
        self._text.clear()

    def _header_name(self, piece: bytes, begins: int, ends: int) -> None:
        self._header += piece[begins:ends]

    def _header_value(self, piece: bytes, begins: int, ends: int) -> None:
        self._said += piece[begins:ends]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._said)
            self._name = options.get(b"name", b"").decode()
            self._is_file = b"filename" in options
            if options.get(b"filename"):
                self._open(options[b"filename"].decode("utf-8", "replace")[-_NAME_MAX:])
        self._header = self._said = b""

    def _open(self, name: str) -> None:
        if len(self._into.files) < FILES_MAX:
            self._file = IncomingFile(name=name, vessel=Vessel())
            self._into.files.append(self._file)
        elif not any(isinstance(fault, TooManyFiles) for _, fault in self._into.faults):
            self._into.faults.append(("", TooManyFiles()))

    def _data(self, piece: bytes, begins: int, ends: int) -> None:
        if not self._is_file:
            if len(self._text) + ends - begins > _FIELD_BYTES_MAX:
                raise NotAForm
            self._text += piece[begins:ends]
        elif self._file is not None:
            self._add(self._file, piece[begins:ends])

    def _add(self, file: IncomingFile, piece: bytes) -> None:
        if file.vessel.size + len(piece) > FILE_BYTES_MAX:
            file.dropped += len(piece)
        elif self._into.memory.take(len(piece)):
            file.vessel.add(piece)
        else:
            self._into.is_too_much = True

    def _end(self) -> None:
        if not self._is_file:
            self._into.fields[self._name] = self._text.decode()

    def _whole(self) -> None:
        self.is_whole = True
