"""Read rule files strictly: everything is text first, then exactly the value that its field asks for.

YAML is read without its guesses (no floats, no dates, no `no` that turns false), repeated keys and aliases are
refused, and cattrs builds the frozen provisions. Each fault carries its path and line; all faults come at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar, get_origin

import yaml
from cattrs import BaseConverter, Converter, transform_error
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn

from domain.errors import refuse
from domain.money import Money, Ratio
from domain.rules.errors import BrokenRule

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
Hook: TypeAlias = "Callable[..., object]"
T = TypeVar("T")

_WHOLE: Final = re.compile(r"-?\d{1,9}")
_TRUTH: Final = {"yes": True, "no": False}


class Page:
    """One file as plain text values, with the line of every path for messages."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}
        self.faults: list[BrokenRule] = []
        self.content: Plain = {}
        try:
            node = yaml.compose(text, Loader=yaml.BaseLoader)
        except yaml.YAMLError as fault:
            mark = getattr(fault, "problem_mark", None)
            self.fault("$", str(getattr(fault, "problem", fault)), line=1 if mark is None else mark.line + 1)
            return
        self.content = {} if node is None else self._plain(node, "$", set())

    def fault(self, place: str, reason: str, *, line: int | None = None) -> None:
        """Note what is wrong at a path."""
        where = line if line is not None else self.line_of(place)
        self.faults.append(BrokenRule(file=self.file, place=place, line=where, reason=reason))

    def line_of(self, place: str) -> int:
        """Give the line of a path, or of the nearest path around it."""
        while place not in self.lines and len(place) > 1:
            place = re.sub(r"(\.[^.\[\]]+|\[[^\]]*\])$", "", place) if re.search(r"[.\[]", place) else "$"
        return self.lines.get(place, 1)

    def build(self, form: type[T], content: Plain, *, place: str) -> T | None:
        """Build a value of this form, or note every fault and give `None`."""
        try:
            return _CONVERTER.structure(content, form)
        except (ClassValidationError, IterableValidationError) as faults:
            for sentence in transform_error(faults, path=place, format_exception=_say):
                reason, _, path = sentence.rpartition(" @ ")
                self.fault(path, reason)
        except ValueError as fault:
            self.fault(place, str(fault))
        return None

    def _plain(self, node: yaml.Node, place: str, seen: set[int]) -> Plain:
        self.lines[place] = node.start_mark.line + 1
        if id(node) in seen:
            self.fault(place, "Anchors and aliases are not used in rules: write the value again.")
            return ""
        seen.add(id(node))
        match node:
            case yaml.MappingNode():
                return self._mapping(node, place, seen)
            case yaml.SequenceNode():
                return [self._plain(item, f"{place}[{number}]", seen) for number, item in enumerate(node.value)]
            case _:
                return str(node.value)

    def _mapping(self, node: yaml.MappingNode, place: str, seen: set[int]) -> dict[str, Plain]:
        content: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            path = f"{place}.{key}"
            if key in content:
                self.fault(place, f"The key {key!r} stands twice.", line=key_node.start_mark.line + 1)
            content[key] = self._plain(value_node, path, seen)
        return content


def read_strictly(form: type[T], *, file: str, text: str) -> T:
    """Read one YAML text into a frozen form; raises `Refused` with every `BrokenRule` at once."""
    page = Page(file, text)
    built = page.build(form, page.content, place="$") if not page.faults else None
    refuse(page.faults)
    assert built is not None
    return built


def _say(fault: BaseException, form: type | None) -> str:
    match fault:
        case ForbiddenExtraKeysError():
            return f"Unknown key: {', '.join(sorted(fault.extra_fields))}."
        case KeyError():
            return f"The key {fault.args[0]!r} is missing."
        case _:
            expected = "" if form is None or str(fault) else f" (expected {form})"
            return f"{fault}{expected}"


def _text(value: Plain, _: type) -> str:
    if not isinstance(value, str):
        raise ValueError(f"Expected a text, found {_kind(value)}.")  # noqa: TRY004 - the file is wrong, not a caller
    return value


def _day(value: Plain, _: type) -> date:
    text = _text(value, str)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{text!r} is no day: write it as 2027-01-31.")
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise ValueError(f"{text!r} is no day of the calendar.") from fault


def _whole(value: Plain, _: type) -> int:
    text = _text(value, str)
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no whole number.")
    return int(text)


def _truth(value: Plain, _: type) -> bool:
    text = _text(value, str)
    if text not in _TRUTH:
        raise ValueError(f"{text!r} is neither yes nor no.")
    return _TRUTH[text]


def _kind(value: Plain) -> str:
    return "a list" if isinstance(value, list) else "keys and values" if isinstance(value, dict) else f"{value!r}"


def _one_of(value: Plain, form: type[StrEnum]) -> StrEnum:
    text = _text(value, str)
    try:
        return form(text)
    except ValueError as fault:
        choices = ", ".join(member.value for member in form)
        raise ValueError(f"{text!r} is none of: {choices}.") from fault


def _parsed(parse: Callable[[str], object]) -> Hook:
    def structure(value: Plain, _: type) -> object:
        return parse(_text(value, str))

    return structure


def _guarded(build: Hook, *, needs: type, called: str) -> Hook:
    """Let only the right shape of YAML through, because cattrs would iterate over the letters of a text."""

    def structure(value: Plain, form: type) -> object:
        if not isinstance(value, needs):
            raise ValueError(f"Expected {called}, found {_kind(value)}.")  # noqa: TRY004 - see _text
        return build(value, form)

    return structure


def _list_hook(form: type, converter: BaseConverter) -> Hook:
    return _guarded(homogenous_tuple_structure_factory(form, converter), needs=list, called="a list")


def _mapping_hook(form: type, converter: BaseConverter) -> Hook:
    return _guarded(mapping_structure_factory(form, converter, dict), needs=dict, called="keys and values")


def _fields_hook(form: type, converter: BaseConverter) -> Hook:
    return _guarded(make_dict_structure_fn(form, converter), needs=dict, called="keys and values")


def _strict_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_factory(is_dataclass, _fields_hook)
    converter.register_structure_hook_factory(lambda form: get_origin(form) is tuple, _list_hook)
    converter.register_structure_hook_factory(lambda form: get_origin(form) is Mapping, _mapping_hook)
    converter.register_structure_hook(StrEnum, _one_of)
    converter.register_structure_hook_func(lambda form: form is str, _text)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(bool, _truth)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(Money, _parsed(Money.parse))
    converter.register_structure_hook(Ratio, _parsed(Ratio.parse))
    return converter


_CONVERTER: Final = _strict_converter()
