"""Tables and models tell the same story, and what must never change cannot."""

from __future__ import annotations

import asyncpg
import pytest
from tortoise import Tortoise

from domain import store

APPEND_ONLY = ("audit", "reading", "entry", "posting", "channel_message")


async def test_every_model_has_exactly_the_columns_of_its_table(store: None) -> None:
    from domain import store as database

    for model in Tortoise.apps["domain"].values():
        table = model._meta.db_table
        rows = await database.rows(
            "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = $1", table
        )
        in_database = {row["column_name"]: row["is_nullable"] == "YES" for row in rows}
        in_model = {field.source_field or name: field.null for name, field in model._meta.fields_map.items()}

        assert in_model.keys() == in_database.keys(), f"{table}: {in_model.keys() ^ in_database.keys()}"
        for name, nullable in in_database.items():
            generated = model._meta.fields_map[name].generated
            assert in_model[name] == nullable or generated, f"{table}.{name}: null here, not null there"


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_history_refuses_truncation_by_anybody(database_url: str, table: str) -> None:
    link = await asyncpg.connect(**store.connect_arguments(database_url))
    try:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await link.execute(f"TRUNCATE {table} CASCADE")
        assert refused.value.constraint_name.endswith("_append_only")
    finally:
        await link.close()


async def test_migrating_again_changes_nothing_and_an_edited_file_is_refused(database_url: str) -> None:
    assert await store.migrate(database_url) == []

    link = await asyncpg.connect(**store.connect_arguments(database_url))
    await link.execute("UPDATE migration SET digest = 'edited' WHERE name = '0001_words'")
    await link.close()

    with pytest.raises(store.SchemaMismatchError, match="0001_words"):
        await store.migrate(database_url)
