"""The database and the code number alike."""

from __future__ import annotations

from domain.business_numbers import BusinessNumber, NumberKind, check_number


async def test_numbers_of_the_database_pass_our_own_check(store: None) -> None:
    from domain import store as database

    rows = await database.rows("SELECT new_number('B', 2027) AS number FROM generate_series(1, 200)")

    for row in rows:
        read = check_number(row["number"], kind=NumberKind.BILL)
        assert isinstance(read, BusinessNumber)
        assert read.year == 2027
