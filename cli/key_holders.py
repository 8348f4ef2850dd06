"""Those of a demonstration who can be trusted with reports: their keys, made once, with one passphrase for all.

In an agency each holder makes their key at home (`yibao investigators key`) and nobody else ever has it. Here the
locked keys lie in the data folder, so that whoever tries the house out can report something and open it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cli.investigators import make_locked_key
from cli.servers import make_private
from cli.steps import address_of
from domain import identity, store, tipoffs
from domain.actors import Actor, ActorKind
from domain.crypto import Keyring
from domain.settings import Settings
from domain.tipoffs import KeyPurpose
from domain.work import perform
from partners.reward_desk import read_keys

PASSPHRASE: Final = "demonstration only"  # noqa: S105 - as public as the demo's password
_KEEPER: Final = "security"
_DESK: Final = "head"
_HOLDERS: Final = (
    ("investigator", KeyPurpose.CASE),
    ("coinvestigator", KeyPurpose.CASE),
    ("leader", KeyPurpose.ESCALATION),
    ("head", KeyPurpose.IDENTITY_FIRST),
    ("leader", KeyPurpose.IDENTITY_SECOND),
)


def employ_key_holders(settings: Settings, *, desk_keys: Path) -> None:
    """Register and confirm the keys of investigators, of both halves and of the reward desk, where there are none."""
    asyncio.run(_employ(settings, desk_keys))


async def _employ(settings: Settings, desk_keys: Path) -> None:
    folder, keys = settings.data / "investigators", Keyring.load(settings.key_file)
    make_private(folder)
    async with store.open_database(address_of(settings), pool=1):
        staff = await _staff()
        confirmed = await store.rows("SELECT holder_id, purpose FROM investigator_key WHERE confirmed_on IS NOT NULL")
        held = {(row["holder_id"], row["purpose"]) for row in confirmed}
        for login, purpose in (*_HOLDERS, (_DESK, KeyPurpose.REWARD_DESK)):
            # A database of somebody's own may have nobody of these.
            if {login, _KEEPER} <= staff.keys() and (staff[login].id, purpose.value) not in held:
                public = (
                    list(read_keys(desk_keys))[-1]
                    if purpose is KeyPurpose.REWARD_DESK
                    else _make_key(folder / f"{login}-{purpose.value.lower()}.key")
                )
                await _register(keys, holder=staff[login], keeper=staff[_KEEPER], purpose=purpose, public=public)


async def _staff() -> dict[str, Actor]:
    wanted = {_KEEPER, _DESK, *(login for login, _ in _HOLDERS)}
    found: list[Any] = await store.rows(
        "SELECT id, login, display_name, office, region, roles FROM account"
        " WHERE kind = 'STAFF' AND login = ANY ($1::text[])",
        sorted(wanted),
    )
    return {
        row["login"]: Actor(
            kind=ActorKind.STAFF,
            id=row["id"],
            name=row["display_name"],
            office=row["office"],
            region=row["region"],
            scopes=frozenset().union(*(identity.SCOPES_OF_ROLE[identity.StaffRole(role)] for role in row["roles"])),
        )
        for row in found
    }


def _make_key(file: Path) -> bytes:
    file.unlink(missing_ok=True)  # A start that was stopped in between has left a key that nobody registered.
    return make_locked_key(file, PASSPHRASE)


async def _register(keys: Keyring, *, holder: Actor, keeper: Actor, purpose: KeyPurpose, public: bytes) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the border of the house
    registered = await perform(
        lambda work: tipoffs.register_key(work, purpose=purpose, public_key=public), actor=holder, now=now, keys=keys
    )
    key_id = registered.result
    assert key_id is not None, "A command that registers gives what it registered."
    await perform(lambda work: tipoffs.confirm_key(work, key_id=key_id), actor=keeper, now=now, keys=keys)
