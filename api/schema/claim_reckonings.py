"""Who pays what of a claim and why: proposed, tried, or settled for good."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.schema.scalars import Money, Ratio
from domain import claims


@strawberry.type(description="计算的一步：基数、比例、结果与依据。 One step of the settlement with its source.")
class ClaimStep:
    """One step of the settlement."""

    zh: str = strawberry.field(description="说明。 The sentence, in Chinese.")
    en: str = strawberry.field(description="说明（英文）。 The sentence, in English.")
    base: Money = strawberry.field(description="基数。 The amount that is looked at.")
    rate: Ratio | None = strawberry.field(description="比例。 The share, if there is one.")
    result: Money = strawberry.field(description="结果。 What comes out.")
    source: str = strawberry.field(description="依据。 Where it is written.")

    @classmethod
    def of(cls, step: claims.StepText) -> ClaimStep:
        """Show a step."""
        return cls(
            zh=step.zh,
            en=step.en,
            base=Money(step.base),
            rate=None if step.rate is None else Ratio(step.rate),
            result=Money(step.result),
            source=step.source,
        )


@strawberry.type(description="以国家接口名称表示的金额。 An amount under its national name.")
class ClaimAmount:
    """An amount under its national name."""

    name: str = strawberry.field(description="字段名，如 hifp_pay。 The national name.")
    amount: Money = strawberry.field(description="金额。 The amount.")


@strawberry.type(description="核算结果：各方支付多少、为什么。 Who pays what, and why.")
class ClaimReckoning:
    """Who pays what, and why."""

    total: Money = strawberry.field(description="总费用。 The whole bill.")
    fund_total: Money = strawberry.field(description="基金支付合计。 What all funds pay.")
    person_total: Money = strawberry.field(description="个人负担。 What the person bears.")
    amounts: list[ClaimAmount] = strawberry.field(description="各项金额。 Every amount.")
    steps: list[ClaimStep] = strawberry.field(description="计算步骤。 Every step.")
    letter: str = strawberry.field(description="说明信。 The letter, in Chinese.")
    letter_en: str = strawberry.field(description="说明信（英文）。 The letter, in English.")
    rules_digest: str = strawberry.field(description="规则版本摘要。 Names the rule book.")

    @classmethod
    def of(cls, reckoning: claims.Reckoning) -> ClaimReckoning:
        """Show a reckoning."""
        amounts = reckoning.amounts
        return cls(
            total=Money(amounts["medfee_sumamt"]),
            fund_total=Money(amounts["fund_pay_sumamt"]),
            person_total=Money(amounts["psn_part_amt"]),
            amounts=[ClaimAmount(name=name, amount=Money(amount)) for name, amount in amounts.items()],
            steps=[ClaimStep.of(step) for step in reckoning.steps],
            letter=reckoning.letter,
            letter_en=reckoning.letter_en,
            rules_digest=reckoning.rules_digest,
        )


@strawberry.type(description="结算单：各层金额、步骤、说明信与应付金额。 The statement of a settled claim.")
class ClaimStatement:
    """The statement of a settled claim."""

    number: str = strawberry.field(description="结算单号。 The number to read out.")
    settled_at: datetime = strawberry.field(description="结算时间。 When it was settled.")
    payable: Money = strawberry.field(description="应付本人金额。 What the person gets.")
    set_off: Money = strawberry.field(description="抵扣应退款项。 What of it is set off against what the person owes.")
    paid_out: Money = strawberry.field(description="实际付款。 What of it is paid out.")
    amounts: list[ClaimAmount] = strawberry.field(description="各层金额。 Every amount, layer by layer.")
    steps: list[ClaimStep] = strawberry.field(description="计算步骤。 Every step.")
    letter: str = strawberry.field(description="说明信。 The letter, in Chinese.")
    letter_en: str = strawberry.field(description="说明信（英文）。 The letter, in English.")
    rules_digest: str = strawberry.field(description="规则版本摘要。 Names the rule book.")

    @classmethod
    def of(cls, settled: claims.Settled) -> ClaimStatement:
        """Show a statement."""
        return cls(
            number=settled.number,
            settled_at=settled.settled_at,
            payable=Money(settled.payable),
            set_off=Money(settled.set_off),
            paid_out=Money(settled.paid_out),
            amounts=[ClaimAmount(name=name, amount=Money(amount)) for name, amount in settled.amounts.items()],
            steps=[ClaimStep.of(step) for step in settled.steps],
            letter=settled.letter,
            letter_en=settled.letter_en,
            rules_digest=settled.rules_digest,
        )
