"""Evidence on an investigator's own computer: fetched sealed, opened here, and written where nobody else reads it."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx2
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import tipoffs

SEALED_MAX: Final = 256 * 1024 * 1024
_NAME_MAX: Final = 80
_CLEAN: Final = "EVIDENCE_CLEAN"
_FORMS: Final[Mapping[str, str]] = {_CLEAN: "clean", "EVIDENCE_ORIGINAL": "original"}
_UNFIT: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_ENDINGS: Final[Mapping[str, str]] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}


class NotFetched(Exception):
    """The sealed bytes of a file could not be had; says why."""


class Source(Protocol):
    """Where sealed files come from."""

    def candidates(self, envelope: Mapping[str, Any]) -> Iterator[bytes]:
        """Give what may be the sealed content of an envelope; raises `NotFetched`."""
        ...


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder that an operator has copied from the shelf: which file is which, only the right key tells."""

    folder: Path

    def candidates(self, envelope: Mapping[str, Any]) -> Iterator[bytes]:
        """Give the files of the folder, first one that bears the envelope's name."""
        named = PurePosixPath(envelope.get("evidencePath") or envelope.get("id") or "-").name
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        for path in sorted(files, key=lambda path: path.name != named):
            if path.stat().st_size <= SEALED_MAX:
                yield path.read_bytes()


@dataclass(frozen=True, slots=True)
class House:
    """The house itself, asked with a log-in; each file that is taken home goes on record there."""

    address: str
    token: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise NotFetched(f"{self.address} is neither https nor on this machine.")

    def candidates(self, envelope: Mapping[str, Any]) -> Iterator[bytes]:
        """Fetch the file of the envelope."""
        path = envelope.get("evidencePath")
        if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
            raise NotFetched("the answer names no address for this file")
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": "identity"}
        body = bytearray()
        try:
            with (
                httpx2.Client(base_url=self.address, trust_env=False, follow_redirects=False, timeout=60) as http,
                http.stream("GET", path, headers=headers) as answer,
            ):
                if answer.status_code != 200:  # noqa: PLR2004 - HTTP's own
                    raise NotFetched(f"the house answered {answer.status_code}")
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > SEALED_MAX:
                        raise NotFetched("the file is larger than any that the house takes")
        except httpx2.HTTPError as error:
            raise NotFetched(type(error).__name__) from None
        yield bytes(body)


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of one file: a line for the reader, and whether it is still missing."""

    line: str
    is_missing: bool = False


def open_into(
    folder: Path, envelopes: list[dict[str, Any]], private: X25519PrivateKey, *, source: Source
) -> Iterator[Opened]:
    """Open the evidence of a case into a folder of one's own; says of each file what became of it.

    The cleaned copy and the original lie side by side, numbered as they came. Nothing that is there is overwritten.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    numbers = dict.fromkeys(_FORMS, 0)
    for envelope in envelopes:
        kind = str(envelope["kind"])
        if kind not in _FORMS:
            continue
        numbers[kind] += 1
        head = f"{envelope['day']} {kind} {numbers[kind]}"
        try:
            key = tipoffs.unwrap(base64.b64decode(envelope["wrapped"]), private, envelope["place"])
        except InvalidTag:
            yield Opened(f"{head}  (wrapped for another key)")
            continue
        try:
            plain = _opened(source.candidates(envelope), key, envelope["place"])
        except NotFetched as reason:
            yield Opened(f"{head}  (not fetched: {reason})", is_missing=True)
            continue
        path = folder / f"{numbers[kind]:02d}-{_FORMS[kind]}-{_name_of(plain, is_clean=kind == _CLEAN)}"
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(plain.partition(b"\n")[2])
        yield Opened(f"{head}  {path.name}")


def _opened(candidates: Iterator[bytes], key: bytes, place: str) -> bytes:
    for sealed in candidates:
        try:
            return tipoffs.open_sealed(sealed, key, place)
        except (InvalidTag, ValueError):
            continue
    raise NotFetched("no file that was found opens with its key")


def _name_of(plain: bytes, *, is_clean: bool) -> str:
    """Make a file's name out of what a stranger has written: no folder, no sign that hides something, a known end."""
    head: dict[str, Any] = orjson.loads(plain.partition(b"\n")[0])
    told = unicodedata.normalize("NFKC", str(head.get("name", "")))
    visible = "".join(sign for sign in told if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
    stem, dot, ending = _UNFIT.sub("_", visible).strip(". ").rpartition(".")
    stem, ending = (stem, ending) if dot else (ending, "")
    if is_clean and head.get("type") in _ENDINGS:
        return f"{stem[:_NAME_MAX] or 'file'}{_ENDINGS[head['type']]}"
    # An original is never opened by a click: its ending is no longer at the end.
    return f"{stem[:_NAME_MAX] or 'file'}.{ending[:10] or 'bin'}.original"
