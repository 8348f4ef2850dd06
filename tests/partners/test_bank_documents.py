"""What we write to banks holds against the published schemas, and what we read is read strictly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from lxml import etree

from domain.money import Money
from partners.bank import (
    Debtor,
    Executed,
    Order,
    Pending,
    Refused,
    Report,
    Transfer,
    Unreadable,
    camt053,
    pain001,
    pain002,
    text_file,
)
from sandbox.bank import documents
from sandbox.bank.records import Movement

SCHEMAS = Path(__file__).with_name("iso20022")
MADE_AT = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
DEBTOR = Debtor(name="医疗保障经办机构支出户", account="1202390000000001", bank_code="102345000012")


def a_transfer(*, number: str = "Z202600000000186", fen: int = 123_456, name: str = "王小丽") -> Transfer:
    return Transfer(
        number=number,
        amount=Money(fen),
        name=name,
        account="6217001234567890122",
        bank_code="103345000021",
        remark="零星报销",
    )


def an_order(*transfers: Transfer) -> Order:
    return Order(number="F202600000000171", debtor=DEBTOR, made_at=MADE_AT, transfers=transfers or (a_transfer(),))


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"{name}.xsd"))


def test_order_holds_against_the_schema_and_adds_up() -> None:
    transfers = tuple(a_transfer(number=f"Z{place:015d}", fen=place) for place in range(1, 51))
    body = pain001.write(an_order(*transfers))
    schema("pain.001.001.09").assertValid(etree.fromstring(body))
    debtor, read = documents.read_order(body)
    assert debtor == DEBTOR.account
    assert [(one.number, one.fen, one.name, one.remark) for one in read] == [
        (one.number, one.amount.fen, one.name, one.remark) for one in transfers
    ]


def test_schema_would_refuse_a_careless_order() -> None:
    """The control: an element in the wrong place does not pass."""
    body = pain001.write(an_order()).replace(b"<PmtMtd>TRF</PmtMtd>", b"")
    assert not schema("pain.001.001.09").validate(etree.fromstring(body))


def test_names_with_signs_of_markup_stay_text() -> None:
    body = pain001.write(an_order(a_transfer(name="甲&乙<丙>")))
    _, (read,) = documents.read_order(body)
    assert read.name == "甲&乙<丙>"


def a_movement(**changes: object) -> Movement:
    made = Movement(
        reference="BK1", number="Z1", debtor=DEBTOR.account, account="6", name="王", bank_code="1", fen=123_456,
        remark="零星报销", day="2026-11-02", at=0,
    )  # fmt: skip
    return replace(made, **changes)


def test_report_is_read_and_the_banks_own_holds_against_the_schema() -> None:
    body = documents.write_report(
        "F1",
        [
            a_movement(),
            a_movement(number="Z2", state="PENDING"),
            a_movement(number="Z3", state="REFUSED", code="AC04", sentence="账户已销户"),
        ],
    )
    schema("pain.002.001.12").assertValid(etree.fromstring(body))
    assert pain002.read(body) == (
        Report("Z1", Executed("BK1", Money(123_456), date(2026, 11, 2))),
        Report("Z2", Pending()),
        Report("Z3", Refused("AC04", "账户已销户")),
    )


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b"ACSC", b"WHAT"),
        (b'Ccy="CNY"', b'Ccy="USD"'),
        (b"1234.56", b"1234.567"),
        (b"1234.56", b"-1234.56"),
        (b"1234.56", b"NaN"),
        (b"2026-11-02", b"2026-13-02"),
        (b"<AcctSvcrRef>BK1</AcctSvcrRef>", b""),
        (b"pain.002.001.12", b"pain.001.001.09"),
        (b"<Document", b"<!DOCTYPE Document [<!ENTITY a 'b'>]><Document"),
        (b"<Document", b"<Doc"),
    ],
)
def test_report_that_is_not_what_it_should_be_is_unreadable(what: bytes, instead: bytes) -> None:
    body = documents.write_report("F1", [a_movement()])
    assert what in body
    with pytest.raises(Unreadable):
        pain002.read(body.replace(what, instead))


def test_billion_laughs_are_not_laughed() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Document>&b;</Document>'
    with pytest.raises(Unreadable):
        pain002.read(bomb)


def test_statement_is_read_with_its_counts_compared() -> None:
    back = a_movement(reference="BK2", is_out=False)
    body = documents.write_statement(DEBTOR.account, "2026-11-02", [a_movement(), back, a_movement(number="")])
    read = camt053.read(body)
    assert (read.account, read.day) == (DEBTOR.account, date(2026, 11, 2))
    assert [(line.is_out, line.number, line.reference, line.amount.fen) for line in read.lines] == [
        (True, "Z1", "BK1", 123_456),
        (False, "Z1", "BK2", 123_456),
        (True, "", "BK1", 123_456),
    ]
    with pytest.raises(Unreadable, match="says 3 entries and has 2"):
        camt053.read(body.replace(body[body.index(b"<Ntry>") : body.index(b"</Ntry>") + 7], b"", 1))


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8"])
def test_text_file_holds_names_as_they_are(encoding: str) -> None:
    body = text_file.write(an_order(a_transfer(), a_transfer(number="Z2", fen=1)), encoding=encoding)
    assert body.decode(encoding) == (
        "H|F202600000000171|20261102|1202390000000001|2|1234.57\r\n"
        "D|1|Z202600000000186|6217001234567890122|王小丽|103345000021|1234.56|零星报销\r\n"
        "D|2|Z2|6217001234567890122|王小丽|103345000021|0.01|零星报销\r\n"
    )


def test_rare_character_never_becomes_a_question_mark() -> None:
    rare = an_order(a_transfer(name="欧阳䶮"))
    assert "欧阳䶮" in text_file.write(rare, encoding="gb18030").decode("gb18030")
    with pytest.raises(text_file.NameDoesNotFit, match="Z202600000000186"):
        text_file.write(rare, encoding="gbk")


@pytest.mark.parametrize("name", ["王|丽", "王\r\n丽"])
def test_sign_that_parts_fields_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="parts fields"):
        text_file.write(an_order(a_transfer(name=name)), encoding="utf-8")


def test_results_are_read() -> None:
    body = "H|F1|2\r\nR|Z1|OK|||BK1|20261102|1234.56\r\nR|Z2|FAIL|AC04|账户已销户|||\r\n".encode("gb18030")
    assert text_file.read_results(body, encoding="gb18030") == (
        Report("Z1", Executed("BK1", Money(123_456), date(2026, 11, 2))),
        Report("Z2", Refused("AC04", "账户已销户")),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"H|F1|1\r\n",
        b"H|F1|0\r\nR|Z1|OK|||BK1|20261102|1.00\r\n",
        b"H|F1|1\r\nR|Z1|MAYBE|||BK1|20261102|1.00\r\n",
        b"H|F1|1\r\nR|Z1|OK||||20261102|1.00\r\n",
        b"H|F1|1\r\nR|Z1|OK|||BK1|20261102|1.001\r\n",
        b"H|F1|1\r\nR|Z1|OK|||BK1|20261302|1.00\r\n",
        b"H|F1|1\r\nR||OK|||BK1|20261102|1.00\r\n",
        b"\xff\xff\xff",
    ],
)
def test_file_of_results_that_is_cut_or_wrong_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        text_file.read_results(body, encoding="gb18030")
