"""Which keys may be registered, and what the keys of an institution are after a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from domain.errors import Text
from domain.institutions.errors import KeyIsUnfit, KeyNotFound
from domain.institutions.values import Wish

OVERLAP: Final = timedelta(days=7)
"""So long the old keys count beside a new one, for the machines of an institution that change one after another."""
RSA_BITS_LEAST: Final = 3072
"""128 bits of strength (NIST SP 800-57, part 1, table 2)."""
KEY_MAX: Final = 4096
_CURVES: Final = frozenset({"P-256", "Ed25519"})

Keys = Sequence[Mapping[str, Any]]


def read_public_key(text: str | None) -> dict[str, object]:
    """Read a public key with its own id, which is the print of the key (RFC 7638). Raises `KeyIsUnfit`."""
    try:
        told = orjson.loads(text or "")
        key = import_key(told)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _unfit("不是 JWK 公钥。", "it is no JWK.") from error
    if len(text or "") > KEY_MAX or not isinstance(key, ECKey | OKPKey | RSAKey):
        raise _unfit("不是非对称公钥。", "it is no public key.")
    if key.is_private:
        raise _unfit("含有私钥，此私钥已不可再用。", "its private part is in it, and must not be used any more.")
    is_strong = key.raw_value.key_size >= RSA_BITS_LEAST if isinstance(key, RSAKey) else told.get("crv") in _CURVES
    if not is_strong:
        raise _unfit("算法或长度不符合要求。", "its kind or length is not enough.")
    public = {
        name: value for name, value in key.as_dict(private=False).items() if name not in {"use", "key_ops", "alg"}
    }
    return {**public, "kid": key.thumbprint(), "use": "sig"}


def add_key(keys: Keys, *, added: Mapping[str, object], now: datetime) -> list[dict[str, Any]]:
    """Give the keys with a new one; those before it end after the overlap, or when they end anyway."""
    if any(key["kid"] == added["kid"] for key in keys):
        raise _unfit("这把密钥已经登记过。", "it is registered already.")
    ends = int((now + OVERLAP).timestamp())
    living = [key for key in keys if key.get("exp", ends) > now.timestamp()]
    return [*({**key, "exp": min(key.get("exp", ends), ends)} for key in living), dict(added)]


def end_key(keys: Keys, *, kid: str | None, now: datetime) -> list[dict[str, Any]]:
    """Give the keys without one; another that counts must stay. Raises `KeyNotFound`."""
    living = [dict(key) for key in keys if "exp" not in key or key["exp"] > now.timestamp()]
    rest = [key for key in living if key["kid"] != kid]
    if len(rest) == len(living) or not rest:
        raise KeyNotFound(path=("kid",))
    return rest


def write_wish(wish: Wish, *, client_id: str, key: Mapping[str, object] | None) -> bytes:
    """Give the canonical bytes of what is asked, which an approval is bound to."""
    told = {
        "client": client_id,
        "kind": wish.kind.value,
        "kid": key["kid"] if key else wish.kid,
        "key": key,
        "reason": wish.reason,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _unfit(zh: str, en: str) -> KeyIsUnfit:
    return KeyIsUnfit(fault=Text(zh, en), path=("public_key",))
