"""Taking receipts into use, releasing them, and keeping what their issuers say."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain import store
from domain.actors import ActorKind
from domain.errors import refuse
from domain.ids import new_id
from domain.money import Money
from domain.receipt_uses.events import ReceiptTaken
from domain.receipt_uses.models import ReceiptUsed
from domain.receipt_uses.queries import find_users
from domain.receipt_uses.values import Holder
from domain.receipts import ReceiptIsUsed, ReceiptKey, Verification
from domain.work import Work


async def take(work: Work, *, amounts: Mapping[ReceiptKey, Money], holder: Holder) -> None:
    """Take receipts into use for a holder; what the holder used before and names no more is released.

    Raises `ReceiptIsUsed` for every one that another holds, by that one's number. The rows are taken in one order, so
    that two holders who want the same receipts wait for each other and never hang.
    """
    kept = await ReceiptUsed.filter(holder_id=holder.id, released_at=None).select_for_update()
    wanted = {(key.kind, key.code, key.number): key for key in amounts}
    for use in kept:
        key = wanted.get((use.kind, use.code, use.number))
        if key is not None and (use.check_code, use.amount) == (key.check_code, amounts[key]):
            del wanted[use.kind, use.code, use.number]
        else:
            await _release(work, use)
    missed = [
        key for key in sorted(wanted.values()) if not await _insert(work, key=key, amount=amounts[key], holder=holder)
    ]
    users = await find_users(missed, but=holder.id) if missed else {}
    refuse(ReceiptIsUsed(receipt=str(key), used_by=users.get(key, "—"), path=("receipts", str(key))) for key in missed)


async def release(work: Work, *, holder_id: UUID) -> None:
    """Release everything that a holder uses and no money was decided on."""
    for use in await ReceiptUsed.filter(holder_id=holder_id, released_at=None, settled_at=None).select_for_update():
        await _release(work, use)


async def settle(work: Work, *, holder_id: UUID) -> None:
    """Note that money was decided on a holder's receipts: from now on they are never free again."""
    for use in await ReceiptUsed.filter(holder_id=holder_id, released_at=None, settled_at=None).select_for_update():
        use.settled_at = work.now
        await use.save(update_fields=["settled_at"])
        await work.audit("receipt.settle", kind="receipt_use", id=use.id, holder_id=holder_id)


async def record_verification(work: Work, *, use_id: UUID, verdict: Verification) -> UUID | None:
    """Keep what the issuer's platform said; None when the use was released meanwhile. Only the system is answered."""
    assert work.actor.kind is ActorKind.SYSTEM, "What an issuer says comes through our own port."
    use = await ReceiptUsed.filter(id=use_id, released_at=None).select_for_update().first()
    if use is None or use.verification is not Verification.WAITING:
        return None
    use.verification, use.verified_at = verdict, work.now
    await use.save(update_fields=["verification", "verified_at"])
    await work.audit("receipt.verify", kind="receipt_use", id=use.id, verdict=verdict.value)
    return use.id


async def _insert(work: Work, *, key: ReceiptKey, amount: Money, holder: Holder) -> bool:
    use_id = new_id()
    waits = key.kind.is_electronic
    taken = await store.rows(
        "INSERT INTO receipt_use (id, kind, code, number, check_code, amount, holder_kind, holder_id, holder_number,"
        " taken_at, verification) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (kind, code, number) WHERE released_at IS NULL DO NOTHING RETURNING id",
        use_id,
        key.kind.value,
        key.code,
        key.number,
        key.check_code,
        amount.fen,
        holder.kind,
        holder.id,
        holder.number,
        work.now,
        (Verification.WAITING if waits else Verification.NOT_NEEDED).value,
    )
    if not taken:
        return False
    await work.audit("receipt.take", kind="receipt_use", id=use_id, holder_id=holder.id, receipt=str(key))
    if waits:
        await work.emit(ReceiptTaken(use_id=use_id))
    return True


async def _release(work: Work, use: ReceiptUsed) -> None:
    use.released_at = work.now
    await use.save(update_fields=["released_at"])
    await work.audit("receipt.release", kind="receipt_use", id=use.id, holder_id=use.holder_id)
