"""The catalogue of drugs, services and consumables (医保目录): dated items, imported from files, reviewed by two.

    found = await catalogue.find_items(region="330900", codes=codes, on=day)     # a past day keeps its own items

An *item* has a grade (甲 01, 乙 02, 丙 03), perhaps a first-paid share, a limit price and limits of use of its own, and
the days on which it holds; items of one code never overlap. An *import* is a file with the difference to what holds
on its first day; a second person reads the difference, and only then it comes into force. What no item names is 丙.
The demonstration items are made up and say so wherever they are shown.
"""

from domain.catalogue.calc import parse_items
from domain.catalogue.errors import CatalogueFileBroken, CatalogueImportNotFound, LaterItemsStand
from domain.catalogue.queries import find_import, find_item, find_items, list_changes, list_imports, search_items
from domain.catalogue.service import decide_import, install_demonstration, propose_import
from domain.catalogue.values import (
    Change,
    ChangeRecord,
    ImportRecord,
    ImportState,
    Item,
    ItemKind,
    ItemText,
)

__all__ = [
    "CatalogueFileBroken",
    "CatalogueImportNotFound",
    "Change",
    "ChangeRecord",
    "ImportRecord",
    "ImportState",
    "Item",
    "ItemKind",
    "ItemText",
    "LaterItemsStand",
    "decide_import",
    "find_import",
    "find_item",
    "find_items",
    "install_demonstration",
    "list_changes",
    "list_imports",
    "parse_items",
    "propose_import",
    "search_items",
]
