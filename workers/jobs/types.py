"""What a job is: a function of the process's resources and of the ids that the event carried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from workers.resources import Resources

Payload = Mapping[str, Any]
Job = Callable[[Resources, Payload], Awaitable[None]]
