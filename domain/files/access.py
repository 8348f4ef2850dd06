"""Which files somebody may see: their own, and those attached to what a room says they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.actors import Actor, ActorKind
from domain.files.values import Viewers


@dataclass(frozen=True, slots=True)
class Visible:
    """A piece of SQL for a WHERE about the table `file`, with the values of its own places."""

    sql: str
    values: tuple[object, ...] = ()


def visible_to(actor: Actor, *, viewers: Viewers, on: datetime, after: int) -> Visible:
    """Say which rows of the table `file`, under this very name, the actor may see.

    `after` is the number of the last `$n` that the statement uses itself. Callers without a log-in see nothing: they
    all have the same name, and a file is its owner's.
    """
    if actor.kind is ActorKind.SYSTEM:
        return Visible("true")
    if actor.id is None and actor.client_id is None:
        return Visible("false")
    values: list[object] = [actor.key]
    ways = [f"file.owner = ${after + 1}"]
    for kind, sees in viewers.items():
        values.append(kind)
        kind_place = after + len(values)
        told = sees(actor, on=on, after=kind_place)
        values.extend(told.values)
        ways.append(
            "EXISTS (SELECT 1 FROM attachment WHERE attachment.file_id = file.id"  # noqa: S608 - the rooms' own conditions
            f" AND attachment.subject_kind = ${kind_place} AND ({told.sql}))"
        )
    return Visible(f"({' OR '.join(ways)})", tuple(values))
