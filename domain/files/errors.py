"""Refusals about uploads, reading and attaching. What may be wrong inside of a file stands in `domain.cleaning`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.cleaning import WIRE_KINDS, SaidRefusal
from domain.errors import DomainError, Text


class FileNotFound(SaidRefusal):
    """There is no such file, or it is not the caller's to see."""

    code = "FILE_NOT_FOUND"
    says = Text("没有这个文件。", "There is no such file.")
    advises = Text("请从列表中选择文件。", "Choose a file from the list.")


class FileNameIsUnfit(SaidRefusal):
    """The name of a file is empty, too long, or holds control characters."""

    code = "FILE_NAME"
    says = Text("文件名为空、过长或含有控制字符。", "The name is empty, longer than 120 characters, or holds controls.")
    advises = Text("请改用简短的文件名。", "Give the file a short name.")


class FileDigestIsUnfit(SaidRefusal):
    """What was declared as the digest is no SHA-256 in hex."""

    code = "FILE_DIGEST_SHAPE"
    says = Text("校验值不是 64 位十六进制的 SHA-256。", "The digest is no SHA-256 of 64 hexadecimal digits.")
    advises = Text("请重新计算，或不填。", "Compute it again, or leave it out.")


@dataclass(eq=False)
class TooManyFiles(SaidRefusal):
    """A sender has as many files that belong to nothing as they may."""

    code = "FILES_TOO_MANY"
    says = Text(
        "未使用的文件已达上限 {fact.count_max} 个。", "There are {fact.count_max} unused files already, the most."
    )
    advises = Text("请先提交或删除已上传的文件。", "Use or delete some of those uploaded before.")
    count_max: int


class FileDiffersFromDeclared(SaidRefusal):
    """What arrived is not what was declared: its SHA-256 is another."""

    code = "FILE_DIGEST_DIFFERS"
    says = Text("收到的内容与声明的校验值不符。", "What arrived has another SHA-256 than was declared.")
    advises = Text("请重新上传。", "Upload it again.")


@dataclass(eq=False)
class FileIsInfected(SaidRefusal):
    """The scanner knows something harmful in the file."""

    code = "FILE_INFECTED"
    says = Text("文件中发现恶意程序（{fact.signature}）。", "The scanner found {fact.signature} in the file.")
    advises = Text("请勿打开此文件，并检查您的设备。", "Do not open it, and have your device checked.")
    signature: str


@dataclass(eq=False)
class FileIsNotReady(SaidRefusal):
    """A file is still being received or checked, was refused, or is gone."""

    code = "FILE_NOT_READY"
    says = Text("文件目前不能使用（{fact.state}）。", "The file cannot be used now ({fact.state}).")
    advises = Text("请等待检查完成，或重新上传。", "Wait until it is checked, or upload it again.")
    state: str


@dataclass(eq=False)
class UploadGoesOnElsewhere(SaidRefusal):
    """Bytes were sent for a place where the upload does not stand: it has more, or fewer, than the sender thinks."""

    code = "UPLOAD_OFFSET"
    says = Text("已收到 {fact.received} 字节，请从该处继续。", "{fact.received} bytes have arrived; go on from there.")
    advises = Text("请从已收到的位置继续上传。", "Go on with the byte after those.")
    received: int


class UploadWasTakenOver(SaidRefusal):
    """A later request goes on with this upload; the earlier one writes no more."""

    code = "UPLOAD_TAKEN_OVER"
    says = Text("另一个请求正在继续此上传。", "Another request goes on with this upload.")
    advises = Text("请查询进度后再继续。", "Ask how far it is before going on.")


class FileIsInUse(SaidRefusal):
    """A file belongs to something and cannot be deleted by itself."""

    code = "FILE_IN_USE"
    says = Text("文件已提交，不能单独删除。", "The file belongs to something that was handed in.")
    advises = Text("请在相应事项中更换材料。", "Replace it where it was handed in.")


class ReadingPurposeIsMissing(SaidRefusal):
    """Somebody else's file is read for a purpose, in at most 200 characters."""

    code = "FILE_READING_PURPOSE"
    says = Text("未说明查阅事由，或超过 200 字。", "The purpose of the reading is missing, or over 200 characters.")
    advises = Text("请填写查阅事由，本人可见。", "Say what for; the person sees it.")


STORED_KINDS: Final[tuple[type[DomainError], ...]] = (*WIRE_KINDS, FileDiffersFromDeclared, FileIsInfected)
"""The refusals that a file's row may hold."""
