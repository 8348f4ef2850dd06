"""Sounds and films made for tests, with the tags that telephones and programs leave in them."""

from __future__ import annotations

import struct
from typing import Final

from tests.made_files import AUTHOR, DEVICE, PLACE, SERIAL, a_jpeg, xmp

FRAME: Final = b"\xff\xfb\x90\x00" + bytes(413)
"""A silent frame of layer III: 128 kbit/s at 44,100 Hz."""
_TIME: Final = 3_873_000_000
"""Seconds since 1904: some day in 2026."""
_MOMENT: Final = struct.pack(">II", _TIME, _TIME)


def an_mp3(*, frames: int = 40, version: int = 3, pictures: bool = True, tail: bool = True) -> bytes:
    """Make a sound with ID3 of a version, a picture with EXIF, an encoder's frame, and tags behind the end."""
    front = _id3(version, {b"TPE1": AUTHOR, b"TENC": DEVICE, b"COMM": PLACE, b"TXXX": SERIAL}, pictures=pictures)
    first = b"\xff\xfb\x90\x00" + bytes(32) + b"Xing" + bytes(100) + b"LAME3.100 " + DEVICE.encode()
    body = front + first.ljust(len(FRAME), b"\0") + FRAME * frames
    if tail:
        value = AUTHOR.encode()
        item = struct.pack("<II", len(value), 0) + b"Artist\0" + value
        ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + len(item), 1, 0x80000000) + bytes(8)
        ape += item + b"APETAGEX" + struct.pack("<IIII", 2000, 32 + len(item), 1, 0) + bytes(8)
        body += ape + b"TAG" + PLACE.encode().ljust(30, b"\0") + AUTHOR.encode().ljust(30, b"\0") + bytes(65)
    return body


def _id3(version: int, texts: dict[bytes, str], *, pictures: bool) -> bytes:
    frames = b""
    for name, text in texts.items():
        value = b"\x03" + text.encode() if version == 4 else b"\x01" + text.encode("utf-16")
        if name == b"COMM":
            value = b"\x00eng\x00" + text.encode()
        frames += name + _size(len(value), safe=version == 4) + b"\0\0" + value
    if pictures:
        value = b"\x00image/jpeg\0\x03\0" + a_jpeg(side=32)
        frames += b"APIC" + _size(len(value), safe=version == 4) + b"\0\0" + value
    frames += bytes(64)
    return b"ID3" + bytes([version, 0, 0]) + _size(len(frames), safe=True) + frames


def _size(size: int, *, safe: bool) -> bytes:
    if not safe:
        return struct.pack(">I", size)
    return bytes([size >> 21 & 0x7F, size >> 14 & 0x7F, size >> 7 & 0x7F, size & 0x7F])


def an_mp4(
    *,
    brand: bytes = b"isom",
    pictures: int = 5,
    hevc: bool = False,
    places: bool = True,
    front: bool = False,
    sound: bool = True,
) -> bytes:
    """Make a film with user data, XMP, a track of places, device names, times, and notes between its pictures."""
    film = _samples(pictures, hevc=hevc)
    tracks = [("vide", film)]
    if sound:
        tracks.append(("soun", [bytes([33, 16, 4, 96 + order]) * 8 for order in range(4)]))
    if places:
        tracks.append(("meta", [f"+29.98{order}+122.20{order}/ {PLACE} {SERIAL}".encode() for order in range(3)]))
    ftyp = box(b"ftyp", brand + bytes(4) + brand + b"mp42")
    hidden = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp())
    moov = _moov(tracks, begins=0, hevc=hevc)
    lead = len(ftyp) + (len(moov) if front else 0) + len(hidden) + 8
    moov = _moov(tracks, begins=lead, hevc=hevc)
    stray = SERIAL.encode()
    mdat = box(b"mdat", b"".join(b"".join(samples) for _, samples in tracks) + stray)
    free = box(b"free", AUTHOR.encode())
    return ftyp + (moov if front else b"") + hidden + mdat + (b"" if front else moov) + free


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, body: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return box(name, bytes([version]) + flags.to_bytes(3) + body)


def _samples(pictures: int, *, hevc: bool) -> list[bytes]:
    note = bytes(16) + f"{AUTHOR} {DEVICE}".encode()
    told = (b"\x4e\x01" if hevc else b"\x06") + b"\x05" + bytes([len(note)]) + note + b"\x80"
    slice_ = (b"\x26\x01" if hevc else b"\x65") + b"picture" * 20
    one = struct.pack(">I", len(told)) + told + struct.pack(">I", len(slice_)) + slice_
    return [one] * pictures


def _moov(tracks: list[tuple[str, list[bytes]]], *, begins: int, hevc: bool) -> bytes:
    mvhd = full(b"mvhd", _MOMENT + struct.pack(">II", 1000, 5000) + bytes(80))
    told = box(b"\xa9mak", _apple(DEVICE)) + box(b"\xa9xyz", _apple(f"+29.9+122.2/ {PLACE}"))
    told += full(
        b"meta", _hdlr(b"mdir", "") + box(b"ilst", box(b"\xa9ART", _tag(AUTHOR)) + box(b"\xa9too", _tag(SERIAL)))
    )
    keys = full(b"meta", _hdlr(b"mdta", "") + full(b"keys", struct.pack(">I", 1) + box(b"mdta", b"com.apple.model")))
    body = mvhd
    at = begins
    for number, (kind, samples) in enumerate(tracks, start=1):
        body += _trak(number, kind, samples, begins=at, hevc=hevc)
        at += sum(len(sample) for sample in samples)
    return box(b"moov", body + box(b"udta", told) + keys + box(b"GPMD", SERIAL.encode()))


def _trak(number: int, kind: str, samples: list[bytes], *, begins: int, hevc: bool) -> bytes:
    tkhd = full(b"tkhd", _MOMENT + struct.pack(">III", number, 0, 5000) + bytes(60), flags=7)
    mdhd = full(b"mdhd", _MOMENT + struct.pack(">IIHH", 1000, 5000, 0x55C4, 0))
    dinf = box(b"dinf", full(b"dref", struct.pack(">I", 1) + full(b"url ", b"", flags=1)))
    head = {"vide": full(b"vmhd", bytes(8), flags=1), "soun": full(b"smhd", bytes(4))}.get(kind, full(b"nmhd", b""))
    stbl = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1) + _entry(kind, hevc=hevc))
        + full(b"stts", struct.pack(">III", 1, len(samples), 1000))
        + full(b"stsc", struct.pack(">IIII", 1, 1, len(samples), 1))
        + full(b"stsz", struct.pack(">II", 0, len(samples)) + b"".join(struct.pack(">I", len(one)) for one in samples))
        + full(b"stco", struct.pack(">II", 1, begins))
        + box(b"CMR1", AUTHOR.encode()),
    )
    minf = box(b"minf", head + dinf + stbl)
    mdia = box(b"mdia", mdhd + _hdlr(kind.encode(), f"{DEVICE} handler") + minf)
    return box(b"trak", tkhd + mdia + box(b"udta", box(b"name", AUTHOR.encode())))


def _entry(kind: str, *, hevc: bool) -> bytes:
    if kind == "vide":
        name = f"{DEVICE} AVC".encode()
        head = bytes(6) + b"\0\1" + bytes(4) + b"CNRY" + bytes(8) + struct.pack(">HHII", 320, 240, 0x480000, 0x480000)
        head += bytes(4) + b"\0\1" + bytes([len(name)]) + name.ljust(31, b"\0") + b"\0\x18\xff\xff"
        inner = box(b"hvcC", bytes(21) + b"\3" + b"\0") if hevc else box(b"avcC", b"\1\x42\0\x1e\xff\xe0\0")
        return box(b"hvc1" if hevc else b"avc1", head + inner + box(b"SDLN", SERIAL.encode()))
    if kind == "soun":
        return box(b"mp4a", bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHHHI", 2, 16, 0, 0, 44_100 << 16))
    return box(b"mebx", bytes(6) + b"\0\1" + PLACE.encode())


def _hdlr(kind: bytes, name: str) -> bytes:
    return full(b"hdlr", bytes(4) + kind + b"appl" + bytes(8) + name.encode() + b"\0")


def _apple(text: str) -> bytes:
    return struct.pack(">HH", len(text), 0x15C7) + text.encode()


def _tag(text: str) -> bytes:
    return full(b"data", bytes(4) + text.encode(), flags=1)
