"""What every room brings to the schema."""

from __future__ import annotations

from typing import Final

from api.schema.about import AboutQuery
from api.schema.collection import CollectionMutation, CollectionQuery
from api.schema.home import HomeQuery
from api.schema.ledger import LedgerQuery
from api.schema.refunds import RefundsMutation, RefundsQuery

QUERIES: Final = (AboutQuery, HomeQuery, CollectionQuery, RefundsQuery, LedgerQuery)
MUTATIONS: Final = (CollectionMutation, RefundsMutation)
