"""The second store: who gave a report under their name, and where a reward goes.

It has a schema, a role, a connection and a key of its own. What lies in it is sealed for two people together, whose
keys never were here. A record is found by a token of its case that only this store's key makes; nothing in it names a
case, a payment or a day, and nothing outside names a record.

    async with informants.open_store(url, key=key) as second:
        await second.keep(case_id, kind=informants.RecordKind.IDENTITY, record_id=id, content=…, wrapped=…)
"""

from domain.informants.service import InformantStore, OneOfEach, load_or_make_key, open_store
from domain.informants.values import Record, RecordKind, place_of

__all__ = ["InformantStore", "OneOfEach", "Record", "RecordKind", "load_or_make_key", "open_store", "place_of"]
