"""Reading an electronic bill that somebody has sent, so that nobody types what is printed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain import files, receipts
from domain.actors import Actor
from domain.claims import errors
from domain.crypto import Keyring
from domain.files import FileForm, FilePurpose, Shelf


async def read_bill(actor: Actor, *, keys: Keyring, shelf: Shelf, file_id: UUID, now: datetime) -> receipts.Receipt:
    """Read one's own electronic bill as it came: cleaning takes attachments, and the bill with them, out of a PDF.

    Call it outside of a transaction. Raises `FileNotFound`, `FileIsNoBill`, `FileIsNotReady` and `ReceiptUnreadable`.
    """
    path = ("file_id",)
    described = await files.describe(actor, keys=keys, file_ids=[file_id], now=now)
    if not described:
        raise files.FileNotFound(path=path)
    if described[0].purpose is not FilePurpose.ELECTRONIC_BILL:
        raise errors.FileIsNoBill(path=path)
    if described[0].state is not files.FileState.READY:
        raise files.FileIsNotReady(state=described[0].state.value, path=path)
    content = await files.read_bytes(actor, keys=keys, shelf=shelf, file_id=file_id, now=now, form=FileForm.ORIGINAL)
    # A bill of several megabytes is parsed for a moment; meanwhile the process answers others.
    try:
        return await asyncio.to_thread(receipts.read_document, content)
    except receipts.ReceiptUnreadable as unreadable:
        raise replace(unreadable, path=path) from unreadable
