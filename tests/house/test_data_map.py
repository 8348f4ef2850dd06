"""docs/data-map.yaml knows every column of the database, and what it says about sealing is true."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from domain import resealing
from domain.crypto import Purpose

FILE = Path(__file__).parents[2] / "docs/data-map.yaml"
Map = dict[str, Any]
KEYS = {"category", "sealed_to", "sealing", "keyed", "mask", "clear", "retention"}
TABLE_KEYS = {"purpose", "retention", "mask", "columns"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the map tells it, with what its table says for all."""

    name: str
    told: dict[str, str]
    table: dict[str, Any]

    @property
    def category(self) -> str:
        return self.told["category"]


@pytest.fixture
def data_map() -> Map:
    return yaml.safe_load(FILE.read_text("utf-8"))


def columns_of(data_map: Map) -> Iterator[Column]:
    for table_name, table in data_map["tables"].items():
        for name, told in table["columns"].items():
            yield Column(f"{table_name}.{name}", {"category": told} if isinstance(told, str) else told, table)


async def list_columns() -> dict[str, str]:
    """Ask the database for all columns and their types, `table.column`."""
    from domain import store as database

    found = await database.rows(
        "SELECT table_name || '.' || column_name AS name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1"
    )
    return {row["name"]: row["data_type"] for row in found}


def differences(data_map: Map, columns: dict[str, str]) -> list[str]:
    mapped = {column.name for column in columns_of(data_map)}
    return [f"not in docs/data-map.yaml: {name}" for name in sorted(columns.keys() - mapped)] + [
        f"not in the database: {name}" for name in sorted(mapped - columns.keys())
    ]


def faults(data_map: Map) -> Iterator[str]:
    """Say what the map leaves open or says wrongly, without looking at the database."""
    for name, table in data_map["tables"].items():
        if table.keys() - TABLE_KEYS or not table.get("purpose"):
            yield f"{name}: says other things than {TABLE_KEYS}, or no purpose"
    for column in columns_of(data_map):
        told = column.told
        if told.keys() - KEYS or column.category not in data_map["categories"]:
            yield f"{column.name}: unknown words"
        if told.get("retention", column.table.get("retention")) not in data_map["retentions"]:
            yield f"{column.name}: for how long?"
        yield from faults_of_protection(column, masks=data_map["masks"])


def faults_of_protection(column: Column, *, masks: dict[str, str]) -> Iterator[str]:
    told = column.told
    purposes = {purpose.value for purpose in Purpose}
    if {told.get("sealing", "token"), told.get("keyed", "token")} - purposes:
        yield f"{column.name}: no key has this purpose"
    is_masked = told.get("mask", column.table.get("mask")) in masks
    if column.category in {"personal", "sensitive"} and not is_masked:
        yield f"{column.name}: what do others see of it?"
    if column.category == "sensitive" and not told.keys() & {"sealed_to", "sealing", "clear"}:
        yield f"{column.name}: neither sealed nor a reason why not"


async def test_every_column_of_the_database_is_mapped_and_no_other(store: str, data_map: Map) -> None:
    found = differences(data_map, await list_columns())
    assert not found, "\n".join(found)


async def test_an_unmapped_column_and_a_mapped_nothing_are_noticed(store: str, data_map: Map) -> None:
    from domain import store as database

    await database.rows("ALTER TABLE person ADD COLUMN blood_group text")
    await database.rows("CREATE TABLE diagnosis (code text)")
    assert differences(data_map, await list_columns()) == [
        "not in docs/data-map.yaml: diagnosis.code",
        "not in docs/data-map.yaml: person.blood_group",
    ]
    await database.rows("DROP TABLE diagnosis")
    await database.rows("ALTER TABLE person DROP COLUMN blood_group, DROP COLUMN name_pinyin")
    assert differences(data_map, await list_columns()) == ["not in the database: person.name_pinyin"]


def test_the_map_leaves_nothing_open(data_map: Map) -> None:
    assert list(faults(data_map)) == []


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [
        ("person", "name", "private"),
        ("person", "document_sealed", {"category": "sensitive", "mask": "document"}),
        ("person", "phone_sealed", {"category": "sensitive", "sealing": "fax", "mask": "phone"}),
        ("audit", "detail", "personal"),
        ("bill", "number", {"category": "identifier", "retention": "for ever"}),
        ("bill", "number", {"category": "identifier", "colour": "red"}),
    ],
)
def test_a_careless_map_is_noticed(data_map: Map, table: str, column: str, told: object) -> None:
    careless = copy.deepcopy(data_map)
    careless["tables"][table]["columns"][column] = told
    assert list(faults(careless))


async def test_what_is_sealed_is_binary_and_known_to_the_resealing(store: str, data_map: Map) -> None:
    types = await list_columns()
    sealed = {column.name: column.told["sealing"] for column in columns_of(data_map) if "sealing" in column.told}
    assert {types[name] for name in sealed} == {"bytea"}
    assert sealed == {str(column): column.purpose.value for column in resealing.COLUMNS}
    named_so = {name for name in types if name.endswith("_sealed")}
    assert named_so <= sealed.keys()


async def test_every_binary_column_is_sealed_or_a_proof(store: str, data_map: Map) -> None:
    """A column of bytes can hide anything; here it hides nothing that is not said."""
    types = await list_columns()
    for column in columns_of(data_map):
        if types[column.name] == "bytea" and column.name != "pgqueuer.payload":
            assert (
                column.told.keys() & {"sealed_to", "sealing"}
                or column.category == "proof"
                or column.name.endswith("digest")
            ), column.name
