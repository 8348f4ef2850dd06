"""One door for all kinds: what it is, whether it is taken here, and its cleaned copy."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from domain.cleaning.errors import FileIsDamaged, FileIsEmpty, FileIsTooComplex, FileIsTooLarge, FileTypeIsNotTaken
from domain.cleaning.sniffing import SHORTEST, sniff, what_it_seems
from domain.cleaning.values import IMAGES, Cleaned, FileKind, Limits
from domain.errors import DomainError, Refused, refuse


def clean(content: bytes, *, taken: Collection[FileKind], limits: Limits | None = None) -> Cleaned:
    """Give the cleaned copy of a file that is of one of the kinds taken, judged by its content.

    Raises `Refused` with every fault that was found. This reads what strangers made: call it in a process of its own
    (`Cage`), which may die of it, wherever the content is not from a test.
    """
    limits = limits or Limits()
    kind = sniff(content)
    refuse(_faults_of_outside(content, kind=kind, taken=taken, limits=limits))
    assert kind is not None, "A file of no kind was refused."
    try:
        return _cleaner_of(kind)(content, limits=limits)
    except MemoryError:
        raise Refused((FileIsTooComplex(),)) from None
    except RecursionError:
        raise Refused((FileIsTooComplex(),)) from None
    except (ValueError, IndexError, KeyError, EOFError, OverflowError) as damaged:
        raise Refused((FileIsDamaged(kind=kind.value),)) from damaged


def _faults_of_outside(
    content: bytes, *, kind: FileKind | None, taken: Collection[FileKind], limits: Limits
) -> list[DomainError]:
    if len(content) < SHORTEST:
        return [FileIsEmpty()]
    faults: list[DomainError] = []
    if len(content) > limits.bytes_max:
        faults.append(FileIsTooLarge(size=len(content), size_max=limits.bytes_max))
    if kind is None or kind not in taken:
        names = "、".join(one.value for one in FileKind if one in taken)
        faults.append(FileTypeIsNotTaken(found=what_it_seems(content), taken=names))
    return faults


def _cleaner_of(kind: FileKind) -> Callable[..., Cleaned]:
    """Import the decoders of one kind, and no others, where they are needed: in the cage."""
    if kind in IMAGES:
        from domain.cleaning.images import clean_image

        return partial(clean_image, kind=kind)
    match kind:
        case FileKind.PDF:
            from domain.cleaning.papers import clean_pdf as cleaner
        case FileKind.OFD:
            from domain.cleaning.bills import clean_ofd as cleaner
        case FileKind.XML:
            from domain.cleaning.bills import clean_markup as cleaner
        case FileKind.MP3:
            from domain.cleaning.sound import clean_sound as cleaner
        case FileKind.MP4:
            from domain.cleaning.film import clean_film as cleaner
        case _:
            from domain.cleaning.office import clean_office

            return partial(clean_office, kind=kind)
    return cleaner
