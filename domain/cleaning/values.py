"""Kinds of files, what they may be at most, and what comes out of cleaning one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from domain.errors import Text

MEGABYTE: Final = 1024 * 1024


@unique
class FileKind(StrEnum):
    """What a file is by its content; its name and what the sender calls it count for nothing."""

    JPEG = "JPEG"
    PNG = "PNG"
    HEIC = "HEIC"
    PDF = "PDF"
    OFD = "OFD"
    XML = "XML"
    DOCX = "DOCX"
    XLSX = "XLSX"
    MP3 = "MP3"
    MP4 = "MP4"

    @property
    def media_type(self) -> str:
        """The media type under which a file of this kind is given out."""
        return _MEDIA_TYPES[self]

    @property
    def ending(self) -> str:
        """The ending of its name, without the dot."""
        return "jpg" if self is FileKind.JPEG else self.value.lower()


_MEDIA_TYPES: Final[Mapping[FileKind, str]] = MappingProxyType(
    {
        FileKind.JPEG: "image/jpeg",
        FileKind.PNG: "image/png",
        FileKind.HEIC: "image/heic",
        FileKind.PDF: "application/pdf",
        FileKind.OFD: "application/ofd",
        FileKind.XML: "application/xml",
        FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        FileKind.MP3: "audio/mpeg",
        FileKind.MP4: "video/mp4",
    }
)

IMAGES: Final = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.HEIC})
BILLS: Final = frozenset({FileKind.PDF, FileKind.OFD, FileKind.XML})
PAPERS: Final = IMAGES | {FileKind.PDF}
EVIDENCE: Final = PAPERS | {FileKind.DOCX, FileKind.XLSX, FileKind.MP3, FileKind.MP4}

ADVICE: Final[Mapping[FileKind, Text]] = MappingProxyType(
    {
        FileKind.JPEG: Text(
            "请重新拍照，或将图片截屏后上传。", "Take the photograph again, or upload a screenshot of it."
        ),
        FileKind.PNG: Text("请重新截屏后上传。", "Take the screenshot again."),
        FileKind.HEIC: Text("请在手机上转为 JPEG 后上传。", "Have the telephone make a JPEG of it and upload that."),
        FileKind.PDF: Text("请重新打印为 PDF，或逐页拍照上传。", "Print it into a new PDF, or photograph its pages."),
        FileKind.OFD: Text("请从开票平台重新下载电子票据。", "Download the bill from its platform again."),
        FileKind.XML: Text("请从开票平台重新下载电子票据。", "Download the bill from its platform again."),
        FileKind.DOCX: Text("请打印为 PDF 后上传。", "Print it into a PDF and upload that."),
        FileKind.XLSX: Text("请打印为 PDF 后上传。", "Print it into a PDF and upload that."),
        FileKind.MP3: Text("请用录音软件重新导出为 MP3。", "Export it from a recorder as MP3 again."),
        FileKind.MP4: Text(
            "请用手机剪辑软件重新导出为 MP4。", "Export it from the telephone's video editor as MP4 again."
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may be at most. What is larger is not clipped but refused, since a clipped paper proves nothing."""

    bytes_max: int = 30 * MEGABYTE
    pixels_max: int = 50_000_000
    """A photograph of 48 megapixels passes, an image of 10,000 x 10,000 does not."""
    side_max: int = 4_000
    """Longer images are made smaller: A4 at 300 dots an inch is 3,508 pixels long."""
    preview_side: int = 480
    pages_max: int = 300
    unpacked_max: int = 200 * MEGABYTE
    """What the compressed parts of one file may unpack to in all."""
    parts_max: int = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A file as others may see it: rebuilt, with nothing in it that tells of the sender or that runs.

    `kind` is the kind of what came out: a HEIC photograph leaves as JPEG. `preview` is a small JPEG of an image.
    """

    kind: FileKind
    content: bytes
    preview: bytes | None = None
    width: int | None = None
    height: int | None = None
    pages: int | None = None
