"""What must not lead from a reward's payment to its report."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from domain.store import connect_arguments
from tests.domain.tipoffs.test_rewards import linked


async def ways_from_money_to_case(database_url: str, *, case_id: UUID, reward_id: UUID, payout_id: UUID) -> list[str]:
    """List everything by which a table or a view leads from a reward's payment to its report; there should be nothing.

    A row that holds both, a transaction that wrote both, and any number of steps from row to row by the ids in them.
    """
    link = await asyncpg.connect(**connect_arguments(database_url))
    try:
        tables = await link.fetch(
            "SELECT format('%I.%I', table_schema, table_name) AS name, table_type = 'BASE TABLE' AS is_table"
            " FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        rows = [
            (table["name"], str({**row, "written_by": None}), row["written_by"])
            for table in tables
            for row in await link.fetch(
                f"SELECT {'xmin::text' if table['is_table'] else 'NULL'} AS written_by, whole.*"
                f" FROM {table['name']} AS whole"
            )
        ]
    finally:
        await link.close()
    of_case = [row for row in rows if str(case_id) in row[1]]
    of_money = [row for row in rows if str(reward_id) in row[1] or str(payout_id) in row[1]]
    assert of_case
    assert of_money
    ways = [f"{name} holds both" for name, text, _ in of_money if str(case_id) in text]
    together = {by for _, _, by in of_case} & {by for _, _, by in of_money if by}
    ways += [f"{name} was written with the other side" for name, _, by in of_money if by in together]
    reached = linked([(name, text, "") for name, text, _ in rows], start=case_id)
    return ways + [f"a walk from the case ends at {each}" for each in reached & {str(reward_id), str(payout_id)}]
