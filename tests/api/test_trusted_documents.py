"""Every operation that our own clients send can be run, and costs less than anybody may ask for."""

from __future__ import annotations

from typing import Final

import pytest
from graphql import build_schema as read_schema

from api.documents import TrustedDocuments
from api.operations import Mode, Operations
from api.requests import Asked
from api.schema import build_schema
from domain.actors import ANYBODY

DOCUMENTS: Final = TrustedDocuments.of_folder()
OPERATIONS: Final = Operations(build_schema(), documents=DOCUMENTS, mode=Mode.TRUSTED)
OF_CLAIMS: Final = ("claim", "myClaim", "file", "notice", "myNotice", "catalogue", "beneficiary", "clearing")
OF_REPORTS: Final = ("tipoff", "myTipoff", "investigator")


@pytest.mark.parametrize("name", [document.name for document in DOCUMENTS.documents])
def test_a_document_is_within_what_anybody_may_ask_for(name: str) -> None:
    document = next(each for each in DOCUMENTS.documents if each.name == name)
    operation = OPERATIONS.choose(Asked(None, document.id, None, {}), caller=ANYBODY)

    assert OPERATIONS.cost(operation, {}) > 0


@pytest.mark.parametrize("of", [OF_CLAIMS, OF_REPORTS], ids=["claims", "reports"])
def test_whatever_can_be_done_about_them_has_a_document(of: tuple[str, ...]) -> None:
    schema = read_schema(build_schema().as_str())
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    fields = {*schema.query_type.fields, *schema.mutation_type.fields}
    wanted = {field for field in fields if field.startswith(of)}

    named = {document.name[:1].lower() + document.name[1:] for document in DOCUMENTS.documents}

    assert wanted
    assert wanted <= named
