"""Films: boxes that draw and sound are kept, all others are emptied where they stand.

What is emptied: user data, places, device and author names, times, private boxes, tracks of measurements (places taken
while filming), chapters and time codes with their samples, the notes that cameras and encoders put between pictures
(SEI), and every byte of the file that no kept track points at. Films in fragments are refused: their tables are
scattered, and phones make none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.cleaning.boxes import Box, boxes, empty, find, number, wipe
from domain.cleaning.errors import FileCannotBeCleaned, FileIsDamaged
from domain.cleaning.tables import samples_of
from domain.cleaning.values import Cleaned, FileKind, Limits
from domain.errors import Refused

_TOP: Final = frozenset({b"ftyp", b"moov", b"mdat"})
_KEPT: Final = {
    b"moov": frozenset({b"mvhd", b"trak"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia", b"tapt"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"nmhd", b"hdlr", b"dinf", b"stbl"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"stss", b"stsz", b"stz2", b"stsc", b"stco", b"co64", b"sdtp", b"cslg", b"sgpd"}
        | {b"sbgp", b"stps", b"cslg"}
    ),
    b"edts": frozenset({b"elst"}),
    b"dinf": frozenset({b"dref"}),
    b"tapt": frozenset({b"clef", b"prof", b"enof"}),
}
_SEEN_OR_HEARD: Final = frozenset({b"vide", b"soun"})
_PICTURES: Final = {b"avc1": b"avcC", b"avc3": b"avcC", b"hvc1": b"hvcC", b"hev1": b"hvcC"}
_SOUNDS: Final = frozenset(
    {
        b"mp4a",
        b".mp3",
        b"ac-3",
        b"ec-3",
        b"Opus",
        b"alac",
        b"samr",
        b"sawb",
        b"sowt",
        b"twos",
        b"lpcm",
        b"ulaw",
        b"alaw",
    }
)
_HEAD_OF_PICTURES: Final = 78
"""The fields of a video sample entry before its own boxes."""
_KEPT_OF_PICTURES: Final = frozenset({b"avcC", b"hvcC", b"pasp", b"colr", b"btrt", b"clap", b"fiel", b"gama"})
_SELF_CONTAINED: Final = 1
_LENGTH_AT: Final = {b"avcC": 4, b"hvcC": 21}


def clean_film(content: bytes, *, limits: Limits) -> Cleaned:  # noqa: ARG001 - all cleaners are called alike
    """Empty a film of all that is neither seen nor heard. Raises `Refused` for fragments and foreign parts."""
    film = bytearray(content)
    tops = list(boxes(film, 0, len(film)))
    moov = next((box for box in tops if box.name == b"moov"), None)
    if moov is None:
        raise Refused((FileIsDamaged(kind=FileKind.MP4.value),))
    if any(box.name == b"moof" for box in tops) or find(film, moov, b"mvex") is not None:
        raise _unclean("moof")
    kept = _clean_tracks(film, moov)
    _leave_others(film, moov)
    _wipe_times(film, moov, b"mvhd")
    for box in tops:
        if box.name == b"mdat":
            _wipe_between(film, box, kept)
        elif box.name not in _TOP:
            empty(film, box)
    return Cleaned(kind=FileKind.MP4, content=bytes(film))


def _clean_tracks(film: bytearray, moov: Box) -> list[tuple[int, int]]:
    """Clean the tracks that are seen or heard and empty the others; give the places of the samples that are kept."""
    kept: list[tuple[int, int]] = []
    tracks = 0
    for trak in [box for box in boxes(film, moov.body, moov.ends) if box.name == b"trak"]:
        handler = find(film, trak, b"mdia", b"hdlr")
        if handler is None or bytes(film[handler.body + 8 : handler.body + 12]) not in _SEEN_OR_HEARD:
            empty(film, trak)
            continue
        kept += _clean_track(film, trak)
        tracks += 1
    if not tracks:
        raise Refused((FileIsDamaged(kind=FileKind.MP4.value),))
    return kept


def _clean_track(film: bytearray, trak: Box) -> list[tuple[int, int]]:
    """Clean one track that is seen or heard; give the places of its samples."""
    _leave_others(film, trak)
    mdia = find(film, trak, b"mdia")
    stbl = find(film, trak, b"mdia", b"minf", b"stbl")
    dref = find(film, trak, b"mdia", b"minf", b"dinf", b"dref")
    if mdia is None or stbl is None:
        raise Refused((FileIsDamaged(kind=FileKind.MP4.value),))
    for inner in boxes(film, dref.body + 8, dref.ends) if dref else ():
        if number(film, inner.body) & 0xFFFFFF != _SELF_CONTAINED:
            raise _unclean("dref")
    _wipe_times(film, trak, b"tkhd")
    _wipe_times(film, mdia, b"mdhd")
    for handler in (find(film, mdia, b"hdlr"), find(film, mdia, b"minf", b"hdlr")):
        if handler is not None:
            # Manufacturer, flags and the name in words; the four letters of the kind stay.
            wipe(film, handler.body + 12, handler.ends)
    samples = samples_of(film, stbl)
    for length in _clean_descriptions(film, stbl):
        for begins, ends in samples:
            _wipe_notes(film, begins, ends, length=length[0], is_hevc=length[1])
    return samples


def _clean_descriptions(film: bytearray, stbl: Box) -> Iterator[tuple[int, bool]]:
    """Wipe the names of compressors; give how long the lengths of pictures are, where pictures hold notes."""
    stsd = find(film, stbl, b"stsd")
    if stsd is None:
        raise Refused((FileIsDamaged(kind=FileKind.MP4.value),))
    for entry in boxes(film, stsd.body + 8, stsd.ends):
        own = _PICTURES.get(entry.name)
        if own is None and entry.name not in _SOUNDS:
            raise _unclean(entry.name.decode("latin-1"))
        wipe(film, entry.body + 12, entry.body + 16)  # the vendor that QuickTime writes
        if own is None:
            continue
        wipe(film, entry.body + 16, entry.body + 24)
        film[entry.body + 42 : entry.body + 74] = bytes(32)  # the name of the compressor
        for inner in boxes(film, entry.body + _HEAD_OF_PICTURES, entry.ends):
            if inner.name == own:
                yield (film[inner.body + _LENGTH_AT[own]] & 3) + 1, own == b"hvcC"
            elif inner.name not in _KEPT_OF_PICTURES:
                empty(film, inner)


def _wipe_notes(film: bytearray, begins: int, ends: int, *, length: int, is_hevc: bool) -> None:
    """Turn notes between pictures (SEI) into filler, which decoders pass over."""
    at = begins
    while at + length < ends:
        size = number(film, at, length)
        unit = at + length
        if size == 0 or unit + size > ends:
            raise Refused((FileIsDamaged(kind=FileKind.MP4.value),))
        kind = film[unit] >> 1 & 0x3F if is_hevc else film[unit] & 0x1F
        if kind in ({39, 40} if is_hevc else {6}):
            head = bytes([38 << 1, 1]) if is_hevc else bytes([12])
            film[unit : unit + size] = (head + b"\xff" * size)[: max(1, size - 1)] + b"\x80" * (size > 1)
        at = unit + size


def _leave_others(film: bytearray, box: Box) -> None:
    """Empty every box that is not on the list of its parent, all the way down."""
    kept = _KEPT.get(box.name)
    if kept is None:
        return
    for inner in list(boxes(film, box.body, box.ends)):
        if inner.name in kept:
            _leave_others(film, inner)
        else:
            empty(film, inner)


def _wipe_times(film: bytearray, parent: Box, name: bytes) -> None:
    box = find(film, parent, name)
    if box is None:
        raise Refused((FileIsDamaged(kind=FileKind.MP4.value),))
    wipe(film, box.body + 4, box.body + 4 + (16 if film[box.body] == 1 else 8))


def _wipe_between(film: bytearray, mdat: Box, kept: list[tuple[int, int]]) -> None:
    """Overwrite what no kept sample holds: samples of other tracks, and what was only ever left lying there."""
    at = mdat.body
    for begins, ends in sorted(kept):
        if begins >= mdat.ends or ends <= mdat.body:
            continue
        if begins > at:
            wipe(film, at, begins)
        at = max(at, ends)
    if at < mdat.ends:
        wipe(film, at, mdat.ends)


def _unclean(what: str) -> Refused:
    return Refused((FileCannotBeCleaned(kind=FileKind.MP4.value, what=what),))
