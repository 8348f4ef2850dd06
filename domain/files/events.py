"""What files tell the world."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FileReceived:
    """All of a file has arrived. Whoever received it checks it at once; this comes later, in case they could not."""

    file_id: UUID


@dataclass(frozen=True, slots=True)
class FileSettled:
    """A file is ready, was refused, has expired or was deleted; the bytes that it no longer needs may go."""

    file_id: UUID
