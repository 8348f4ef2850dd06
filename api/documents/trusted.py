"""The manifest of trusted documents, read from a folder once at start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from graphql import OperationDefinitionNode, parse

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """One operation with its name and the text that a client may send by its hash alone."""

    name: str
    text: str

    @property
    def id(self) -> str:
        """Name the text by what it says: `sha256:` and 64 hexadecimal digits."""
        return document_id(self.text)


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """All documents that clients may send without their text."""

    documents: tuple[TrustedDocument, ...] = ()

    @classmethod
    def of_folder(cls, folder: Path = FOLDER) -> TrustedDocuments:
        """Read every `.graphql` file of a folder. Raises `ValueError` for a file not called after its operation."""
        return cls.of_texts((path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.graphql")))

    @classmethod
    def of_texts(cls, texts: Iterable[tuple[str, str]]) -> TrustedDocuments:
        """Take named texts. Raises `ValueError` for a name that is not its operation's."""
        return cls(tuple(_document(name, text) for name, text in texts))

    def manifest(self) -> dict[str, str]:
        """Return the name and id of every document, for the clients' builds."""
        return {document.name: document.id for document in self.documents}


def document_id(text: str) -> str:
    """Return the id of a document: the hash of its text, byte for byte."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


@lru_cache(maxsize=1024)
def _document(name: str, text: str) -> TrustedDocument:
    operations = [node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)]
    names = [operation.name.value if operation.name else None for operation in operations]
    if names != [name]:
        raise ValueError(f"{name}.graphql must hold one operation called {name}; it holds {names}.")
    return TrustedDocument(name, text)
