"""Five hundred documents made to hurt, the same ones in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

SEED: Final = 20_261_102
Make = Callable[[Random], tuple[str, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Hostile:
    """One document, with its variables and the kind of attack."""

    kind: str
    number: int
    text: str
    variables: dict[str, object]


def deep(random: Random) -> tuple[str, dict[str, object]]:
    """Nest one field in itself."""
    depth = random.randint(13, 2_000)
    field = random.choice(["me", "family", "edges { node", "a", "bills"])
    opened = field.count("{") + 1
    return "{ home " + f"{{ {field} " * depth + "{ name }" + "}" * (depth * opened) + " }", {}


def aliased(random: Random) -> tuple[str, dict[str, object]]:
    """Ask for one thing under many names."""
    field = random.choice(["__typename", "about { region }", "viewer { name }", "home { me { name } }"])
    return "{" + " ".join(f"a{n}: {field}" for n in range(random.randint(16, 3_000))) + "}", {}


def directed(random: Random) -> tuple[str, dict[str, object]]:
    """Put directives upon directives."""
    directive = random.choice(["@skip(if: false)", "@include(if: true)", "@a", "@deprecated"])
    return "{ __typename " + f"{directive} " * random.randint(6, 10_000) + "}", {}


def circling(random: Random) -> tuple[str, dict[str, object]]:
    """Let fragments spread each other in circles."""
    size = random.randint(1, 40)
    spread = random.randint(1, min(size, 6))
    body = [
        f"fragment f{n} on Home {{ {' '.join(f'...f{(n + step) % size}' for step in range(1, spread + 1))} }}"
        for n in range(size)
    ]
    return "{ home { ...f0 } } " + " ".join(body), {}


def exploding(random: Random) -> tuple[str, dict[str, object]]:
    """Let every fragment spread the next one twice or more."""
    levels, times = random.randint(10, 60), random.randint(2, 5)
    body = [
        f"fragment f{n} on Home {{ {' '.join(f'a{k}_{n}: me {{ name }} ...f{n + 1}' for k in range(times))} }}"
        for n in range(levels)
    ]
    return "{ home { ...f0 } } " + " ".join(body) + f" fragment f{levels} on Home {{ household }}", {}


def repeated(random: Random) -> tuple[str, dict[str, object]]:
    """Ask for the same field again and again."""
    field = random.choice(["__typename", "household", "me { name }", "... on Home { household }"])
    return "{ home {" + f" {field}" * random.randint(200, 8_000) + " } }", {}


def long(random: Random) -> tuple[str, dict[str, object]]:
    """Send a megabyte, or a good part of one."""
    filler = random.choice(["字", "a", " ", "#", '"', "\\u0041", "，"])
    length = random.randint(70_000, 1_000_000)
    return random.choice(
        [
            '{ home(x: "' + filler * length + '") { household } }',
            "# " + filler * length + "\n{ __typename }",
            "{ " + filler * length + " }",
        ]
    ), {}


def strange(random: Random) -> tuple[str, dict[str, object]]:
    """Use signs that look like nothing, turn the text around, or are broken."""
    signs = ["\u200b", "\u202e", "\u2028", "\ufeff", "\x00", "🧨", "ａ", "\u0300" * 50, "\ud83d", "\u2066", "{", "}"]
    text = "".join(random.choice([*signs, "home", " ", "(", ")", "$", "..."]) for _ in range(random.randint(5, 3_000)))
    return "{ " + text + " }", {}


def listed(random: Random) -> tuple[str, dict[str, object]]:
    """Send small documents with lists in lists in their variables."""
    value: object = "x"
    for _ in range(random.randint(200, 900)):
        value = [value] * random.choice([1, 1, 1, 2]) if isinstance(value, str) else [value]
    wide: object = [["x"] * random.randint(1_000, 5_000)]
    named = random.choice(["$ids: [ID!]!", "$input: PaymentOrderCreateInput!"])
    call = (
        "mutation (%s) { paymentOrderCreate(input: {billIds: $ids, idempotencyKey: 1}) { errors { code } } }"
        if "$ids" in named
        else "mutation (%s) { paymentOrderCreate(input: $input) { errors { code } } }"
    )
    chosen = random.choice([value, wide])
    return call % named, {"ids": chosen, "input": {"billIds": chosen, "idempotencyKey": chosen}}


def costly(random: Random) -> tuple[str, dict[str, object]]:
    """Ask for pages in pages, or for pages larger than there are."""
    size = random.choice([101, 1_000, 2**31 - 1, 2**63, -1, 0])
    return random.choice(
        [
            f"{{ paymentOrders(first: {size}) {{ edges {{ node {{ id }} }} }} }}",
            f"query {{ registrations(first: {size}) {{ edges {{ node {{ id }} }} }} }}",
            "{"
            + " ".join(
                f"a{n}: journal(first: 100) {{ edges {{ node {{ id lines {{ amount }} }} }} }}" for n in range(15)
            )
            + "}",
        ]
    ), {}


KINDS: Final[dict[str, Make]] = {
    make.__name__: make
    for make in (deep, aliased, directed, circling, exploding, repeated, long, strange, listed, costly)
}


def all_of_them(number: int = 500) -> Iterator[Hostile]:
    """Make them, kind after kind, as many of each."""
    for place in range(number):
        kind = list(KINDS)[place % len(KINDS)]
        text, variables = KINDS[kind](Random(SEED + place))
        yield Hostile(kind, place, text, variables)
