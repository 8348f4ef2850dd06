"""The platform's signature of requests, version 3 (ACS3-HMAC-SHA256). Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "ACS3-HMAC-SHA256"


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Write parameters sorted by name, escaped as RFC 3986 wants it: a space is %20 and a tilde stays."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))


def authorization(
    *, key_id: str, secret: str, method: str, path: str, query: str, headers: Mapping[str, str], body_digest: str
) -> str:
    """Give the header that proves a request to be ours; `headers` are all that are signed, by their small names."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{body_digest}"
    text = f"{ALGORITHM}\n{sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), text.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
