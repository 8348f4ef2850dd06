"""Taking out of a file whatever tells of its sender or runs at its reader, and refusing what cannot be cleaned.

Pure: bytes in, bytes or refusals out; it knows neither the database nor who asks. `clean` judges a file by its content
and rebuilds it. What strangers send is never read in the process that serves people: `Cage` has a child of its own do
it, with little memory, little time and nothing to hold on to.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from domain.cleaning.cleaning import clean
from domain.cleaning.errors import (
    WIRE_KINDS,
    FileCannotBeCleaned,
    FileHasTooManyPages,
    FileIsDamaged,
    FileIsEmpty,
    FileIsEncrypted,
    FileIsTooComplex,
    FileIsTooLarge,
    FileTypeIsNotTaken,
    ImageHasTooManyPixels,
    SaidRefusal,
    read_faults,
    write_faults,
)
from domain.cleaning.sniffing import sniff, what_it_seems
from domain.cleaning.values import BILLS, EVIDENCE, IMAGES, MEGABYTE, PAPERS, Cleaned, FileKind, Limits
from domain.cleaning.vessel import Vessel

if TYPE_CHECKING:
    from domain.cleaning.cage import Cage, CleaningFailedError, FromCage, NoSpareTimeError

__all__ = [
    "BILLS",
    "EVIDENCE",
    "IMAGES",
    "MEGABYTE",
    "PAPERS",
    "WIRE_KINDS",
    "Cage",
    "Cleaned",
    "CleaningFailedError",
    "FileCannotBeCleaned",
    "FileHasTooManyPages",
    "FileIsDamaged",
    "FileIsEmpty",
    "FileIsEncrypted",
    "FileIsTooComplex",
    "FileIsTooLarge",
    "FileKind",
    "FileTypeIsNotTaken",
    "FromCage",
    "ImageHasTooManyPixels",
    "Limits",
    "NoSpareTimeError",
    "SaidRefusal",
    "Vessel",
    "clean",
    "read_faults",
    "sniff",
    "what_it_seems",
    "write_faults",
]


def __getattr__(name: str) -> object:
    """Load the cage when it is asked for: its children load this package, too, and need no event loop."""
    if name in {"Cage", "CleaningFailedError", "FromCage", "NoSpareTimeError"}:
        return getattr(import_module("domain.cleaning.cage"), name)
    raise AttributeError(f"{__name__} has no {name}")
