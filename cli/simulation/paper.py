"""Rules changed on paper: files of a folder laid over the rules, and single values set by their path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from cli.refusals import CannotStart
from domain import rules
from domain.errors import Text
from domain.period import Period

_SETTING: Final = re.compile(r"(?P<file>[a-z_]+(?:_\d{3})?)\.(?P<path>[^=]+)=(?P<value>.+)")
_PART: Final = re.compile(r"[^.\[\]]+")


class ChangedValue(NamedTuple):
    """One value of a provision that is not the same in the two books."""

    term: str
    scheme: str
    starts: date
    path: str
    before: str
    after: str


def lay_over(book: rules.Book, folder: Path) -> rules.Book:
    """Replace the files of a book by those of the same name in a folder, and add its new ones.

    Raises `Refused` with every `BrokenRule`, and `CannotStart` when the folder holds no rule file in its place.
    """
    if not folder.is_dir():
        raise CannotStart(Text(f"{folder} 不是文件夹。", f"{folder} is no folder."))
    changed = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml"))}
    strangers = [name for name in changed if not re.fullmatch(r"\d{6}/[a-z0-9_]+\.yaml", name)]
    if strangers or not changed:
        named = ", ".join(strangers) or "0"
        raise CannotStart(
            Text(
                f"{folder} 中应有 330900/inpatient_390.yaml 这样的规则文件，实为：{named}。",
                f"{folder} must hold rule files like 330900/inpatient_390.yaml; it holds: {named}.",
            )
        )
    return _bound(book, {**book.texts, **changed})


def set_values(book: rules.Book, settings: Iterable[str], *, region: str, days: Period) -> rules.Book:
    """Set single values, each written as FILE.PATH=VALUE (`inpatient_390.deductible.amounts.tertiary=500`).

    A setting holds for every version of the file that is in force on one of the days, and in every class of people
    when the path leaves out `classes[…]`. Raises `CannotStart` for a path that names nothing.
    """
    texts = dict(book.texts)
    for setting in settings:
        match = _SETTING.fullmatch(setting)
        name = f"{region}/{match['file']}.yaml" if match else ""
        if match is None or name not in texts:
            raise CannotStart(
                Text(
                    f"无法理解 {setting!r}:应写作 文件.路径=值,如 inpatient_390.deductible.amounts.tertiary=500。",
                    f"{setting!r} is not FILE.PATH=VALUE of a rule file of region {region}, "
                    "like inpatient_390.deductible.amounts.tertiary=500.",
                )
            )
        texts[name] = _set(texts[name], match["path"].strip(), match["value"].strip(), setting=setting, days=days)
    return _bound(book, texts)


def changed_values(before: rules.Book, after: rules.Book, *, days: Period) -> list[ChangedValue]:
    """List every value that differs between two books in versions that are in force on one of the days."""
    found: list[ChangedValue] = []
    for key in sorted(before.provisions.keys() | after.provisions.keys()):
        old, new = (_versions(book, key, days=days) for book in (before, after))
        for starts in sorted(old.keys() | new.keys()):
            version = new.get(starts) or old[starts]
            was = rules.values_of(old[starts]) if starts in old else {}
            becomes = rules.values_of(new[starts]) if starts in new else {}
            found += (
                ChangedValue(version.term, version.scheme, starts, path, was.get(path, "—"), becomes.get(path, "—"))
                for path in dict.fromkeys((*was, *becomes))
                if was.get(path) != becomes.get(path)
            )
    return found


def days_of(book: rules.Book, *, region: str, year: int) -> Period:
    """Give the days of a settlement year of a place; raises `UnknownRule` for a place without rules."""
    places = [one for one in book.provisions.get((region, "place", ""), ()) if isinstance(one, rules.Place)]
    if not places:
        raise rules.UnknownRule(what="place", region=region, when=str(year))
    return max(places, key=lambda place: place.starts).days_of(year)


def _versions(book: rules.Book, key: tuple[str, str, str], *, days: Period) -> Mapping[date, rules.Provision]:
    return {one.starts: one for one in book.provisions.get(key, ()) if one.period.overlaps(days)}


def _bound(book: rules.Book, texts: Mapping[str, str]) -> rules.Book:
    return rules.unpack(replace(book, texts=texts).pack())


def _set(text: str, path: str, value: str, *, setting: str, days: Period) -> str:
    """Write the value into the text, at every place that the path names; everything else stays as it is."""
    node = yaml.compose(text, Loader=yaml.BaseLoader)
    parts = _PART.findall(path)
    places = [
        (scalar.start_mark.index, scalar.end_mark.index)
        for version in _versions_in_force(node, days=days)
        for scalar in _scalars(version, parts)
    ]
    if not places:
        raise CannotStart(
            Text(
                f"{setting!r}：该文件在所选年度没有 {path} 这一项，可用 yibao rules show 查看。",
                f"{setting!r}: that file has no value {path} in this year; `yibao rules show` lists what there is.",
            )
        )
    for starts, ends in sorted(set(places), reverse=True):
        text = f"{text[:starts]}{value}{text[ends:]}"
    return text


def _versions_in_force(node: yaml.Node | None, *, days: Period) -> list[yaml.Node]:
    versions = _child(node, "versions")
    if not isinstance(versions, yaml.SequenceNode):
        return []
    starts = [_day(_child(version, "starts")) for version in versions.value]
    ends = [*starts[1:], None]
    return [
        version
        for version, first, end in zip(versions.value, starts, ends, strict=True)
        if first is not None and Period(first, end).overlaps(days)
    ]


def _day(node: yaml.Node | None) -> date | None:
    return date.fromisoformat(str(node.value)) if isinstance(node, yaml.ScalarNode) else None


def _scalars(node: yaml.Node, parts: list[str]) -> list[yaml.Node]:
    if not parts:
        return [node] if isinstance(node, yaml.ScalarNode) else []
    if isinstance(node, yaml.SequenceNode):
        chosen = [item for place, item in enumerate(node.value, 1) if parts[0] in _names(item, place)]
        return [found for item in chosen for found in _scalars(item, parts[1:])]
    child = _child(node, parts[0])
    if child is not None:
        return _scalars(child, parts[1:])
    classes = _child(node, "classes")
    return (
        [found for item in classes.value for found in _scalars(item, parts)]
        if isinstance(classes, yaml.SequenceNode)
        else []
    )


def _names(item: yaml.Node, place: int) -> set[str]:
    """Give the names of an item of a list, as `yibao rules show` prints them: its English name, else its place."""
    named = (_child(item, key) for key in ("named", "named_en"))
    return {str(place), *(str(node.value) for node in named if isinstance(node, yaml.ScalarNode))}


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)
