"""The resident's first page: who I am, my family, who is covered when, what is due by when, and who read our files.

One statement reads it all, because everybody opens this page and most open nothing else. It shows the person and
those they may act for in full (masked), the rest of the household by name only.
"""

from domain.home.queries import read_home
from domain.home.values import BillCard, CoverageCard, Home, MandateCard, PersonCard, ReadingCard

__all__ = ["BillCard", "CoverageCard", "Home", "MandateCard", "PersonCard", "ReadingCard", "read_home"]
