"""Trusted documents: the operations that our own clients send, kept with the server and named by their hash.

Each `.graphql` file of this folder holds one named operation with the fragments that it uses, and is called after
the operation. A client sends the id (`{"documentId": "sha256:…"}`) or the name (`{"operationName": "…"}`) and no
text. In operation nothing else is run for callers without a special scope, so the schema cannot be probed by
guessing, and what a document costs was read by us before it was ever sent.
"""

from api.documents.trusted import FOLDER, TrustedDocument, TrustedDocuments

__all__ = ["FOLDER", "TrustedDocument", "TrustedDocuments"]
