"""ZIP archives from strangers: read part by part within limits, written anew without a trace of who packed them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from domain.cleaning.errors import FileIsDamaged, FileIsEncrypted, FileIsTooComplex
from domain.cleaning.values import FileKind, Limits
from domain.errors import Refused, refuse

_STEP: Final = 256 * 1024
_ENCRYPTED: Final = 0x1
_PACKED_ON: Final = (1980, 1, 1, 0, 0, 0)
_PLAIN_OR_DEFLATED: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def unpack(content: bytes, *, kind: FileKind, limits: Limits) -> dict[str, bytes]:
    """Unpack all parts by their names. Raises `Refused` for a bomb, a password, and damage of any part."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if any(member.flag_bits & _ENCRYPTED for member in members):
                refuse([FileIsEncrypted(kind=kind.value)])
            if len(members) > limits.parts_max or sum(member.file_size for member in members) > limits.unpacked_max:
                refuse([FileIsTooComplex()])
            return _read_all(archive, members, kind=kind, limits=limits)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as fault:
        raise Refused((FileIsDamaged(kind=kind.value),)) from fault


def _read_all(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], *, kind: FileKind, limits: Limits
) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    left = limits.unpacked_max
    for member in members:
        is_strange = member.compress_type not in _PLAIN_OR_DEFLATED or ".." in member.filename.split("/")
        if is_strange or member.filename in parts:
            refuse([FileIsDamaged(kind=kind.value)])
        part = bytearray()
        with archive.open(member) as opened:
            while step := opened.read(_STEP):
                part += step
                if len(part) > left:
                    refuse([FileIsTooComplex()])
        left -= len(part)
        parts[member.filename.removeprefix("/")] = bytes(part)
    return parts


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Pack parts in their order, all at the first moment that the format knows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _PACKED_ON), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
