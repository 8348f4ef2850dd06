"""The table of jobs: which event leads to what. A house test refuses an event that nobody listens to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from workers.resources import Resources

Payload = Mapping[str, Any]
Job = Callable[[Resources, Payload], Awaitable[None]]

JOBS: Final[Mapping[str, Job]] = MappingProxyType({})

# Events that are facts for the audit trail only, each with the reason why nothing follows.
NOBODY_LISTENS: Final[Mapping[str, str]] = MappingProxyType({})
