"""Check that one row is in the log, with nothing but the proof and a public key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from cryptography.exceptions import InvalidSignature

from verifier.examine import Keys
from verifier.export import read_row
from verifier.forms import Unreadable
from verifier.outside import Outside
from verifier.tree import is_included

FORMAT = "yibao audit proof v1"


def check_proof(text: str, *, keys: Keys, outside: Outside | None = None) -> list[str]:
    """Say what is wrong with a proof, one sentence each; nothing when it holds. Raises Unreadable for what is none."""
    try:
        told = cast("dict[str, object]", json.loads(text))
        if told["format"] != FORMAT:
            raise Unreadable(f"It does not say {FORMAT!r}.")
        row = read_row(told)
        position = int(str(told["position"]))
        path = [bytes.fromhex(beside) for beside in cast("Sequence[str]", told["path"])]
        body, signature = str(told["body"]), bytes.fromhex(str(told["signature"]))
        head = _read_body(body)
        number, size, root = int(head["number"]), int(head["rows"]), bytes.fromhex(head["root"])
    except (ValueError, KeyError, TypeError) as broken:
        raise Unreadable(f"This is no proof: {broken}") from broken
    wrong: list[str] = []
    try:
        keys[head["key"]].verify(signature, body.encode())
    except (KeyError, InvalidSignature):
        wrong.append(f"The head of block {number} is not signed by a known key.")
    if not is_included(row.leaf, position=position, size=size, path=path, root=root):
        wrong.append(f"Row {row.trail} {row.id} is not in block {number} as it stands here.")
    if outside is not None and outside.holds(number, body) is not True:
        wrong.append(f"The head of block {number} is not among those that were kept outside.")
    return wrong


def _read_body(body: str) -> dict[str, str]:
    first, *lines = body.splitlines()
    if first != "yibao audit block v1" or not body.endswith("\n"):
        raise Unreadable("The head of the block has another form.")
    pairs = [line.partition(" ") for line in lines]
    return {name: value for name, _, value in pairs}
