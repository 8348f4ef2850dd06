"""The bank's front machine: it takes files out of the shared folder, once each, and puts results in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.bank.business import Business
from sandbox.bank.documents import Instruction, read_order, to_fen, to_yuan, write_report
from sandbox.bank.records import Movement

ENCODING: Final = "gb18030"


@dataclass(frozen=True, slots=True)
class FrontMachine:
    """Works through the folder; `folder` has `out` (what the customer hands over) and `in` (what we answer)."""

    business: Business
    folder: Path

    def work(self) -> int:
        """Carry out every file that lies there, and give their number."""
        taken = 0
        for path in sorted((self.folder / "out").glob("*")) if (self.folder / "out").exists() else []:
            archive = self.folder / "archive"
            archive.mkdir(exist_ok=True)
            kept = path.rename(archive / path.name)
            self._answer(kept)
            taken += 1
        return taken

    def _answer(self, path: Path) -> None:
        body = path.read_bytes()
        if path.suffix == ".xml":
            debtor, wishes = read_order(body)
        else:
            debtor, wishes = _read_text(body)
        done = [self.business.pay(debtor, wish) for wish in wishes]
        answer = write_report(path.stem, done) if path.suffix == ".xml" else _write_text(path.stem, done)
        (self.folder / "in").mkdir(exist_ok=True)
        unfinished = self.folder / "in" / f"{path.name}.part"
        unfinished.write_bytes(answer)
        unfinished.rename(self.folder / "in" / path.name)


def _read_text(body: bytes) -> tuple[str, list[Instruction]]:
    head, *lines = [line.split("|") for line in body.decode(ENCODING).split("\r\n") if line]
    wishes = [
        Instruction(number=number, fen=to_fen(amount), name=name, account=account, bank_code=bank, remark=remark)
        for _, _, number, account, name, bank, amount, remark in lines
    ]
    assert (int(head[4]), to_fen(head[5])) == (len(wishes), sum(wish.fen for wish in wishes)), "The sums differ."
    return head[3], wishes


def _write_text(order: str, done: list[Movement]) -> bytes:
    lines = [f"H|{order}|{len(done)}"]
    for one in done:
        if one.state == "REFUSED":
            lines.append(f"R|{one.number}|FAIL|{one.code}|{one.sentence}|||")
        else:
            lines.append(f"R|{one.number}|OK|||{one.reference}|{one.day.replace('-', '')}|{to_yuan(one.fen)}")
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)
