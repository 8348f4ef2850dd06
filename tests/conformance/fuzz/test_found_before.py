"""What random documents once brought out, each as the one request that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from api.schema.pages import encode_cursor
from domain.identity import StaffRole
from domain.ids import new_id
from tests.builders import an_id_number
from tests.conformance.agency import Agency, an_institution, an_officer
from tests.conformance.idempotency.exercises import a_key
from tests.conformance.town import Town

OUTSIDE_OF_THE_CALENDAR: Final = (-1, 0, 9999, 10_000, 602_278, 2**31 - 1)


@pytest.mark.parametrize("year", OUTSIDE_OF_THE_CALENDAR)
async def test_no_standard_is_known_for_a_year_that_no_calendar_has(agency: Agency, town: Town, year: int) -> None:
    head = an_officer(StaffRole.CENTRE_HEAD)

    asked = await agency.ask(town.family.log_in, f"{{ contributionStandard(year: {year}) {{ key }} }}")
    started = await refusals(agency, head, "billingStart", "BillingStartInput", {"year": year})

    assert asked.data == {"contributionStandard": None}
    assert started == ["UNKNOWN_RULE"]


@pytest.mark.parametrize("ends", ["0001-01-01", "1999-12-31", "2000-01-01"])
async def test_trial_balance_of_no_day_is_refused(agency: Agency, ends: str) -> None:
    document = f'{{ trialBalance(starts: "2000-01-01", ends: "{ends}") {{ balanced }} }}'

    answer = await agency.ask(an_officer(StaffRole.ACCOUNTANT), document)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.body["errors"][0]["extensions"]["refusals"][0]["code"] == "PERIOD_EMPTY"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("field", ["paymentDifferences(after: $after)", "refunds(after: $after)"])
async def test_cursor_outside_of_the_calendar_is_refused(agency: Agency, field: str, moment: str) -> None:
    document = f"query ($after: String) {{ {field} {{ pageInfo {{ hasNextPage }} }} }}"

    answer = await agency.ask(an_officer(StaffRole.ACCOUNTANT), document, {"after": encode_cursor([moment, new_id()])})

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.body["errors"][0]["extensions"]["refusals"][0]["code"] == "CURSOR_INVALID"


@pytest.mark.parametrize(
    ("only", "codes"),
    [
        ({"amountFrom": "0.00"}, []),
        ({"amountTo": "0.00"}, []),
        ({"askedBefore": "0001-01-01T00:00:00Z"}, []),
        ({"askedBefore": "0001-01-01T00:00:00+08:00"}, ["BAD_USER_INPUT"]),
        ({"askedBefore": "2026-11-02T09:00:00"}, ["BAD_USER_INPUT"]),
    ],
)
async def test_the_list_of_decisions_is_narrowed_to_the_very_edge(
    agency: Agency, only: Mapping[str, str], codes: list[str]
) -> None:
    document = "query ($only: ApprovalFilter) { approvals(only: $only) { edges { cursor } } }"

    answer = await agency.ask(an_officer(StaffRole.REVIEWER), document, {"only": only})

    assert answer.codes == codes


async def test_refund_is_taken_up_once(agency: Agency, town: Town) -> None:
    asked = {"refundId": town.family.ids["Refund"]}
    one, another = (an_officer(StaffRole.ACCOUNTANT, name=name) for name in ("甲", "乙"))

    assert await refusals(agency, one, "refundTakeUp", "RefundTakeUpInput", asked) == []
    assert await refusals(agency, one, "refundTakeUp", "RefundTakeUpInput", asked) == ["REFUND_TAKEN_UP"]
    assert await refusals(agency, another, "refundTakeUp", "RefundTakeUpInput", asked) == ["REFUND_TAKEN_UP"]


@pytest.mark.parametrize("reason", ["", "  ", "退" * 201])
async def test_refund_needs_a_reason_that_can_be_kept(agency: Agency, town: Town, reason: str) -> None:
    asked = {"billId": town.family.paid_bill, "reason": reason}

    refused = await refusals(agency, town.family.log_in, "refundRequest", "RefundRequestInput", asked)

    assert refused == ["REFUND_REASON_MISSING"]


@pytest.mark.parametrize(
    "receipt", ["", " ", "票" * 65, "".join(chr(0x4E00 + place * 7 % 20_000) for place in range(2_000))]
)
async def test_receipt_needs_a_number_that_can_be_kept(agency: Agency, town: Town, receipt: str) -> None:
    asked = {"billIds": [town.family.ids["Bill"]], "received": "630.00", "receipt": receipt}

    refused = await refusals(agency, an_officer(StaffRole.CASHIER), "paymentReceive", "PaymentReceiveInput", asked)

    assert "RECEIPT_UNFIT" in refused


@pytest.mark.parametrize("purpose", ["", " ", "住" * 201])
async def test_coverage_is_checked_for_a_purpose_that_can_be_kept(agency: Agency, purpose: str) -> None:
    from tests.builders import a_resident

    number = an_id_number()
    await a_resident(id_number=number)
    told = []
    for document_number in (number, an_id_number()):
        asked = {"documentType": "RESIDENT_ID", "documentNumber": document_number, "purpose": purpose}
        told.append(await refusals(agency, an_institution(), "coverageCheck", "CoverageCheckInput", asked, key=False))

    assert told == [["PURPOSE_MISSING"], ["PURPOSE_MISSING"]]


async def refusals(
    agency: Agency, actor: Any, field: str, kind: str, asked: Mapping[str, object], *, key: bool = True
) -> list[str]:
    """Give the codes of the refusals of a mutation."""
    document = f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ errors {{ code }} }} }}"
    given = {**asked, "idempotencyKey": a_key()} if key else dict(asked)
    payload = (await agency.ask(actor, document, {"input": given})).payload()
    return [error["code"] for error in payload["errors"]]
