"""The table of cases is read as it was written, and every bad line is named with every reason."""

from __future__ import annotations

import io

import pytest

from cli.simulation.case_table import COLUMNS, OPTIONAL, REQUIRED, BrokenLine, CaseReader, read_header, write_cases
from tests.whatif.conftest import REGION, YEAR, the_cases

GOOD = {
    "psn_no": "P1",
    "insutype": "390",
    "psn_type": "15",
    "brdy": "1980-02-29",
    "mdtrt_id": "A1",
    "setl_date": "2026-03-05",
    "med_type": "21",
    "dedc_hosp_lv": "3",
    "medfee_sumamt": "12000.00",
    "fulamt_ownpay_amt": "800",
    "overlmt_selfpay": "0",
    "preselfpay_catalogue": "350.5",
}


def reader(columns: tuple[str, ...] = tuple(GOOD)) -> CaseReader:
    return CaseReader(columns, REGION, YEAR)


def line(**other: str) -> str:
    return ",".join({**GOOD, **other}.values())


def test_cases_are_read_as_they_were_written() -> None:
    cases = [case._replace(settled=(5, 6, 7)) if place % 2 else case for place, case in enumerate(the_cases(400))]
    file = io.StringIO()

    assert write_cases(file, cases) == 400

    header, *lines = file.getvalue().splitlines()
    columns = read_header(header)
    again = [CaseReader(columns, REGION, YEAR).read(text, number=0) for text in lines]
    assert again == cases


def test_only_required_columns_are_needed() -> None:
    case = reader().read(line(), number=2)

    assert (case.number, case.episode.id, case.episode.total.fen) == ("P1", "A1", 1_200_000)
    assert case.episode.first_paid.fen == 35_050
    assert case.settled is None


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        ({"brdy": "1980-02-30"}, "brdy"),
        ({"brdy": ""}, "brdy"),
        ({"setl_date": "2026/03/05"}, "setl_date"),
        ({"setl_date": "2027-01-01"}, "outside the settlement year"),
        ({"dedc_hosp_lv": "9"}, "dedc_hosp_lv"),
        ({"medfee_sumamt": "12,5"}, "cells"),
        ({"medfee_sumamt": "12.345"}, "medfee_sumamt"),
        ({"medfee_sumamt": ""}, "medfee_sumamt"),
        ({"medfee_sumamt": "-1.00"}, "reversed"),
        ({"fulamt_ownpay_amt": "1e3"}, "fulamt_ownpay_amt"),
        ({"psn_no": "P 1"}, "psn_no"),
        ({"psn_no": ""}, "psn_no"),
        ({"mdtrt_id": '"A1'}, "quotation"),
        ({"insutype": ""}, "insutype"),
    ],
)
def test_bad_line_is_named_with_its_reason(cells: dict[str, str], named: str) -> None:
    with pytest.raises(BrokenLine) as broken:
        reader().read(line(**cells), number=17)

    assert [fault.line for fault in broken.value.faults] == [17]
    assert named in broken.value.faults[0].reason.en


def test_every_fault_of_a_line_is_told_at_once() -> None:
    with pytest.raises(BrokenLine) as broken:
        reader().read(line(setl_date="x", dedc_hosp_lv="x", medfee_sumamt="x", brdy="x"), number=3)

    assert len(broken.value.faults) == 4


def test_settled_amounts_of_a_case_are_all_there_or_none() -> None:
    columns = (*GOOD, "fund_pay_sumamt", "acct_pay", "psn_cash_pay")

    assert reader(columns).read(f"{line()},,,", number=2).settled is None
    assert reader(columns).read(f"{line()},1,2,3", number=2).settled == (100, 200, 300)
    with pytest.raises(BrokenLine):
        reader(columns).read(f"{line()},1,,3", number=2)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (",".join(name for name in REQUIRED if name != "overlmt_selfpay"), "overlmt_selfpay"),
        (",".join((*REQUIRED, "preselfpay_amt")), "preselfpay_amt"),
        (",".join((*REQUIRED, "brdy")), "twice"),
        (",".join((*REQUIRED, "acct_pay")), "go together"),
        (",".join(reversed(REQUIRED)), "first column"),
        ("", "Unknown column"),
    ],
)
def test_wrong_heading_is_refused(header: str, named: str) -> None:
    with pytest.raises(BrokenLine, match=named):
        read_header(header)


def test_heading_of_a_spreadsheet_with_a_mark_is_read() -> None:
    assert read_header("\ufeff" + ",".join((*REQUIRED, *OPTIONAL)) + "\r\n") == (*REQUIRED, *OPTIONAL)
    assert read_header(",".join(COLUMNS)) == COLUMNS
