"""Who sees the files that are attached to something: each room that attaches files says it for its own subjects."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from domain import claims, rechecks
from domain.files import Viewers

VIEWERS: Final[Viewers] = MappingProxyType({claims.PAPERS: rechecks.sees_papers})
"""One line for each room: the kind of its subjects, and its condition in SQL about `attachment.subject_id`."""
