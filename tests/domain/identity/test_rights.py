"""Who may ever do what, and what a client may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from domain import identity
from domain.actors import ActorKind, Scope
from domain.identity import Account, ClientAuthentication, ClientProfile, ClientRegistration, StaffRole
from domain.identity.calc import client_faults
from domain.ids import new_id

ORIGIN = "https://yibao.example.org"


def an_account(*roles: str, kind: ActorKind = ActorKind.STAFF) -> Account:
    return Account(
        id=new_id(),
        kind=kind,
        login="someone",
        display_name="某人",
        person_id=None,
        roles=frozenset(roles),
        office=None,
        region=None,
        is_active=True,
    )


def a_demo_client(client_id: str) -> ClientRegistration:
    _, public = identity.make_machine_key()
    clients = identity.demo_clients(ORIGIN, hospital_key=public, console_key=public)
    return next(client for client in clients if client.client_id == client_id)


def a_web_client(**changes: object) -> ClientRegistration:
    return replace(a_demo_client("explorer"), **changes)  # type: ignore[arg-type] # the test names fields


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_belongs_to_residents_or_staff_or_institutions_and_never_to_two(scope: Scope) -> None:
    holders = [
        name
        for name, scopes in {
            "residents": identity.RESIDENT_SCOPES,
            "staff": identity.STAFF_SCOPES,
            "institutions": identity.INSTITUTION_SCOPES,
        }.items()
        if scope in scopes
    ]

    assert len(holders) == 1, f"Give {scope} to exactly one of residents, a staff role or institutions."


@pytest.mark.parametrize("role", list(StaffRole))
def test_every_role_may_do_something(role: StaffRole) -> None:
    assert identity.scopes_of_person(kind=ActorKind.STAFF, roles={role})


def test_whoever_checks_a_registration_does_not_decide_it() -> None:
    for scopes in identity.SCOPES_OF_ROLE.values():
        assert not {Scope.REGISTRATION_CHECK, Scope.REGISTRATION_DECIDE} <= scopes


def test_whoever_takes_money_does_not_pay_it_back() -> None:
    for scopes in identity.SCOPES_OF_ROLE.values():
        assert not {Scope.PAYMENT_RECEIVE, Scope.PAYMENT_REFUND} <= scopes


def test_an_unknown_role_allows_no_more_than_looking_after_oneself() -> None:
    assert identity.scopes_of_person(kind=ActorKind.STAFF, roles={"EMPEROR"}) == {Scope.STAFF_FACTORS, Scope.STAFF_SELF}


@pytest.mark.parametrize("kind", [ActorKind.PUBLIC, ActorKind.SYSTEM, ActorKind.INSTITUTION])
def test_only_residents_and_staff_are_persons(kind: ActorKind) -> None:
    assert identity.scopes_of_person(kind=kind, roles={"CLERK"}) == frozenset()


def test_a_resident_has_no_rights_of_staff_whatever_roles_are_written_down() -> None:
    scopes = identity.scopes_of_person(kind=ActorKind.RESIDENT, roles={"CLERK"})

    assert scopes == identity.RESIDENT_SCOPES


def test_a_token_may_do_what_client_and_person_both_may() -> None:
    scopes = identity.scopes_for_person(
        an_account("CLERK"),
        client_scopes={"registration:check", "ledger:read"},
        asked={"registration:check", "ledger:read", "resident:read"},
    )

    assert scopes == {"registration:check"}


def test_an_institution_has_no_rights_of_persons_even_if_its_client_were_given_them() -> None:
    scopes = identity.scopes_for_institution(
        client_scopes={"coverage:check", "self:read", "ledger:read"},
        asked={"coverage:check", "self:read", "ledger:read"},
    )

    assert scopes == {"coverage:check"}


def test_the_clients_of_the_demo_are_fit_to_be_registered() -> None:
    _, public = identity.make_machine_key()

    for client in identity.demo_clients(ORIGIN, hospital_key=public, console_key=public):
        assert list(client_faults(client)) == []


@pytest.mark.parametrize(
    "uri",
    [
        "http://yibao.example.org/back",
        "https://yibao.example.org/back#fragment",
        "https://yibao.example.org/back#",
        "https://*.example.org/back",
        "https://user@yibao.example.org/back",
        "https:///back",
        "/back",
        "javascript:alert(1)",
        "https://yibao.example.org/后",
        "https://yibao.example.org/back ; script-src *",
        "https://[broken/back",
    ],
)
def test_a_redirect_address_that_could_lead_elsewhere_is_refused(uri: str) -> None:
    assert list(client_faults(a_web_client(redirect_uris=(uri,))))


def test_a_redirect_address_on_this_machine_may_be_plain_http() -> None:
    assert not list(client_faults(a_web_client(redirect_uris=("http://127.0.0.1:8000/back",))))


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "Console"},
        {"redirect_uris": ()},
        {"scopes": frozenset({"coverage:check"})},
        {"scopes": frozenset({"everything"})},
        {"scopes": frozenset()},
        {"grant_types": ("client_credentials",), "redirect_uris": ()},
        {"authentication": ClientAuthentication.PRIVATE_KEY_JWT},
        {"public_keys": {"keys": []}},
    ],
)
def test_a_client_that_fits_nobody_is_refused(changes: dict[str, object]) -> None:
    assert list(client_faults(a_web_client(**changes)))


@pytest.mark.parametrize(
    ("client_id", "changes"),
    [
        ("console", {"authentication": ClientAuthentication.NONE, "public_keys": None}),
        ("demo-hospital", {"profile": ClientProfile.OAUTH21}),
        ("demo-hospital", {"profile": ClientProfile.DEMONSTRATION}),
        ("explorer", {"profile": ClientProfile.FAPI2}),
        ("explorer", {"profile": ClientProfile.OAUTH21}),
        ("resident-web", {"scopes": frozenset({Scope.SELF_READ, Scope.LEDGER_READ})}),
    ],
)
def test_a_client_that_does_not_follow_its_profile_is_refused(client_id: str, changes: dict[str, object]) -> None:
    client = a_demo_client(client_id)
    assert not list(client_faults(client))

    assert list(client_faults(replace(client, **changes)))  # type: ignore[arg-type] # the test names fields


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        (ECKey.generate_key("P-256").as_dict(private=False), True),
        (OKPKey.generate_key("Ed25519").as_dict(private=False), True),
        (RSAKey.generate_key(3072).as_dict(private=False), True),
        (RSAKey.generate_key(3072).as_dict(private=False) | {"alg": "PS256"}, True),
        (RSAKey.generate_key(3072).as_dict(private=False) | {"alg": "RS256"}, False),
        (RSAKey.generate_key(2048).as_dict(private=False), False),
        ({"kty": "RSA", "e": "AQAB", "n": "no number"}, False),
        ({"kty": "RSA", "e": "AQAB", "n": "A" * 340 + RSAKey.generate_key(2048).as_dict(private=False)["n"]}, False),
        (ECKey.generate_key("P-384").as_dict(private=False), False),
        (OKPKey.generate_key("X25519").as_dict(private=False), False),
        (ECKey.generate_key("P-256").as_dict(private=True), False),
        ({"kty": "oct", "k": "c2VjcmV0"}, False),
    ],
)
def test_keys_of_the_three_algorithms_of_the_profile_are_registered_and_no_others(
    key: dict[str, object], *, fits: bool
) -> None:
    client = replace(a_demo_client("demo-hospital"), public_keys={"keys": [key]})

    assert bool(list(client_faults(client))) != fits


def test_the_first_tries_are_free_and_then_each_doubles_the_wait() -> None:
    waits = identity.TRIES_OF_PAIR.waits

    assert waits[:3] == (timedelta(seconds=15), timedelta(seconds=30), timedelta(seconds=60))
    assert waits[-1] == timedelta(minutes=15)


def test_a_source_as_a_whole_is_slowed_down_and_never_locked_out() -> None:
    assert identity.TRIES_OF_SOURCE.waits == (timedelta(seconds=2),)
