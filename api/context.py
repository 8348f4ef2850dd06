"""What one request knows: who asks, when it is, and what the process holds. The clock is read here, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from strawberry.types import Info as StrawberryInfo

from api.resources import Resources
from domain.actors import Actor
from domain.work import day_of


@dataclass(frozen=True)
class Context:
    """One request: nothing below it reads the clock or the token again."""

    actor: Actor
    now: datetime
    request_id: str
    resources: Resources
    client_ip: str | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """What the caller's token may do."""
        return self.actor.scopes

    @property
    def today(self) -> date:
        """The day in the agency's time zone."""
        return day_of(self.now)


Info = StrawberryInfo[Context, None]


def read_clock() -> datetime:
    """Read the clock for one request."""
    return datetime.now(UTC)  # noqa: TID251 - the border of the house
