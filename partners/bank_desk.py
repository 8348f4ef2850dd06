"""The bank desk: what we ask the bank about our payouts, and how its words become commands.

No call to the bank happens inside a transaction. `SENDING` is committed first, with the moment that the message then
carries; whoever finds a payout so asks the bank before anything else. What the bank says is handed to the domain, which
alone decides. Everything here is safe to do twice, also at once, also by a process that slept for an hour in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from domain import payouts, reconciliation
from domain.actors import SYSTEM
from domain.crypto import Keyring
from domain.payouts import Instruction, PayoutFacts, PayoutState
from domain.work import Work, perform
from partners import bank
from partners.bank import Executed, NeverHeardOf, Pending, Refused, Unknown, Unreadable

NO_PAYEE: Final = ("NO_ACCOUNT", "没有可用的收款账户")
"""Code and sentence of a payout that ends because nobody has said where it goes; nothing was sent."""
_SUFFIX: Final = {"TEXT": ".txt", "PAIN001": ".xml"}


class BankRefusedError(RuntimeError):
    """The bank does not give what it should: our configuration or our code is wrong, and people must look."""


@dataclass(frozen=True)
class BankDesk:
    """Our side of the line."""

    line: bank.Client
    keys: Keyring
    clock: Callable[[], datetime]
    payee_of: Callable[[PayoutFacts], Awaitable[payouts.Payee | None]] | None = None
    """Who is paid, where the house itself does not know (`partners.reward_desk`); None: nobody can be paid."""

    async def send_payout(self, payout_id: UUID) -> None:
        """Send a queued payout once; one that is under way is asked about instead; others stay as they are."""
        payout = await self._find(payout_id)
        if payout.state in payouts.UNDECIDED:
            await self.inquire(payout)
        if payout.state is not PayoutState.QUEUED:
            return
        # This very moment is committed and then carried by the message: however late a sleeping process sends it,
        # the bank knows how old it is.
        moment = self.clock()
        started = await perform(
            lambda work: payouts.start_sending(work, payout_id=payout_id, refuses_after=self.line.link.refuses_after),
            actor=SYSTEM,
            now=moment,
            keys=self.keys,
        )
        if started.result is None:
            return
        told = await self._instruction(payout)
        if told is None:
            await self._take(payout_id, Refused(*NO_PAYEE), sends=payout.sends + 1, asked_at=self.clock())
            return
        outcome = await self.line.pay(_transfer(told), fund=told.fund, made_at=moment)
        await self._take(payout_id, outcome, sends=payout.sends + 1, asked_at=self.clock())

    async def _instruction(self, payout: PayoutFacts) -> Instruction | None:
        if self.payee_of is None:
            return await payouts.open_instruction(SYSTEM, payout_id=payout.id, keys=self.keys)
        payee = await self.payee_of(payout)
        if payee is None:
            return None
        return Instruction(
            payout_id=payout.id,
            number=payout.number,
            fund=payout.fund,
            amount=payout.amount,
            payee=payee,
            remark=payout.remark,
            sent_at=payout.sent_at,
        )

    async def inquire(self, payout: PayoutFacts) -> None:
        """Ask what became of a payout and let that happen here too."""
        # What the bank does not know was unknown to it when we asked, and not when its answer came.
        asked_at = self.clock()
        outcome = await self.line.inquire(payout.number, now=asked_at)
        await self._take(payout.id, outcome, sends=payout.sends, asked_at=asked_at)

    async def hand_over_file(self, batch_id: UUID) -> None:
        """Write the file of a batch and hand it to the bank's front machine, once, whenever we are interrupted."""
        exchange = self._exchange()
        batch = await payouts.find_batch(SYSTEM, batch_id=batch_id)
        assert batch is not None, f"There is no batch {batch_id}."
        name = f"{batch.number}{_SUFFIX[self.line.link.file_form]}"
        async with exchange.alone():
            waiting = await payouts.list_payouts(SYSTEM, states=[PayoutState.QUEUED], first=1, batch_id=batch_id)
            if waiting:
                exchange.stage(name, await self._file_of(batch))
                await self._run(lambda work: payouts.start_sending_file(work, batch_id=batch_id))
            if exchange.is_staged(name):
                exchange.hand_over(name)

    async def read_files(self) -> int:
        """Read every file of results that came in, and give their number; a file is put away after it was taken."""
        exchange = self._exchange()
        read = 0
        for path in list(exchange.waiting()):
            await self._read_file(path)
            exchange.put_away(path)
            read += 1
        return read

    async def take_statement(self, *, fund: str, day: date) -> bool:
        """Fetch the statement of a day and compare it; False when the bank has not closed that day yet."""
        fetched = await self.line.fetch_statement(fund=fund, day=day, now=self.clock())
        if fetched is None:
            return False
        if isinstance(fetched, Unknown):
            raise BankRefusedError(f"No statement of {day} for fund {fund}: {fetched.doubt} {fetched.detail}")
        found, body = fetched
        statement = reconciliation.Statement(
            source=payouts.source_of(fund),
            day=day,
            lines=tuple(_line(line) for line in found.lines),
            body_digest=sha256(body).digest(),
        )
        await self._run(lambda work: payouts.take_statement(work, fund=fund, statement=statement))
        return True

    async def _take(self, payout_id: UUID, outcome: bank.Outcome, *, sends: int, asked_at: datetime) -> None:
        """Do what an outcome says; only an execution is believed whichever sending it answers."""
        match outcome:
            case Executed(reference, amount, on):
                settlement = payouts.Settlement(reference=reference, amount=amount, on=on)
                await self._run(lambda work: payouts.confirm(work, payout_id=payout_id, settlement=settlement))
            case Refused(code, sentence):
                await self._run(
                    lambda work: payouts.refuse_payout(
                        work, payout_id=payout_id, sends=sends, code=code, sentence=sentence
                    )
                )
            case Pending():
                await self._run(lambda work: payouts.note_underway(work, payout_id=payout_id))
            case NeverHeardOf():
                await self._run(
                    lambda work: payouts.note_never_taken(work, payout_id=payout_id, sends=sends), now=asked_at
                )
            case Unknown():
                await self._run(lambda work: payouts.mark_unknown(work, payout_id=payout_id))

    async def _file_of(self, batch: payouts.BatchFacts) -> bytes:
        told = await payouts.open_instructions_of_batch(SYSTEM, batch_id=batch.id, keys=self.keys)
        link = self.line.link
        order = bank.Order(
            number=batch.number,
            debtor=link.accounts[batch.fund],
            made_at=batch.decided_at or batch.made_at,
            transfers=tuple(_transfer(one) for one in told),
        )
        sums = (len(order.transfers), sum(transfer.amount.fen for transfer in order.transfers))
        assert sums == (batch.payouts, batch.total.fen), f"The file of {batch.number} is not the batch: {sums}."
        if link.file_form == "PAIN001":
            return bank.pain001.write(order)
        return bank.text_file.write(order, encoding=link.encoding)

    async def _read_file(self, path: Path) -> None:
        body, link = await asyncio.to_thread(path.read_bytes), self.line.link
        try:
            is_xml = path.suffix == ".xml"
            reports = bank.pain002.read(body) if is_xml else bank.text_file.read_results(body, encoding=link.encoding)
        except Unreadable as error:
            raise BankRefusedError(f"{path.name} cannot be read: {error}") from error
        results = [result for report in reports if (result := _result(report)) is not None]

        async def take(work: Work) -> UUID | None:
            await payouts.take_results(work, source=f"BANK:{link.bank_code}", results=results)
            return None

        await self._run(take)

    def _exchange(self) -> bank.Exchange:
        if self.line.link.exchange is None:
            raise BankRefusedError(f"With {self.line.link.name} no folder for files is agreed.")
        return bank.Exchange(self.line.link.exchange)

    async def _find(self, payout_id: UUID) -> PayoutFacts:
        found = await payouts.find_payout(SYSTEM, payout_id=payout_id)
        assert found is not None, f"There is no payout {payout_id}."
        return found

    async def _run(self, do: Callable[[Work], Awaitable[UUID | None]], *, now: datetime | None = None) -> None:
        await perform(do, actor=SYSTEM, now=now or self.clock(), keys=self.keys)


def _transfer(told: Instruction) -> bank.Transfer:
    return bank.Transfer(
        number=told.number,
        amount=told.amount,
        name=told.payee.name,
        account=told.payee.account,
        bank_code=told.payee.bank_code,
        remark=told.remark,
    )


def _line(line: bank.Line) -> reconciliation.StatementLine:
    return reconciliation.StatementLine(
        direction=reconciliation.MoneyDirection.OUT if line.is_out else reconciliation.MoneyDirection.IN,
        number=line.number,
        reference=line.reference,
        amount=line.amount,
        day=line.day,
    )


def _result(report: bank.Report) -> payouts.Result | None:
    """Translate one line of results; what the bank still works on is no result."""
    match report.status:
        case Executed(reference, amount, on):
            return payouts.Result(report.number, payouts.Settlement(reference, amount, on))
        case Refused(code, sentence):
            return payouts.Result(report.number, None, code, sentence)
        case Pending():
            return None
