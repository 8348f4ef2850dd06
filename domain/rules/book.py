"""The rule book: every version of every provision of every place, with the digest of its text."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from domain.errors import refuse
from domain.rules.errors import BrokenRule, UnknownBook, UnknownRule
from domain.rules.holes import holes_of
from domain.rules.parse import Page, Plain
from domain.rules.provisions import PROVISIONS, ContributionStandard, Kind, Place, WaitingRule
from domain.rules.provisions.oversight import Offence, Penalty
from domain.rules.values import Provision

BUILT_IN: Final = Path(__file__).parent / "data"
KEPT: Final = Path(__file__).parent / "kept"
NATIONAL: Final = "000000"

_HEADING: Final = ("provision", "region", "scheme", "name", "term")
P = TypeVar("P", bound=Provision)


@dataclass(frozen=True, slots=True)
class Book:
    """All rules that were loaded together. Frozen: keep it and hand it down.

    `digest` is the SHA-256 of the texts; every settlement stores it, and `load_kept` finds the book again.
    """

    digest: str
    texts: Mapping[str, str]
    provisions: Mapping[tuple[str, str, str], tuple[Provision, ...]]

    def contribution(self, *, region: str, year: int, scheme: str = "390") -> ContributionStandard:
        """Give the contribution standard of a place for a year of cover, or raise `UnknownRule`."""
        if not MINYEAR <= year < MAXYEAR:
            name = _only_name(ContributionStandard)
            raise UnknownRule(what=name, region=region, when=str(year), scheme=scheme)
        return self.in_force(ContributionStandard, region=region, day=date(year, 1, 1), scheme=scheme)

    def waiting(self, *, region: str, day: date, scheme: str = "390") -> WaitingRule:
        """Give the waiting rule in force on a day: of the place, else its province, else the nation."""
        return self.in_force(WaitingRule, region=region, day=day, scheme=scheme)

    def place(self, *, region: str, day: date) -> Place:
        """Give what holds for a place as a whole on a day, its settlement year above all."""
        return self.in_force(Place, region=region, day=day)

    def offence(self, offence: str, *, region: str, day: date) -> tuple[Penalty, Offence]:
        """Find the range for an offence on a day in the place, its province or the nation, or raise `UnknownRule`.

        A local statute that names an offence goes before the national one for as long as it is in force.
        """
        for version in self._candidates("penalty", region=region, day=day, scheme=""):
            if isinstance(version, Penalty) and (found := version.find(offence)):
                return version, found
        raise UnknownRule(what=f"penalty {offence}", region=region, when=day.isoformat())

    def offences(self, *, region: str, day: date) -> list[tuple[Penalty, Offence]]:
        """List every offence that `offence` finds on a day, those of the place first."""
        found: dict[str, tuple[Penalty, Offence]] = {}
        for version in self._candidates("penalty", region=region, day=day, scheme=""):
            if isinstance(version, Penalty):
                for offence in version.offences:
                    found.setdefault(offence.offence, (version, offence))
        return list(found.values())

    def in_force(self, form: type[P], *, region: str, day: date, scheme: str = "", called: str = "") -> P:
        """Give the version of a provision in force on a day, or raise `UnknownRule`. See `find`."""
        if found := self.find(form, region=region, day=day, scheme=scheme, called=called):
            return found
        name = called or _only_name(form)
        raise UnknownRule(what=name, region=region, when=day.isoformat(), scheme=scheme)

    def find(self, form: type[P], *, region: str, day: date, scheme: str = "", called: str = "") -> P | None:
        """Give the version in force on a day, or `None` where the place has no such provision then.

        `called` is the name of the provision where several have the same form (`inpatient`, `critical` …). A file for
        the scheme goes before one for all schemes; kinds that inherit are looked for in the levels above as well.
        """
        name = called or _only_name(form)
        for version in self._candidates(name, region=region, day=day, scheme=scheme):
            if isinstance(version, form):
                return version
        return None

    def _candidates(self, name: str, *, region: str, day: date, scheme: str) -> Iterator[Provision]:
        for place in _levels(region) if PROVISIONS[name].inherits else (region,):
            for covers in dict.fromkeys((scheme, "")):
                for version in self.provisions.get((place, name, covers), ()):
                    if day in version.period:
                        yield version

    def versions(self) -> Iterator[tuple[str, Provision]]:
        """List all versions with the name of their kind, in a fixed order."""
        for (_, name, _), versions in sorted(self.provisions.items()):
            for version in versions:
                yield name, version

    def pack(self) -> bytes:
        """Give the book as bytes to be kept; `unpack` reads them again."""
        return zlib.compress(json.dumps(dict(self.texts), ensure_ascii=False, sort_keys=True).encode())


def load_book(folder: Path | None = None) -> Book:
    """Read all rule files of a folder (the built-in rules without one).

    Raises `Refused` with every `BrokenRule` at once: a rule book is whole or it is not used.
    """
    root = folder or BUILT_IN
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in sorted(root.rglob("*.yaml"))}
    return _bound(tuple(texts.items()))


@lru_cache(maxsize=4)
def _bound(texts: tuple[tuple[str, str], ...]) -> Book:
    """Bind the same texts once in a process: a book is frozen, and reading its YAML takes most of a second."""
    return _bind(dict(texts))


def unpack(packed: bytes) -> Book:
    """Read a book from the bytes of `pack`."""
    texts: dict[str, str] = json.loads(zlib.decompress(packed))
    return _bind(texts)


def load_kept(digest: str, *, folder: Path = KEPT) -> Book:
    """Load the book with this digest, the built-in one or a kept one, or raise `UnknownBook`."""
    built_in = load_book()
    if built_in.digest == digest:
        return built_in
    path = folder / f"{digest}.rules"
    if not path.is_file():
        raise UnknownBook(digest=digest)
    book = unpack(path.read_bytes())
    if book.digest != digest:
        raise RuntimeError(f"The kept rule book {path} has the digest {book.digest}: its bytes were changed.")
    return book


def keep(book: Book, *, folder: Path = KEPT) -> Path:
    """Keep a book under its digest, so that past settlements can be explained after the rules have changed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{book.digest}.rules"
    path.write_bytes(book.pack())
    return path


def digest_of(texts: Mapping[str, str]) -> str:
    """Compute the SHA-256 over names and texts in the order of the names."""
    sha = hashlib.sha256()
    for file, text in sorted(texts.items()):
        for part in (file, text):
            encoded = part.encode()
            sha.update(len(encoded).to_bytes(8, "big"))
            sha.update(encoded)
    return sha.hexdigest()


def _bind(texts: Mapping[str, str]) -> Book:
    provisions: dict[tuple[str, str, str], tuple[Provision, ...]] = {}
    faults: list[BrokenRule] = []
    for file, text in texts.items():
        page = Page(file, text)
        place, versions = _read(page)
        if place in provisions:
            page.fault("$", f"The provision {place[1]!r} of region {place[0]}, scheme {place[2]!r} has two files.")
        provisions[place] = versions
        faults.extend(page.faults)
    refuse(faults)
    book = Book(digest=digest_of(texts), texts=dict(texts), provisions=provisions)
    refuse(holes_of(book))
    return book


def _read(page: Page) -> tuple[tuple[str, str, str], tuple[Provision, ...]]:
    heading, versions = _heading_of(page)
    kind = PROVISIONS.get(heading["provision"])
    if kind is None:
        if not page.faults:
            page.fault("$.provision", f"{heading['provision']!r} is none of: {', '.join(PROVISIONS)}.")
        return (page.file, "", ""), ()
    folder = page.file.partition("/")[0]
    if heading["region"] != folder:
        page.fault("$.region", f"The file lies in the folder {folder} and must name the same region.")
    built = [
        version
        for number in range(len(versions))
        if (version := _version_of(page, kind=kind, heading=heading, versions=versions, number=number))
    ]
    return (heading["region"], heading["provision"], heading["scheme"]), tuple(built)


def _heading_of(page: Page) -> tuple[dict[str, str], list[Plain]]:
    heading: dict[str, str] = dict.fromkeys(_HEADING, "")
    content = page.content
    if not isinstance(content, dict):
        page.fault("$", "Expected keys and values.")
        return heading, []
    for key in sorted(content.keys() - {*_HEADING, "versions"}):
        page.fault(f"$.{key}", f"Unknown key: {key}.")
    for key in _HEADING:
        value = content.get(key, "")
        if not isinstance(value, str) or (not value and key != "scheme"):
            page.fault("$", f"The key {key!r} is missing or no text.")
        else:
            heading[key] = value
    versions = content.get("versions")
    if not isinstance(versions, list) or not versions:
        page.fault("$.versions", "Expected a list of at least one version.")
        return heading, []
    return heading, versions


def _version_of(
    page: Page, *, kind: Kind, heading: Mapping[str, str], versions: list[Plain], number: int
) -> Provision | None:
    place = f"$.versions[{number}]"
    content = versions[number]
    if not isinstance(content, dict):
        page.fault(place, "Expected keys and values.")
        return None
    for key in ("region", "scheme", "name", "term", "ends"):
        if key in content:
            page.fault(f"{place}.{key}", f"Unknown key: {key}.")
    if not content.get("source"):
        page.fault(place, "A version needs its source: document and article.")
    own = {key: value for key, value in content.items() if key != "ended"}
    head = {key: heading[key] for key in ("region", "scheme", "name", "term")}
    end = _end_of(page, versions=versions, number=number)
    whole: dict[str, Plain] = {**own, **head, **({"ends": end} if end else {})}
    version = page.build(kind.form, whole, place=place)
    if version is not None:
        for key in version.demonstration:
            if key.partition(".")[0] not in own:
                page.fault(f"{place}.demonstration", f"This version has no key {key!r}.")
    return version


def _end_of(page: Page, *, versions: list[Plain], number: int) -> Plain:
    """Give the first day on which a version holds no longer: its own `ended`, or the start of the next."""
    here, after = versions[number], versions[number + 1] if number + 1 < len(versions) else None
    ended = here.get("ended", "") if isinstance(here, dict) else ""
    following = after.get("starts", "") if isinstance(after, dict) else ""
    starts = here.get("starts", "") if isinstance(here, dict) else ""
    for end, key in ((ended, f"$.versions[{number}].ended"), (following, f"$.versions[{number + 1}].starts")):
        if end and str(end) <= str(starts):
            page.fault(key, f"Versions stand in the order of their days: {end} is not after {starts}.")
            return ""
    if ended and following and str(ended) > str(following):
        page.fault(f"$.versions[{number}].ended", f"The next version starts before: {following}.")
    return ended or following


def _levels(region: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((region, f"{region[:4]}00", f"{region[:2]}0000", NATIONAL)))


def _only_name(form: type[Provision]) -> str:
    names = [name for name, kind in PROVISIONS.items() if kind.form is form]
    assert len(names) == 1, f"{form.__name__} is the form of {names}: say which is meant."
    return names[0]
