"""The 32 blocks of the module about proofs: one thing at a time is wrong with a proof beside a good access token."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.conformance.fapi.modules import module
from tests.conformance.fapi.relying import Party, encoded, refused, s256, served

Block = Callable[[Party, str], httpx2.Response]
GOOD: Final[dict[str, Block]] = {}
BAD: Final[dict[str, Block]] = {}


def good(name: str) -> Callable[[Block], Block]:
    return lambda block: GOOD.setdefault(name, block)


def bad(name: str) -> Callable[[Block], Block]:
    return lambda block: BAD.setdefault(name, block)


@good("the name of the header in capitals")
def capitals(party: Party, token: str) -> httpx2.Response:
    return party.call(token, header="DPOP")


@bad("two headers")
def two(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token), party.resource_proof(token))


@bad("no JWT")
def no_jwt(party: Party, token: str) -> httpx2.Response:
    return party.call(token, "".join(party.resource_proof(token).split(".")[:2]))


def without_member(name: str) -> Block:
    return lambda party, token: party.call(token, party.resource_proof(token, header={name: None}))


def without_claim(name: str) -> Block:
    return lambda party, token: party.call(token, party.resource_proof(token, **{name: None}))


for member in ("typ", "jwk"):
    BAD[f"no {member}"] = without_member(member)
for claim in ("jti", "htm", "htu", "iat", "ath"):
    BAD[f"no {claim}"] = without_claim(claim)


@bad("no alg")
def no_alg(party: Party, token: str) -> httpx2.Response:
    head = {"typ": "dpop+jwt", "jwk": party.proof_key.as_dict(private=False)}
    _, body, signature = party.resource_proof(token).split(".")
    return party.call(token, f"{encoded(head)}.{body}.{signature}")


@bad("another typ")
def another_typ(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, header={"typ": "JWT"}))


@bad("RS256")
def rs256(party: Party, token: str) -> httpx2.Response:
    """The token is bound to an RSA key, and the proof by PS256 would do."""
    party.proof_key = RSAKey.generate_key(3072)
    strong = {"alg": "PS256"}
    address = party.endpoint("token")
    bound = party.redeem(party.code(), headers={"DPoP": party.proof(address, header=strong)}).json()["access_token"]
    assert served(party.call(bound, party.resource_proof(bound, header=strong)))
    return party.call(bound, party.resource_proof(bound, header={"alg": "RS256"}))


@bad("none")
def none(party: Party, token: str) -> httpx2.Response:
    head = {"typ": "dpop+jwt", "alg": "none", "jwk": party.proof_key.as_dict(private=False)}
    return party.call(token, f"{encoded(head)}.{party.resource_proof(token).split('.')[1]}.")


@bad("a broken signature")
def broken(party: Party, token: str) -> httpx2.Response:
    head, body, signature = party.resource_proof(token).split(".")
    other = "B" if signature[10] == "A" else "A"
    return party.call(token, f"{head}.{body}.{signature[:10]}{other}{signature[11:]}")


@bad("a private key in the header")
def private(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, header={"jwk": party.proof_key.as_dict(private=True)}))


@bad("another method")
def another_method(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, htm="PUT"))


@good("an address with query and fragment")
def with_query(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, htu=f"{party.resource}?a=b#c"))


@good("an address without the query of the request")
def without_query(party: Party, token: str) -> httpx2.Response:
    return party.call(token, query="?a=b")


@bad("another address")
def another_address(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, htu=f"{party.resource}/elsewhere"))


@bad("an hour ahead")
def ahead(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, iat=party.now + 3600))


@bad("an hour old")
def old(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, iat=party.now - 3600))


@good("a jti for the first time")
def first_use(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, jti=f"made-up-{secrets.token_hex(8)}"))


@bad("a jti for the second time")
def second_use(party: Party, token: str) -> httpx2.Response:
    jti = f"made-up-{secrets.token_hex(8)}"
    assert served(party.call(token, party.resource_proof(token, jti=jti)))
    return party.call(token, party.resource_proof(token, jti=jti))


@bad("the hash of another token")
def another_hash(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, ath=s256(f"not {token}")))


@bad("another key")
def another_key(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, key=ECKey.generate_key("P-256")))


@good("members and claims that nobody knows")
def unknown(party: Party, token: str) -> httpx2.Response:
    return party.call(token, party.resource_proof(token, header={"more": "of it"}, more={"of": ["it"]}))


@good("scheme and host in capitals")
def capital_address(party: Party, token: str) -> httpx2.Response:
    host = party.subject.issuer
    return party.call(token, party.resource_proof(token, htu=party.resource.replace(host, host.upper())))


@good("the port that is the scheme's own")
def with_port(party: Party, token: str) -> httpx2.Response:
    host = party.subject.issuer
    return party.call(token, party.resource_proof(token, htu=party.resource.replace(host, f"{host}:443")))


@bad("no proof")
def no_proof(party: Party, token: str) -> httpx2.Response:
    return party.call_with([("Authorization", f"DPoP {token}")])


@bad("no proof, and the scheme Bearer")
def bearer(party: Party, token: str) -> httpx2.Response:
    return party.call_with([("Authorization", f"Bearer {token}")])


@good("nothing wrong at all")
def nothing_wrong(party: Party, token: str) -> httpx2.Response:
    return party.call(token)


def test_there_are_32_blocks() -> None:
    assert len(GOOD) + len(BAD) == 32


@module("DpopNegativeTests")
@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_a_proof_counts_or_does_not(party: Party, name: str) -> None:
    token, key = party.tokens()["access_token"], party.proof_key

    answer = (GOOD | BAD)[name](party, token)

    if name in GOOD:
        assert served(answer), answer.text
    else:
        assert refused(answer), answer.text
        assert answer.headers["www-authenticate"].startswith("DPoP") or name.endswith("Bearer")
    assert served(party.call(token, party.resource_proof(token, key=key))), "The token itself is still good."
