"""Why a file is not taken. Each refusal says its sentences with its facts filled in, and can travel as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from domain.cleaning.values import ADVICE, MEGABYTE, FileKind
from domain.errors import DomainError, Text


@dataclass(eq=False)
class SaidRefusal(DomainError):
    """A refusal whose sentences are templates over its own facts, which are texts and whole numbers."""

    says: ClassVar[Text]
    advises: ClassVar[Text]

    def message(self) -> Text:
        """Say what is wrong, with the facts."""
        return Text(self.says.zh.format(fact=self), self.says.en.format(fact=self))

    def remedy(self) -> Text:
        """Say what to do next."""
        return Text(self.advises.zh.format(fact=self), self.advises.en.format(fact=self))


@dataclass(eq=False)
class FileTypeIsNotTaken(SaidRefusal):
    """By its content the file is of no kind that is taken here."""

    code = "FILE_TYPE"
    says = Text(
        "文件内容是 {fact.found}，此处不接收。", "By its content this is {fact.found}, which is not taken here."
    )
    advises = Text("请上传 {fact.taken}。", "Upload one of {fact.taken}.")
    found: str
    taken: str


@dataclass(eq=False)
class FileIsEmpty(SaidRefusal):
    """A file holds nothing, or less than any file of a kind that is taken."""

    code = "FILE_EMPTY"
    says = Text("文件是空的。", "The file is empty.")
    advises = Text(
        "请打开文件核对后重新上传。", "Open the file, look whether it is the right one, and upload it again."
    )


@dataclass(eq=False)
class FileIsTooLarge(SaidRefusal):
    """A file has more bytes than its purpose allows."""

    code = "FILE_TOO_LARGE"
    size: int
    size_max: int

    def message(self) -> Text:
        """Say how large it is and how large it may be."""
        here, most = _megabytes(self.size), _megabytes(self.size_max)
        return Text(f"文件 {here} MB，上限 {most} MB。", f"The file has {here} MB; at most {most} MB are taken.")

    def remedy(self) -> Text:
        """Say how to make it smaller."""
        return Text("请压缩或分成几个文件。", "Make it smaller, or split it into several files.")


@dataclass(eq=False)
class FileIsDamaged(SaidRefusal):
    """A file begins like one of its kind and cannot be read to its end."""

    code = "FILE_DAMAGED"
    kind: str

    def message(self) -> Text:
        """Say what could not be read."""
        return Text(f"此 {self.kind} 文件已损坏，无法读取。", f"This {self.kind} file is damaged and cannot be read.")

    def remedy(self) -> Text:
        """Say how to get a sound one."""
        return ADVICE[FileKind(self.kind)]


@dataclass(eq=False)
class FileIsEncrypted(FileIsDamaged):
    """A file opens only with a password."""

    code = "FILE_ENCRYPTED"

    def message(self) -> Text:
        """Say that nobody here can open it."""
        return Text(f"此 {self.kind} 文件已加密，无法打开。", f"This {self.kind} file opens only with a password.")

    def remedy(self) -> Text:
        """Say how to take the password off."""
        return Text("请取消密码保护后重新上传。", "Save it without a password and upload it again.")


@dataclass(eq=False)
class ImageHasTooManyPixels(SaidRefusal):
    """An image is larger than anybody photographs a paper, as images are that shall exhaust a reader."""

    code = "FILE_PIXELS"
    says = Text(
        "图片 {fact.width}×{fact.height} 像素，上限共 {fact.pixels_max} 像素。",
        "The image is {fact.width} by {fact.height}; at most {fact.pixels_max} pixels in all are taken.",
    )
    advises = Text("请缩小图片或重新拍照。", "Make the image smaller, or take the photograph again.")
    width: int
    height: int
    pixels_max: int


@dataclass(eq=False)
class FileHasTooManyPages(SaidRefusal):
    """A document has more pages than one file may."""

    code = "FILE_PAGES"
    says = Text(
        "文件有 {fact.pages} 页，上限 {fact.pages_max} 页。", "It has {fact.pages} pages; {fact.pages_max} are taken."
    )
    advises = Text("请拆成几个文件上传。", "Split it into several files.")
    pages: int
    pages_max: int


@dataclass(eq=False)
class FileIsTooComplex(SaidRefusal):
    """Reading a file would take more memory or time than any honest file needs: it unpacks without end, or loops."""

    code = "FILE_TOO_COMPLEX"
    says = Text(
        "文件展开后过大或过于复杂，无法处理。", "Unpacked, the file is larger or more complex than can be read."
    )
    advises = Text("请重新打印为 PDF，或拍照上传。", "Print it into a new PDF, or photograph it.")


@dataclass(eq=False)
class FileCannotBeCleaned(FileIsDamaged):
    """A file holds something that may tell of its sender and that cannot be taken out of it."""

    code = "FILE_NOT_CLEANABLE"
    what: str

    def message(self) -> Text:
        """Say what stands in the way."""
        return Text(
            f"此 {self.kind} 文件含有无法清除的内容（{self.what}）。",
            f"This {self.kind} file holds what cannot be taken out of it ({self.what}).",
        )


WIRE_KINDS: tuple[type[DomainError], ...] = (
    FileTypeIsNotTaken,
    FileIsEmpty,
    FileIsTooLarge,
    FileIsDamaged,
    FileIsEncrypted,
    ImageHasTooManyPixels,
    FileHasTooManyPages,
    FileIsTooComplex,
    FileCannotBeCleaned,
)


def write_faults(faults: Iterable[DomainError]) -> list[dict[str, Any]]:
    """Write refusals as their codes and facts, for another process or for a row."""
    return [
        {"code": fault.code} | {fact.name: getattr(fault, fact.name) for fact in fields(fault) if fact.name != "path"}
        for fault in faults
    ]


def read_faults(
    written: Sequence[Mapping[str, Any]], *, kinds: Iterable[type[DomainError]] = WIRE_KINDS
) -> tuple[DomainError, ...]:
    """Read what `write_faults` wrote; raises KeyError for a code that is not among the kinds."""
    known = {kind.code: kind for kind in kinds}
    return tuple(
        known[str(fault["code"])](**{name: value for name, value in fault.items() if name != "code"})
        for fault in written
    )


def _megabytes(size: int) -> str:
    tenths = -(-size * 10 // MEGABYTE)
    return f"{tenths // 10}.{tenths % 10}"
