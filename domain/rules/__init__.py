"""The law as dated data: who writes a number also writes where it stands, and a past day keeps its own rules.

A *provision* is one subject of one place (contribution, waiting …); a *version* is its whole text from a day on;
the *book* is all of them. Files are read strictly when the process starts: an unknown key, 185 %, a gap, an overlap
or a missing source is refused with its path, all faults at once. `docs/guides/rules.md` describes the file form.

    book = rules.load_book()                      # once, at start; hand it down
    book.contribution(region="330900", year=2027).groups
    rules.wait_of(book.waiting(region="330900", day=day), year=2027, window=standard.window, pays_on=day)

Pure: no database, no clock, no float. `book.digest` is stored with each result; `load_kept(digest)` brings the same
book back.
"""

from domain.rules.book import BUILT_IN, NATIONAL, Book, keep, load_book, load_kept, unpack
from domain.rules.errors import BrokenRule, UnknownBook, UnknownRule
from domain.rules.provisions import PROVISIONS
from domain.rules.provisions.contribution import ContributionGroup, ContributionStandard, Relief
from domain.rules.provisions.waiting import NewbornRule, Wait, WaitingRule, wait_of
from domain.rules.values import Provision, Reason, Standing

__all__ = [
    "BUILT_IN",
    "NATIONAL",
    "PROVISIONS",
    "Book",
    "BrokenRule",
    "ContributionGroup",
    "ContributionStandard",
    "NewbornRule",
    "Provision",
    "Reason",
    "Relief",
    "Standing",
    "UnknownBook",
    "UnknownRule",
    "Wait",
    "WaitingRule",
    "keep",
    "load_book",
    "load_kept",
    "unpack",
    "wait_of",
]
