"""Which posts go together, and who holds which post on a day. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

import orjson

from domain.errors import DomainError
from domain.staff.errors import PostsClash, ReasonMissing, RolesMissing
from domain.staff.values import AccountChangeKind, Duty, Incompatibility, Post, Roster

ADMINISTRATORS: Final = ("SYSTEM_ADMINISTRATOR", "SECURITY_ADMINISTRATOR", "AUDIT_ADMINISTRATOR")
FIRST_PASSWORD_LIFE: Final = timedelta(days=3)
REASON_MAX: Final = 500
ABSENCE_REASON_MAX: Final = 200
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def clashes(roles: Iterable[str], *, table: Iterable[Incompatibility], on: date) -> Iterator[Incompatibility]:
    """Name the pairs of posts among these that nobody holds together on a day."""
    held = frozenset(roles)
    for pair in table:
        if {pair.one, pair.other} <= held and pair.starts <= on and (pair.ends is None or on < pair.ends):
            yield pair


def duty_on(roster: Roster, *, day: date, table: Iterable[Incompatibility]) -> Duty:
    """Say what somebody may be on a day.

    Who is away is nothing at all, and stands in for nobody. Who is there is what they are, and what the absent are for
    whom they stand in, unless it does not go together with what they hold already.
    """
    if any(absence.account_id == roster.account_id and absence.counts_on(day) for absence in roster.absences):
        return Duty(roles=frozenset())
    pairs = tuple(table)
    duty = Duty(roles=roster.roles)
    for absence in sorted(roster.absences, key=lambda absence: absence.id):
        if absence.stand_in_id != roster.account_id or not absence.counts_on(day):
            continue
        more = duty.roles | roster.roles_of.get(absence.account_id, frozenset())
        if not any(clashes(more, table=pairs, on=day)):
            duty = Duty(roles=more, stands_in_for=duty.stands_in_for | {absence.account_id})
    return duty


def post_faults(post: Post, *, table: Iterable[Incompatibility], on: date) -> Iterator[DomainError]:
    """Name what stands against giving somebody these roles."""
    if not post.roles:
        yield RolesMissing(path=("roles",))
    for pair in clashes(post.roles, table=table, on=on):
        yield PostsClash(one=pair.one, other=pair.other, source=pair.source, path=("roles",))


def reason_faults(reason: str, *, longest: int) -> Iterator[DomainError]:
    """Name what stands against a reason."""
    if not 1 <= len(reason) <= longest:
        yield ReasonMissing(longest=longest, path=("reason",))


def content_of(kind: AccountChangeKind, account_id: object, post: Post, reason: str) -> str:
    """Write down what is asked for, in its canonical form: what a decision is bound to."""
    facts = {
        "account": str(account_id),
        "display_name": post.display_name,
        "kind": kind.value,
        "login": post.login,
        "office": post.office,
        "reason": reason,
        "region": post.region,
        "roles": sorted(post.roles),
    }
    return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()


def new_first_password() -> str:
    """Make a password to be handed over on paper: 16 signs of 31, none of which looks like another (79 bits)."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(16))
    return "-".join(signs[at : at + 4] for at in range(0, 16, 4))


def region_prefix(region: str) -> str:
    """Give the digits that the codes of everything inside a region begin with: 330900 holds all of 3309xx."""
    while len(region) > 2 and region.endswith("00"):  # noqa: PLR2004 - a province has two digits of its own
        region = region[:-2]
    return region
