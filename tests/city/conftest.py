"""One city for all tests that only look at it."""

from __future__ import annotations

import pytest

import city
from city.rows import Neighbourhood


@pytest.fixture(scope="session")
def neighbourhoods() -> list[Neighbourhood]:
    """A city of 12,000 people: big enough for everything rare to occur in it."""
    return list(city.neighbourhoods(11, 12_000))
