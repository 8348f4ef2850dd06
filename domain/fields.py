"""Columns that carry the house's own values."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from domain.money import Money


class MoneyField(fields.Field[Money], Money):
    """Whole fen in a bigint; never a decimal, which the ORM would round half-even in silence."""

    SQL_TYPE = "BIGINT"
    field_type = Money

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - passed on to the ORM
        fields.Field.__init__(self, **options)

    def to_db_value(self, value: Money | int | None, instance: type[Model] | Model) -> int | None:  # noqa: ARG002 - the ORM's signature
        """Give the fen."""
        return value.fen if isinstance(value, Money) else value

    def to_python_value(self, value: Money | int | None) -> Money | None:
        """Make the amount."""
        return Money(value) if isinstance(value, int) else value
