"""What the bank remembers: every execution, refusal and return, through a restart."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from sandbox.bank.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that the bank did with a number: paid it, works on it, refused it, or got it back.

    `is_out` is False for money that came back. Moments are seconds since 1970, days are of the bank's books.
    """

    reference: str
    number: str
    debtor: str
    account: str
    name: str
    bank_code: str
    fen: int
    remark: str
    day: str
    at: float
    state: str = "DONE"
    code: str = ""
    sentence: str = ""
    is_out: bool = True
    due_at: float = 0
    returns_at: float = 0

    def terms(self) -> tuple[object, ...]:
        return (self.debtor, self.account, self.name, self.bank_code, self.fen)


class Store:
    """All movements in memory, each written through to SQLite."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(folder / "bank.sqlite", isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, document BLOB NOT NULL)")
        self.movements: dict[str, Movement] = {}
        # What the bank must come back to, so that it need not look at everything there ever was.
        self.waiting: dict[str, Movement] = {}
        self.of_number: defaultdict[str, list[str]] = defaultdict(list)
        self.behaviours: dict[str, Behaviour] = {}
        for key, document in self._file.execute("SELECT key, document FROM records ORDER BY rowid").fetchall():
            kind, _, name = key.partition(":")
            if kind == "behaviour":
                self.behaviours[name] = Behaviour.parse(orjson.loads(document))
            else:
                self._remember(Movement(**orjson.loads(document)))

    def keep(self, movement: Movement) -> Movement:
        self._remember(movement)
        self._write(f"movement:{movement.reference}", asdict(movement))
        return movement

    def change(self, movement: Movement, **changes: object) -> Movement:
        return self.keep(replace(movement, **changes))

    def all_of(self, number: str) -> list[Movement]:
        """Give everything that happened under a number, in its order."""
        return [self.movements[reference] for reference in self.of_number.get(number, ())]

    def on_day(self, debtor: str, day: str) -> Iterator[Movement]:
        """Give what moved money in an account on a day."""
        for movement in self.movements.values():
            if movement.debtor == debtor and movement.day == day and movement.state == "DONE":
                yield movement

    def behaviour(self, number: str = "") -> Behaviour:
        return self.behaviours.get(number) or self.behaviours.get("") or Behaviour()

    def behave(self, behaviour: Behaviour, *, number: str) -> None:
        self.behaviours[number] = behaviour
        self._write(f"behaviour:{number}", asdict(behaviour))

    def spend(self, number: str) -> None:
        """Count one spoiled answer off the number that was asked for."""
        key = number if number in self.behaviours else ""
        behaviour = self.behaviour(number)
        if behaviour.spoiled > 0:
            left = behaviour.spoiled - 1
            self.behave(replace(behaviour, spoiled=left, answer=behaviour.answer if left else "right"), number=key)

    def behave_well(self) -> None:
        self.behaviours.clear()
        self._file.execute("DELETE FROM records WHERE key LIKE 'behaviour:%'")

    def close(self) -> None:
        self._file.close()

    def _remember(self, movement: Movement) -> None:
        if movement.reference not in self.movements:
            self.of_number[movement.number].append(movement.reference)
        self.movements[movement.reference] = movement
        self.waiting.pop(movement.reference, None)
        if movement.state == "PENDING" or movement.returns_at:
            self.waiting[movement.reference] = movement

    def _write(self, key: str, document: dict[str, object]) -> None:
        self._file.execute(
            "INSERT INTO records VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET document = excluded.document",
            (key, orjson.dumps(document)),
        )
