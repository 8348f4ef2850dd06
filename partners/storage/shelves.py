"""A folder and a bucket behind the same five verbs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config

_PIECE: Final = 256 * 1024
_BATCH: Final = 500


class BucketUnfitError(ValueError):
    """The address of a bucket cannot be understood."""


class _Objects:
    """What both have in common: an object store of obstore."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        """Keep some bytes under a name: all of them or nothing."""
        await self._store.put_async(name, content)
        await self._settle(name)

    async def put_on_day(self, name: str, content: bytes, *, begins: datetime) -> None:
        """Keep some bytes, and let what lists them tell the beginning of their day and no hour, as far as it can."""
        await self.put(name, content)
        await self._date(name, begins=begins)

    async def forget_hours(self, prefix: str, *, at: datetime) -> int:
        """Write anew what lies under a word and came at another hour than this one; gives how many.

        A store keeps by itself when it wrote something. After a night, all that it tells is the hour of the night.
        The days are those of the zone of `at`.
        """
        written, zone = 0, at.tzinfo
        async for batch in self._store.list(prefix=prefix, chunk_size=_BATCH):
            for found in batch:
                name, listed = found["path"], found["last_modified"]
                if (await self._written_at(name, listed=listed)).astimezone(zone).hour != at.hour:
                    content = b"".join([piece async for piece in self.read(name)])
                    begins = listed.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
                    await self.put_on_day(name, content, begins=begins)
                    written += 1
        return written

    async def put_stream(self, name: str, content: AsyncIterator[bytes]) -> None:
        """Keep a stream of bytes under a name: all of it or nothing."""
        await self._store.put_async(name, content)
        await self._settle(name)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces; raises FileNotFoundError."""
        found = await self._store.get_async(name)
        async for piece in found.stream(min_chunk_size=_PIECE):
            yield bytes(piece)

    async def drop(self, name: str) -> None:
        """Forget a name; one that is not there is forgotten already."""
        try:
            await self._store.delete_async(name)
        except FileNotFoundError:
            return

    async def names(self, *, before: datetime) -> AsyncIterator[list[str]]:
        """List the names that were kept before a moment, in batches."""
        async for batch in self._store.list(chunk_size=_BATCH):
            yield [found["path"] for found in batch if found["last_modified"] < before]

    async def _settle(self, name: str) -> None:
        """Do what the store needs until an object survives a power cut."""

    async def _date(self, name: str, *, begins: datetime) -> None:
        """Let the store say of an object the day alone, where it can be told."""

    async def _written_at(self, name: str, *, listed: datetime) -> datetime:  # noqa: ARG002 - a folder looks itself
        """Say when the store itself says that an object was written."""
        return listed


class Folder(_Objects):
    """A folder that only this user may enter; what is put there is on the disk before it counts."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        super().__init__(LocalStore(folder))

    async def _settle(self, name: str) -> None:
        await asyncio.to_thread(_write_through, self._folder / name)

    async def _date(self, name: str, *, begins: datetime) -> None:
        await asyncio.to_thread(_backdate, self._folder, name, begins.timestamp())

    async def _written_at(self, name: str, *, listed: datetime) -> datetime:
        found = await asyncio.to_thread((self._folder / name).stat)
        return datetime.fromtimestamp(found.st_ctime, listed.tzinfo)


class Bucket(_Objects):
    """A bucket that speaks S3.

    `s3://bucket/prefix?endpoint=https://…&region=…&key_file=/…` names it; the key file is JSON with `access_key_id`
    and `secret_access_key`. Without a key file the usual AWS variables of the environment are used.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.scheme != "s3" or not parts.netloc or asked.keys() - {"endpoint", "region", "key_file"}:
            raise BucketUnfitError("A bucket is named s3://bucket/prefix?endpoint=…&region=…&key_file=….")
        keys = json.loads(Path(asked["key_file"]).read_text()) if "key_file" in asked else {}
        endpoint = asked.get("endpoint")
        given: S3Config = {"region": asked.get("region", "us-east-1")}
        if endpoint:
            given["endpoint"] = endpoint
        if keys:
            given["access_key_id"], given["secret_access_key"] = keys["access_key_id"], keys["secret_access_key"]
        store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://"))},
            config=given,
        )
        super().__init__(store)


def open_shelf(address: str) -> Folder | Bucket:
    """Open a folder by its path or a bucket by its `s3://` address."""
    return Bucket(address) if address.startswith("s3:") else Folder(Path(address))


def _backdate(folder: Path, name: str, moment: float) -> None:
    """Set the times of a file and of the folders that it made newer, up to the shelf's own."""
    file = folder / name
    for place in (file, *file.parents):
        os.utime(place, (moment, moment))
        if place == folder:
            break


def _write_through(file: Path) -> None:
    for place, how in ((file, os.O_RDONLY), (file.parent, os.O_RDONLY | os.O_DIRECTORY)):
        handle = os.open(place, how)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
