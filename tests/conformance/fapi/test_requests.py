"""Authorization requests: pushed, checked, continued by a browser, used once."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.conformance.fapi.modules import module
from tests.conformance.fapi.relying import Party, Refused, error_of, served

INVALID = {"invalid_request", "invalid_request_object"}


@module("DiscoveryEndpointVerification")
def test_the_metadata_tell_what_the_profile_wants(party: Party) -> None:
    metadata = party.subject.metadata
    strong = {"PS256", "ES256", "Ed25519", "EdDSA"}

    assert metadata["issuer"] == party.subject.issuer
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert "private_key_jwt" in metadata["token_endpoint_auth_methods_supported"]
    assert set(metadata["token_endpoint_auth_signing_alg_values_supported"]) <= strong
    assert set(metadata["dpop_signing_alg_values_supported"]) <= strong
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert "RS256" not in metadata.get("id_token_signing_alg_values_supported", [])
    for name in ("authorization", "token", "pushed_authorization_request"):
        assert party.endpoint(name).startswith(party.subject.issuer)
    assert party.subject.http.get(metadata["jwks_uri"]).json()["keys"]


@module("HappyFlow")
def test_code_token_and_resource_are_given(party: Party) -> None:
    pushed = party.push()
    assert pushed.status_code == 201
    assert pushed.headers["cache-control"] == "no-store"
    assert 5 <= pushed.json()["expires_in"] < 600
    back = party.authorize(pushed.json()["request_uri"])
    assert isinstance(back, dict), back
    assert back["state"] == "a-state-of-the-client"
    assert back["iss"] == party.subject.issuer

    answer = party.redeem(back["code"])
    tokens = answer.json()

    assert tokens["token_type"] == "DPoP"
    assert tokens["expires_in"] > 0
    assert set(tokens["scope"].split()) == set(party.subject.scope.split())
    assert served(party.call(tokens["access_token"]))


@module("UserRejectsAuthentication")
def test_who_refuses_sends_the_client_access_denied(party: Party) -> None:
    back = party.authorize(party.pushed(), consent=False)

    assert isinstance(back, dict), back
    assert back["error"] == "access_denied"
    assert back["state"] == "a-state-of-the-client"
    assert back["iss"] == party.subject.issuer
    assert "code" not in back


@module("EnsureAuthorizationRequestWithoutStateSuccess")
def test_a_request_without_state_gets_none_back(party: Party) -> None:
    back = party.authorize(party.pushed(state=None))

    assert isinstance(back, dict), back
    assert "code" in back
    assert "state" not in back


@module("EnsureAuthorizationRequestWithoutNonceSuccess")
def test_a_request_without_nonce_is_served(party: Party) -> None:
    assert served(party.call(party.tokens(nonce=None)["access_token"]))


@module("EnsureAuthorizationRequestWith64CharNonceSuccess")
def test_a_nonce_of_64_characters_does_no_harm(party: Party) -> None:
    assert served(party.call(party.tokens(nonce="n" * 64)["access_token"]))


@module("EnsureAuthorizationRequestWithLongNonce")
def test_a_long_nonce_is_refused_clearly_or_does_no_harm(party: Party) -> None:
    pushed = party.push(nonce="n" * 384)

    if pushed.status_code == 201:
        assert isinstance(party.authorize(pushed.json()["request_uri"]), dict)
    else:
        assert error_of(pushed) == "invalid_request"


@module("EnsureAuthorizationRequestWithLongState")
def test_a_long_state_is_refused_clearly_or_comes_back_whole(party: Party) -> None:
    state = "".join(chr(33 + number % 90) for number in range(1000))
    pushed = party.push(state=state)

    if pushed.status_code == 201:
        back = party.authorize(pushed.json()["request_uri"])
        assert isinstance(back, dict), back
        assert back["state"] == state
    else:
        assert error_of(pushed) == "invalid_request"


@module("EnsureOtherScopeOrderSucceeds")
def test_scopes_in_another_order_are_the_same_scopes(party: Party) -> None:
    turned = " ".join(reversed(party.subject.scope.split()))
    assert turned != party.subject.scope

    tokens = party.tokens(scope=turned)

    assert set(tokens["scope"].split()) == set(turned.split())


@module("TestClaimsParameterIdentityClaims")
def test_a_request_for_claims_does_no_harm(party: Party) -> None:
    """Whoever issues no ID token ignores the parameter (RFC 6749, 3.1); whoever does may answer it."""
    back = party.authorize(party.pushed(claims='{"userinfo": {"name": null}}'))

    assert isinstance(back, dict), back
    assert "code" in back


@module("EnsureDifferentNonceInsideAndOutsideRequestObject")
def test_a_nonce_beside_the_reference_counts_for_nothing(party: Party) -> None:
    back = party.authorize(party.pushed(nonce="inside"), nonce="outside")

    assert isinstance(back, Refused) or "code" in back


@module("EnsureDifferentStateInsideAndOutsideRequestObject")
def test_a_state_beside_the_reference_counts_for_nothing(party: Party) -> None:
    back = party.authorize(party.pushed(state="inside"), state="outside")

    assert isinstance(back, Refused) or back["state"] == "inside"


@module("StateOnlyOutsideRequestObjectNotUsed")
def test_a_state_only_beside_the_reference_does_not_come_back(party: Party) -> None:
    back = party.authorize(party.pushed(state=None), state="outside")

    assert isinstance(back, Refused) or "state" not in back


@module("ParWithoutDuplicateParameters")
def test_client_and_reference_are_all_that_the_address_needs(party: Party) -> None:
    back = party.authorize(party.pushed())

    assert isinstance(back, dict)
    assert "code" in back


@module("EnsureUnsignedAuthorizationRequestWithoutUsingParFails")
def test_a_request_that_was_not_pushed_is_refused(party: Party) -> None:
    address = f"{party.endpoint('authorization')}?{urlencode(party.parameters())}"

    back = party.answer(party.browser.get(address))

    if isinstance(back, dict):
        assert back["error"] in INVALID
        assert back["iss"] == party.subject.issuer
    else:
        assert back.status == 400


def pushed_in_vain(party: Party, **changes: str | None) -> str:
    answer = party.push(**changes)
    assert answer.status_code in {400, 401}, answer.text
    return error_of(answer)


@module("EnsureRedirectUriInAuthorizationRequest")
def test_a_request_names_its_address(party: Party) -> None:
    assert pushed_in_vain(party, redirect_uri=None) in INVALID


@module("EnsureRequestObjectWithoutRedirectUriFails")
def test_an_empty_address_is_none(party: Party) -> None:
    assert pushed_in_vain(party, redirect_uri="") in INVALID


@module("EnsureRegisteredRedirectUri")
def test_an_address_of_somebody_else_is_refused(party: Party, other: Party) -> None:
    assert pushed_in_vain(party, redirect_uri=other.client.redirect_uri) in INVALID | {"invalid_redirect_uri"}


@module("TolerateUnregisteredRedirectUri")
def test_an_address_that_nobody_registered_is_refused_or_checked(party: Party) -> None:
    """The profile would let a server take it from a client that proved itself (RFC 9126, 2.4); neither server does."""
    error = pushed_in_vain(party, redirect_uri=f"{party.client.redirect_uri}/of-somebody-else")

    assert error in INVALID | {"invalid_redirect_uri"}


@module("EnsureResponseTypeCodeIdTokenFails")
def test_tokens_in_the_address_line_are_not_given_beside_a_code(party: Party) -> None:
    assert pushed_in_vain(party, response_type="code id_token", nonce="n") in INVALID | UNSUPPORTED


@module("EnsureResponseTypeTokenFails")
def test_tokens_in_the_address_line_are_not_given(party: Party) -> None:
    assert pushed_in_vain(party, response_type="token") in INVALID | UNSUPPORTED


UNSUPPORTED = {"unsupported_response_type", "unauthorized_client"}


@module("PAREnsurePKCERequired")
def test_a_request_without_challenge_is_refused(party: Party) -> None:
    assert pushed_in_vain(party, code_challenge=None, code_challenge_method=None) in INVALID


@module("PAREnsurePlainPKCERejected")
def test_a_plain_challenge_is_refused(party: Party) -> None:
    assert pushed_in_vain(party, code_challenge=party.verifier, code_challenge_method="plain") in INVALID


@module("PARRejectRequestUriInParAuthorizationFormParams")
def test_a_pushed_request_refers_to_no_other(party: Party) -> None:
    error = pushed_in_vain(party, request_uri="urn:ietf:params:oauth:request_uri:of-somebody")

    assert error in INVALID | {"request_uri_not_supported", "invalid_request_uri"}


@module("PARRejectInvalidHttpVerb")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_requests_are_pushed_by_post_only(party: Party, method: str) -> None:
    address = party.endpoint("pushed_authorization_request")
    form = party.parameters() | party.authentication()

    answer = party.subject.http.request(method, address, params=form)

    assert answer.status_code in {400, 401, 403, 404, 405}
    assert "request_uri" not in answer.text.replace("request_uri:", "")


@module("PAREnsureRequestUriIsBoundToClient")
def test_a_reference_is_of_no_use_to_another_client(party: Party, other: Party) -> None:
    back = other.authorize(party.pushed())

    if isinstance(back, dict):
        assert back["error"] in INVALID | {"invalid_request_uri"}
    else:
        assert back.status == 400


@module("PAREnsureServerAcceptsReusedRequestUriBeforeAuthenticationCompletion")
def test_a_reference_may_be_opened_again_before_anybody_answered(party: Party) -> None:
    request_uri = party.pushed()
    first = party.visit(request_uri)
    assert first.status_code in {200, 302, 303}

    back = party.authorize(request_uri)

    assert isinstance(back, dict), back
    assert party.redeem(back["code"]).status_code == 200


@module("PARAttemptReuseRequestUri")
def test_a_reference_is_used_up_by_its_answer(party: Party) -> None:
    request_uri = party.pushed()
    assert isinstance(party.authorize(request_uri), dict)

    back = party.authorize(request_uri)

    assert isinstance(back, Refused) or back["error"] in INVALID | {"invalid_request_uri"}
    assert not isinstance(back, Refused) or back.status == 400


@module("PARAttemptToUseExpiredRequestUri")
def test_a_reference_expires_when_it_was_said_to(party: Party) -> None:
    pushed = party.push().json()
    party.subject.let_pass(pushed["expires_in"] + 1)

    back = party.authorize(pushed["request_uri"])

    assert isinstance(back, Refused) or back["error"] in INVALID | {"invalid_request_uri"}
    assert not isinstance(back, Refused) or back.status == 400
