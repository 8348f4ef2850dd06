"""Files: a ticket to send one, how it stands, an address to read it once, and taking it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api import downloads, uploads
from api.context import Info
from api.file_viewers import VIEWERS
from api.perform import perform
from api.schema.enums import enum
from api.schema.errors import UserError, to_wire
from api.schema.scalars import decode_id, encode_id, id_of
from api.schema.words import ERRORS, KEY
from api.scopes import needs
from domain import files
from domain.actors import Scope
from domain.cleaning import FileKind
from domain.files import FileForm, FilePurpose, FileState

enum(
    FileKind,
    "文件种类，按内容判定。 A kind, judged by content.",
    JPEG="JPEG 图片。 A JPEG image.",
    PNG="PNG 图片。 A PNG image.",
    HEIC="HEIC 照片，存为 JPEG。 A HEIC photograph, kept as a JPEG.",
    PDF="PDF 文档。 A PDF document.",
    OFD="OFD 版式文档。 An OFD document (GB/T 33190).",
    XML="XML 电子票据。 An electronic bill in XML.",
    DOCX="Word 文档。 A Word document.",
    XLSX="Excel 表格。 An Excel workbook.",
    MP3="MP3 录音。 An MP3 sound.",
    MP4="MP4 视频。 An MP4 film.",
)
enum(
    FilePurpose,
    "上传用途，决定可收种类和大小。 What a file is sent for; it decides which kinds and sizes are taken.",
    CLAIM_PAPER="报销材料。 A paper of a claim.",
    ELECTRONIC_BILL="医疗收费电子票据。 An electronic medical bill.",
    EVIDENCE="核查证据。 Evidence of a field check.",
)
enum(
    FileState,
    "文件状态。 Where a file stands.",
    OPEN="等待上传。 Its bytes are awaited.",
    RECEIVED="已收到，待检查。 It has arrived and waits to be checked.",
    QUARANTINED="已隔离，待扫描，任何人不得查看。 It waits for the scanner; nobody reads it.",
    READY="可以使用。 It can be used.",
    REFUSED="不予接收。 It was refused.",
    EXPIRED="上传凭证已过期。 Its ticket has expired.",
    DELETED="已删除，密钥已销毁。 It was deleted and its key destroyed.",
)
enum(
    FileForm,
    "文件的形式。 As what a file is read.",
    CLEAN="清洁副本。 The cleaned copy.",
    PREVIEW="缩略图。 A small preview.",
    ORIGINAL="原件，只供机器核验，不对人开放。 As it came: for machines that check its seal, never for people.",
)


@strawberry.type(description="上传的文件。 A file that somebody has sent.")
class File:
    """A file that somebody has sent."""

    id: strawberry.ID = strawberry.field(description="标识。 The opaque id.")
    purpose: FilePurpose = strawberry.field(description="用途。 What it is sent for.")
    name: str = strawberry.field(description="上传者所起的文件名。 What its sender calls it.")
    state: FileState = strawberry.field(description="状态；只有 READY 可以查看。 Only a READY file is read.")
    kind: FileKind | None = strawberry.field(description="清洁副本的种类。 The kind of the cleaned copy.")
    size: str = strawberry.field(description="字节数。 Its size in bytes, as whole digits.")
    has_preview: bool = strawberry.field(description="有缩略图。 Whether there is a small preview.")
    faults: list[UserError] = strawberry.field(description="不予接收的全部原因。 Every reason why it was refused.")
    opened_at: datetime = strawberry.field(description="取得上传凭证的时刻。 When its ticket was given.")

    @classmethod
    def of(cls, record: files.FileRecord) -> File:
        """Show one file."""
        return cls(
            id=encode_id("File", record.id),
            purpose=record.purpose,
            name=record.name,
            state=record.state,
            kind=record.kind,
            size=str(record.size),
            has_preview=record.has_preview,
            faults=[to_wire(fault) for fault in record.faults],
            opened_at=record.opened_at,
        )


@strawberry.type(description="上传凭证：在有效期内向 path 发送 PUT。 A ticket: PUT the bytes to `path` while it holds.")
class UploadTicket:
    """A ticket to send one file."""

    file: File = strawberry.field(description="文件。 The file to be.")
    path: str = strawberry.field(description="上传地址的路径。 The path to send it to.")
    authorization: str = strawberry.field(description="请求头 Authorization 的值。 The value of that header.")
    expires_at: datetime = strawberry.field(description="有效至。 Until when it holds.")


@strawberry.type(description="上传凭证，或全部不符之处。 The ticket, or every refusal.")
class FileUploadOpenPayload:
    """A ticket."""

    ticket: UploadTicket | None = strawberry.field(description="凭证。 The ticket.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="一次性查看地址，或全部不符之处。 The address, or every refusal.")
class FileDownloadPayload:
    """An address to read a file once."""

    path: str | None = strawberry.field(
        description="一分钟内可由本人登录后 GET 一次的路径。 The same caller may GET it once within a minute."
    )
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="删除结果。 What came of deleting.")
class FileDeletePayload:
    """What came of deleting."""

    file: File | None = strawberry.field(description="已删除的文件。 The deleted file.")
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="申请上传一个文件。 Ask to send one file.")
class FileUploadOpenInput:
    """Ask to send one file."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    purpose: FilePurpose = strawberry.field(description="用途。 What it is sent for.")
    name: str = strawberry.field(description="文件名，最多 120 字。 Its name, at most 120 characters.")
    size: int = strawberry.field(description="字节数。 Its size in bytes.")
    sha256: str | None = strawberry.field(default=None, description="内容的 SHA-256（十六进制）。 Its digest in hex.")


@strawberry.input(description="申请查看一个文件。 Ask to read one file.")
class FileDownloadInput:
    """Ask to read one file."""

    id: strawberry.ID = strawberry.field(description="文件。 The file.")
    form: FileForm = strawberry.field(default=FileForm.CLEAN, description="形式。 As what.")
    purpose: str | None = strawberry.field(
        default=None, description="查阅事由，非本人文件必填，本人可见。 What for; a must for somebody else's file."
    )


@strawberry.input(description="删除一个未使用的文件。 Delete a file that belongs to nothing.")
class FileDeleteInput:
    """Delete a file."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="文件。 The file.")


@strawberry.type
class FilesQuery:
    """Asking about files."""

    @strawberry.field(
        extensions=[needs(Scope.FILE_READ, own=Scope.FILE_OWN)],
        description="文件状态；看不到的为空。 How a file stands; null for one that is not the caller's.",
    )
    async def file(self, info: Info, id: strawberry.ID) -> File | None:
        """Show it."""
        file_id = id_of(id, "File")
        return None if file_id is None else await _show(info, file_id)


@strawberry.type
class FilesMutation:
    """Sending, reading and deleting."""

    @strawberry.mutation(
        extensions=[needs(Scope.FILE_UPLOAD, own=Scope.FILE_OWN)],
        description="取得上传凭证，再以 PUT 发送文件内容。 Get a ticket, then PUT the bytes.",
    )
    async def file_upload_open(self, info: Info, input: FileUploadOpenInput) -> FileUploadOpenPayload:
        """Give the ticket."""
        wish = files.UploadWish(purpose=input.purpose, name=input.name, size=input.size, sha256=input.sha256)
        done = await perform(
            info, lambda work: files.open_ticket(work, wish=wish), key=input.idempotency_key, asked=input
        )
        records = await _describe(info, done.result) if done.result else []
        ticket = None
        if records and done.result:
            file = File.of(records[0])
            ticket = UploadTicket(
                file=file,
                path=uploads.path_of(file.id),
                authorization=f"Ticket {files.ticket_of(info.context.resources.keys, file_id=done.result)}",
                expires_at=records[0].expires_at,
            )
        return FileUploadOpenPayload(ticket=ticket, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.FILE_READ, own=Scope.FILE_OWN)],
        description="取得一次性查看地址；查看他人文件留痕，本人可见。 Get an address to read once; the person sees it.",
    )
    async def file_download(self, info: Info, input: FileDownloadInput) -> FileDownloadPayload:
        """Give the address."""
        done = await perform(
            info,
            lambda work: files.open_reading(
                work,
                file_id=decode_id(input.id, "File", "id"),
                form=input.form,
                purpose=input.purpose,
                viewers=VIEWERS,
            ),
            key=None,
        )
        path = None
        if done.result is not None:
            secret = files.token_of(info.context.resources.keys, token_id=done.result)
            path = downloads.path_of(done.result, secret)
        return FileDownloadPayload(path=path, errors=done.errors)

    @strawberry.mutation(
        extensions=[needs(Scope.FILE_UPLOAD, own=Scope.FILE_OWN)],
        description="删除我的未使用文件，密钥随即销毁。 Delete one's own unused file; its key is destroyed.",
    )
    async def file_delete(self, info: Info, input: FileDeleteInput) -> FileDeletePayload:
        """Delete it."""
        done = await perform(
            info,
            lambda work: files.delete_file(work, file_id=decode_id(input.id, "File", "id")),
            key=input.idempotency_key,
            asked=input,
        )
        return FileDeletePayload(file=await _show(info, done.result) if done.result else None, errors=done.errors)


async def _show(info: Info, file_id: UUID) -> File | None:
    records = await _describe(info, file_id)
    return File.of(records[0]) if records else None


async def _describe(info: Info, file_id: UUID) -> list[files.FileRecord]:
    context = info.context
    return await files.describe(
        context.actor, keys=context.resources.keys, file_ids=[file_id], now=context.now, viewers=VIEWERS
    )
