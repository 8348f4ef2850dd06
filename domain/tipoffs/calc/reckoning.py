"""Amounts of a case: what the law threatens, what a report earns, and the seal that binds a reward to a finding."""

from __future__ import annotations

import hmac
from datetime import date
from hashlib import sha256
from uuid import UUID

from domain.errors import Text
from domain.money import Money
from domain.period import first_of_month
from domain.rules import Offence, Penalty, Reward, reckon_reward
from domain.tipoffs.values import PenaltyRange, RewardStep, RewardSum


def commitment(secret: bytes, amount: Money) -> bytes:
    """Fix an amount without telling it: whoever has the sealed random number can show later that this was it."""
    if len(secret) != 32:  # noqa: PLR2004 - with fewer bits the amount could be tried out
        raise ValueError("A commitment takes 32 random bytes.")
    return sha256(b"yibao tipoff amount 1" + secret + str(amount.fen).encode()).digest()


def mark_of(secret: bytes, reward_id: UUID) -> bytes:
    """Mark which reward a case has, so that only who knows the finding's sealed random number can tell."""
    return hmac.digest(secret, b"yibao tipoff reward 1" + reward_id.bytes, "sha256")


def penalty_of(statute: Penalty, offence: Offence, *, amount: Money) -> PenaltyRange:
    """Say what the law of the day threatens for an offence of this amount."""
    return PenaltyRange(
        offence=offence.term,
        article=offence.article,
        source=statute.source,
        fine_least=_fine(offence.times_least, amount) or offence.fine_least,
        fine_most=_fine(offence.times_most, amount) or offence.fine_most,
        suspended_months=_months(offence),
        banned_years=offence.banned_years,
    )


def reward_sum(rule: Reward, *, verified: Money, grade: str, kind: str, insider: bool) -> RewardSum:
    """Compute a reward with its steps; raises `ValueError` where the place gives no share."""
    reckoned = reckon_reward(rule, verified=verified, grade=grade, kind=kind, insider=insider)
    steps = [
        RewardStep(Text("查实的基金损失金额", "The verified loss of the fund"), verified, rule.source),
        RewardStep(
            Text(f"按 {reckoned.share} 计算", f"A share of {reckoned.share}"),
            verified.share(reckoned.share),
            rule.source,
        ),
    ]
    if reckoned.share_raised != reckoned.share:
        text = Text(
            f"内部人员举报，提高至 {reckoned.share_raised}", f"Raised to {reckoned.share_raised} for an insider"
        )
        steps.append(RewardStep(text, verified.share(reckoned.share_raised), rule.source))
    if reckoned.plus:
        steps.append(
            RewardStep(
                Text(f"另加 {reckoned.plus} 元", f"{reckoned.plus} yuan more"), reckoned.before_limits, rule.source
            )
        )
    if reckoned.amount > reckoned.before_limits:
        steps.append(
            RewardStep(Text("不足最低奖励，按最低奖励", "Raised to the least reward"), reckoned.least, rule.source)
        )
    if reckoned.amount < reckoned.before_limits:
        steps.append(
            RewardStep(Text("超过最高奖励，按最高奖励", "Held to the greatest reward"), reckoned.most, rule.source)
        )
    return RewardSum(reckoned.amount, tuple(steps))


def last_day(day: date, *, months: int) -> date:
    """Give the day of so many months later, or the last of that month where it has none."""
    month = first_of_month(day, months_later=months)
    following = first_of_month(month, months_later=1)
    return min(date.fromordinal(month.toordinal() + day.day - 1), date.fromordinal(following.toordinal() - 1))


def _fine(times: int | None, amount: Money) -> Money | None:
    return None if times is None else Money(amount.fen * times)


def _months(offence: Offence) -> tuple[int, int] | None:
    least, most = offence.suspended_months_least, offence.suspended_months_most
    return None if least is None or most is None else (least, most)
