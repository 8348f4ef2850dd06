"""The resident's first page: who I am, my family, who is covered when, what is due by when, who read our files.

One statement reads it all, because everybody opens this page and most open nothing else. It shows the person and
those they may act for in full (masked), the rest of the household by name only, and to each what others did for them.
Whoever opens the page of an adult for whom they act is on record for that person, once a day.
"""

from domain.home.queries import read_home
from domain.home.service import record_family_readings
from domain.home.values import ActCard, BillCard, CoverageCard, Home, MandateCard, PersonCard, ReadingCard

__all__ = [
    "ActCard",
    "BillCard",
    "CoverageCard",
    "Home",
    "MandateCard",
    "PersonCard",
    "ReadingCard",
    "read_home",
    "record_family_readings",
]
