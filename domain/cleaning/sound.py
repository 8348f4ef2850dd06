"""Sounds of MPEG layer III: the frames are kept, one after the other, and everything between and around them is not.

Tags of every kind (ID3, APE, Lyrics3), pictures, and the silent first frame in which encoders write their names lie
outside of the sound and stay behind.
"""

from __future__ import annotations

from typing import Final

from domain.cleaning.errors import FileIsDamaged
from domain.cleaning.values import Cleaned, FileKind, Limits
from domain.errors import Refused

_RATES_OF_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_OF_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES_A_SECOND: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_VERSION_1: Final = 3
_LAYER_3: Final = 1
_FRAMES_MIN: Final = 2
_NAMES_OF_ENCODERS: Final = (b"Xing", b"Info", b"VBRI", b"LAME", b"Lavc", b"Lavf")
_LOOK_FOR_NAMES: Final = 180
_ID3_HEAD: Final = 10


def clean_sound(content: bytes, *, limits: Limits) -> Cleaned:  # noqa: ARG001 - all cleaners are called alike
    """Keep the frames of a sound. Raises `Refused` for one without any."""
    at = _behind_tags(content)
    out = bytearray()
    frames = 0
    while at + 4 <= len(content):
        size = frame_size(content[at : at + 4])
        if size is None or at + size > len(content):
            at = _next_frame(content, at + 1)
            continue
        frame = content[at : at + size]
        if frames or not any(name in frame[:_LOOK_FOR_NAMES] for name in _NAMES_OF_ENCODERS):
            out += frame
            frames += 1
        at += size
    if frames < _FRAMES_MIN:
        raise Refused((FileIsDamaged(kind=FileKind.MP3.value),))
    return Cleaned(kind=FileKind.MP3, content=bytes(out))


def frame_size(head: bytes) -> int | None:
    """Give the length of the frame that begins with these four bytes, or None when none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the sync word
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, samples, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer != _LAYER_3 or rate in {0, 15} or samples == 3:  # noqa: PLR2004 - values without meaning
        return None
    bits = (_RATES_OF_1 if version == _VERSION_1 else _RATES_OF_2)[rate] * 1000
    return (144 if version == _VERSION_1 else 72) * bits // _SAMPLES_A_SECOND[version][samples] + padding


def _behind_tags(content: bytes) -> int:
    """Pass over ID3 tags at the beginning, as many as there are."""
    at = 0
    while content[at : at + 3] == b"ID3" and len(content) >= at + _ID3_HEAD:
        size = 0
        for seven_bits in content[at + 6 : at + 10]:
            size = size << 7 | seven_bits & 0x7F
        at += _ID3_HEAD + size
    return at


def _next_frame(content: bytes, begins: int) -> int:
    """Find where two frames follow each other: a sync word alone also occurs in tags and pictures."""
    at = begins
    while (at := content.find(b"\xff", at)) != -1 and at + 4 <= len(content):
        size = frame_size(content[at : at + 4])
        if size is not None and (at + size == len(content) or frame_size(content[at + size : at + size + 4])):
            return at
        at += 1
    return len(content)
