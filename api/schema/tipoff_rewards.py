"""Rewards for reports: computed from a finding, decided as approvals are, announced, claimed, paid.

A reward and its case never stand in one answer, one input digest or one row. The investigator hands back what the
sealed finding holds. Where the money goes the reward desk alone knows.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.context import Info
from api.perform import Do, perform
from api.schema.common import ERRORS
from api.schema.errors import UserError
from api.schema.scalars import Money, decode_id, encode_id, read_digest
from api.schema.tipoff_views import TipoffPayload, take_step
from api.schema.tipoff_words import CASE, Accused
from api.schema.words import KEY
from api.scopes import needs
from domain import payouts, tipoffs
from domain.actors import Scope
from domain.tipoffs import RewardState
from domain.work import Work

FIRST_MAX: Final = 100
_REWARD: Final = "奖励。 The reward."
_PROPOSE: Final = "按查实结论和当日规则计算奖励，提请审批。 Compute a reward from a finding, and ask for its approval."
_ANNOUNCE: Final = "告知举报人已批准的奖励和领取期限。 Tell the informant of an approved reward and its last day."
_PAY: Final = "由预算支付已批准的奖励，账户仅奖励发放台知晓。 Have an approved reward paid out of the budget."
States = Annotated[list[RewardState], strawberry.argument(description="状态。 Where they stand.")]
First = Annotated[int, strawberry.argument(description="条数，至多 100。 How many, at most 100.")]


@strawberry.type(description="奖励的一步计算。 One step of a reward.")
class TipoffRewardStep:
    """One step of a reward."""

    text: str = strawberry.field(description="说明。 What was done, in Chinese.")
    text_en: str = strawberry.field(description="英文说明。 What was done, in English.")
    amount: Money = strawberry.field(description="金额。 What came of it.")
    source: str = strawberry.field(description="依据。 Where it is written.")


@strawberry.type(description="一项奖励，与举报分开保存。 A reward, which stands apart from its report.")
class TipoffReward:
    """A reward."""

    id: strawberry.ID = strawberry.field(description="标识，审批事项的对象。 The opaque id, which its approval names.")
    verified: Money = strawberry.field(description="查实的基金损失。 The verified loss of the fund.")
    amount: Money = strawberry.field(description="奖励金额。 The reward.")
    grade: str = strawberry.field(description="举报等级。 The grade of the report.")
    accused: Accused = strawberry.field(description="被举报对象。 Who was reported.")
    insider: bool = strawberry.field(description="是否内部人员举报。 Whether an insider reported.")
    state: RewardState = strawberry.field(description="状态。 Where it stands.")
    paid: payouts.PayoutState | None = strawberry.field(
        description="最近一次付款的状态。 How its last payment stands, for those who may see payments."
    )
    steps: list[TipoffRewardStep] = strawberry.field(description="计算步骤。 The way to the amount.")

    @classmethod
    def of(cls, reward: tipoffs.RewardFacts) -> TipoffReward:
        """Show one."""
        return cls(
            id=encode_id("TipoffReward", reward.id),
            verified=Money(reward.verified),
            amount=Money(reward.amount),
            grade=reward.grade,
            accused=Accused(reward.accused),
            insider=reward.insider,
            state=reward.state,
            paid=reward.paid,
            steps=[
                TipoffRewardStep(text=step.text.zh, text_en=step.text.en, amount=Money(step.amount), source=step.source)
                for step in reward.steps
            ],
        )


@strawberry.type(description="奖励的结果。 The reward, or every refusal.")
class TipoffRewardPayload:
    """The reward, or every refusal."""

    reward: TipoffReward | None = strawberry.field(description=_REWARD)
    errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description=_PROPOSE)
class TipoffRewardProposeInput:
    """Propose a reward."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    verified: Money = strawberry.field(description="结论密封件中的金额。 The amount that the sealed finding holds.")
    secret: str = strawberry.field(description="结论密封件中的随机数（十六进制）。 Its sealed number, in hexadecimal.")
    grade: str = strawberry.field(description="举报等级，如 1、2、3。 The grade that the place's rule knows.")
    accused: Accused = strawberry.field(description="被举报对象。 Who was reported.")


@strawberry.input(description=_ANNOUNCE)
class TipoffRewardAnnounceInput:
    """Announce a reward."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=CASE)
    reward_id: strawberry.ID = strawberry.field(description=_REWARD)


@strawberry.input(description=_PAY)
class TipoffRewardPayInput:
    """Pay a reward."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description=_REWARD)


@strawberry.type
class TipoffRewardsQuery:
    """Asking about rewards."""

    @strawberry.field(
        extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description="本人提出的奖励。 The rewards that one proposed."
    )
    async def my_tipoff_rewards(self, info: Info, states: States, first: First = 20) -> list[TipoffReward]:
        """List them."""
        return await _list(info, states, first)

    @strawberry.field(extensions=[needs(Scope.TIPOFF_OPEN)], description="全部奖励，供支付。 All rewards, to be paid.")
    async def tipoff_rewards(self, info: Info, states: States, first: First = 20) -> list[TipoffReward]:
        """List them."""
        return await _list(info, states, first)


@strawberry.type
class TipoffRewardsMutation:
    """Rewarding."""

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_PROPOSE)
    async def tipoff_reward_propose(self, info: Info, input: TipoffRewardProposeInput) -> TipoffRewardPayload:
        """Propose."""
        resources = info.context.resources
        second = resources.informants
        assert second is not None, "Who may serve the public has opened the second store."

        async def propose(work: Work) -> UUID:
            return await tipoffs.propose_reward(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                verified=input.verified,
                secret=read_digest(input.secret),
                grade=input.grade,
                accused=input.accused.value,
                book=resources.book,
                second=second,
            )

        # The log of commands names the reward. So it gets a digest of the sealed number, which nobody guesses, and
        # none of the case, which could be tried out.
        asked = (input.secret, input.grade, input.accused.value)
        return await _show(info, propose, key=input.idempotency_key, asked=asked)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_INVESTIGATE)], description=_ANNOUNCE)
    async def tipoff_reward_announce(self, info: Info, input: TipoffRewardAnnounceInput) -> TipoffPayload:
        """Announce."""
        resources = info.context.resources
        second = resources.informants
        assert second is not None, "Who may serve the public has opened the second store."

        async def announce(work: Work) -> UUID:
            return await tipoffs.announce_reward(
                work,
                tipoff_id=decode_id(input.id, "Tipoff", "id"),
                reward_id=decode_id(input.reward_id, "TipoffReward", "reward_id"),
                book=resources.book,
                second=second,
            )

        # The log of commands names the case, and so no digest of the reward.
        return await take_step(info, announce, key=input.idempotency_key, asked=input.id)

    @strawberry.mutation(extensions=[needs(Scope.TIPOFF_OPEN)], description=_PAY)
    async def tipoff_reward_pay(self, info: Info, input: TipoffRewardPayInput) -> TipoffRewardPayload:
        """Pay."""

        async def pay(work: Work) -> UUID:
            reward_id = decode_id(input.id, "TipoffReward", "id")
            await tipoffs.pay_reward(work, reward_id=reward_id)
            return reward_id

        return await _show(info, pay, key=input.idempotency_key, asked=input.id)


async def _show(info: Info, do: Do, *, key: UUID, asked: object) -> TipoffRewardPayload:
    done = await perform(info, do, key=key, asked=asked)
    reward = await tipoffs.find_reward(info.context.actor, reward_id=done.result) if done.result else None
    return TipoffRewardPayload(reward=TipoffReward.of(reward) if reward else None, errors=done.errors)


async def _list(info: Info, states: list[RewardState], first: int) -> list[TipoffReward]:
    most = min(max(first, 1), FIRST_MAX)
    return [TipoffReward.of(one) for one in await tipoffs.list_rewards(info.context.actor, states=states, first=most)]
