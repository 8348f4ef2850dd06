"""Refusals about the hospital of a claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.errors import Said, Text

_LAW = "《实施〈中华人民共和国社会保险法〉若干规定》第八条"
_EMERGENCY = Text(
    "如属急诊、抢救，请注明急诊并提交病历；否则该次就诊的费用不予支付。",
    "In an emergency say so and send the record; otherwise this care is not paid for.",
)


@dataclass(eq=False)
class HospitalNotContracted(Said):
    """The hospital was no contracted one on the first day of care."""

    code = "CLAIM_HOSPITAL_NOT_CONTRACTED"
    law = _LAW
    says = Text(
        "{fact.hospital} 在 {fact.on} 不是本统筹区的定点医疗机构。",
        "{fact.hospital} was no contracted hospital of this area on {fact.on}.",
    )
    advises = Text(
        f"请对照票据核对机构代码和日期。{_EMERGENCY.zh}", f"Compare code and day with the receipt. {_EMERGENCY.en}"
    )
    hospital: str
    on: date


@dataclass(eq=False)
class HospitalSuspended(Said):
    """The hospital was suspended on the first day of care."""

    code = "CLAIM_HOSPITAL_SUSPENDED"
    law = _LAW
    says = Text(
        "{fact.hospital} 自 {fact.starts} 起暂停医保服务（{fact.reason}），{fact.on} 的就诊不予支付。",
        "{fact.hospital} was suspended from {fact.starts} ({fact.reason}); care from {fact.on} on is not paid for.",
    )
    advises = _EMERGENCY
    hospital: str
    on: date
    starts: date
    reason: str


@dataclass(eq=False)
class HospitalIsElsewhere(Said):
    """The hospital lies outside of the pooling area, and the care is declared as given inside."""

    code = "CLAIM_HOSPITAL_ELSEWHERE"
    says = Text("{fact.hospital} 不在本统筹区内。", "{fact.hospital} lies outside of this area.")
    advises = Text("请选择异地就医情形：{fact.kinds}。", "Say how care outside of the area was filed: {fact.kinds}.")
    hospital: str
    kinds: str


@dataclass(eq=False)
class HospitalIsHere(Said):
    """The hospital lies in the pooling area, and the care is declared as given elsewhere."""

    code = "CLAIM_HOSPITAL_HERE"
    says = Text("{fact.hospital} 在本统筹区内，不属于异地就医。", "{fact.hospital} lies in this area.")
    advises = Text("请取消异地就医情形，或核对机构代码。", "Leave the off-site kind out, or compare the code.")
    hospital: str


@dataclass(eq=False)
class ClaimLevelIsTheRegisters(Said):
    """A reviewer gives a contracted hospital another level than the register does."""

    code = "CLAIM_LEVEL_OF_REGISTER"
    says = Text(
        "{fact.hospital} 的级别以定点医疗机构登记为准：{fact.level}。",
        "The level of {fact.hospital} is the register's: {fact.level}.",
    )
    advises = Text("登记有误的，请先更正登记。", "Where the register is wrong, correct the register first.")
    hospital: str
    level: str
