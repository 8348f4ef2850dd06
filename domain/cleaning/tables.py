"""Where the samples of a track lie, read from its tables (ISO/IEC 14496-12, 8.7)."""

from __future__ import annotations

from typing import Final

from domain.cleaning.boxes import Box, BoxIsDamagedError, find, number

_SAMPLES_MAX: Final = 5_000_000


def samples_of(film: bytearray, stbl: Box) -> list[tuple[int, int]]:
    """Give begin and end of every sample of a track, in its order; raises `BoxIsDamagedError`."""
    sizes = _sizes(film, stbl)
    chunks = _chunks(film, stbl)
    runs = _runs(film, stbl)
    found: list[tuple[int, int]] = []
    run = 0
    for order, at in enumerate(chunks, start=1):
        while run + 1 < len(runs) and runs[run + 1][0] <= order:
            run += 1
        begins = at
        for _ in range(runs[run][1] if runs else 0):
            if len(found) == len(sizes):
                break
            ends = begins + sizes[len(found)]
            if ends > len(film):
                raise BoxIsDamagedError("stco")
            found.append((begins, ends))
            begins = ends
    if len(found) != len(sizes):
        raise BoxIsDamagedError("stsc")
    return found


def _sizes(film: bytearray, stbl: Box) -> list[int]:
    box = find(film, stbl, b"stsz")
    if box is None:
        raise BoxIsDamagedError("stsz")
    same, count = number(film, box.body + 4), number(film, box.body + 8)
    if count > _SAMPLES_MAX or (not same and box.body + 12 + 4 * count > box.ends):
        raise BoxIsDamagedError("stsz")
    if same:
        return [same] * count
    return [number(film, box.body + 12 + 4 * order) for order in range(count)]


def _chunks(film: bytearray, stbl: Box) -> list[int]:
    for name, width in ((b"stco", 4), (b"co64", 8)):
        box = find(film, stbl, name)
        if box is not None:
            count = number(film, box.body + 4)
            if box.body + 8 + width * count > box.ends:
                break
            return [number(film, box.body + 8 + width * order, width) for order in range(count)]
    raise BoxIsDamagedError("stco")


def _runs(film: bytearray, stbl: Box) -> list[tuple[int, int]]:
    box = find(film, stbl, b"stsc")
    if box is None or box.body + 8 + 12 * number(film, box.body + 4) > box.ends:
        raise BoxIsDamagedError("stsc")
    return [
        (number(film, box.body + 8 + 12 * order), number(film, box.body + 12 + 12 * order))
        for order in range(number(film, box.body + 4))
    ]
