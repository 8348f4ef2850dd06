"""Log-ins that came to nothing, on the log: who, why, and nothing by which a reader could try again.

An account is named by its id. A name that nobody has may be a password in the wrong field, so it never stands there in
the clear; its keyed digest lets an operator see that it is always the same one. The same holds for addresses, which
tell where people live.
"""

from __future__ import annotations

from typing import Final

import structlog

from domain import identity
from domain.crypto import Keyring, Purpose

log: Final = structlog.stdlib.get_logger("api.oauth")
_DIGEST_SIGNS: Final = 16


async def note_failed_log_in(*, login: str, source: str, keys: Keyring, why: str) -> None:
    """Log one try of a person: `wrong_password`, `too_many_tries`, `locked`, or whatever else stood in the way."""
    account = await identity.find_account_of(login=login)
    log.warning(
        "log_in_failed",
        why=why,
        account=str(account.id) if account else None,
        name=_digest(keys, identity.normal_login(login)),
        source=_digest(keys, source),
    )


def note_unproved_client(*, claimed: str, is_known: bool, endpoint: str, source: str, keys: Keyring, why: str) -> None:
    """Log that an application did not prove who it is; only one that is registered is named."""
    log.warning(
        "client_not_proved",
        why=why,
        endpoint=endpoint,
        client=claimed if is_known else None,
        name=_digest(keys, claimed),
        source=_digest(keys, source),
    )


def note_proved_client(*, client: str, endpoint: str) -> None:
    """Log that a machine has proved who it is."""
    log.info("client_proved", client=client, endpoint=endpoint)


def _digest(keys: Keyring, text: str) -> str:
    return keys.blind_index(Purpose.TOKEN, f"log\n{text}").hex()[:_DIGEST_SIGNS]
