"""The token endpoint: codes, verifiers, refresh tokens, and the key that everything is bound to."""

from __future__ import annotations

import httpx2
import pytest

from tests.conformance.fapi.modules import module
from tests.conformance.fapi.relying import Party, Refused, error_of, refused, s256, served

UNBOUND = {"invalid_request", "invalid_grant", "invalid_dpop_proof"}


def error_at_token_endpoint(answer: httpx2.Response) -> str:
    assert answer.status_code in {400, 401}, answer.text
    assert not set("\r\n\t").intersection(str(answer.json().get("error_description")))
    return error_of(answer)


@module("AccessTokenTypeHeaderCaseSensitivity")
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_the_scheme_may_be_written_in_any_case(party: Party, scheme: str) -> None:
    token = party.tokens()["access_token"]

    assert served(party.call(token, scheme=scheme))


@module("AttemptReuseAuthorizationCodeAfterOneSecond")
def test_a_code_that_is_used_again_ends_what_came_from_it(party: Party) -> None:
    code = party.code()
    token = party.redeem(code).json()["access_token"]
    assert served(party.call(token))
    party.subject.let_pass(1)

    assert error_at_token_endpoint(party.redeem(code)) == "invalid_grant"

    assert not served(party.call(token))


@module("AttemptToUseExpiredAuthCode")
def test_a_code_lives_for_a_minute(party: Party) -> None:
    code = party.code()
    party.subject.let_pass(61)

    assert error_at_token_endpoint(party.redeem(code)) == "invalid_grant"


@module("EnsureAuthorizationCodeIsBoundToClient")
def test_a_code_is_of_no_use_to_another_client(party: Party, other: Party) -> None:
    code = party.code()

    stolen = other.redeem(code, redirect_uri=party.client.redirect_uri, code_verifier=party.verifier)

    assert error_at_token_endpoint(stolen) == "invalid_grant"


@module("PAREnsurePKCECodeVerifierRequired")
def test_a_code_wants_its_verifier(party: Party) -> None:
    answer = party.redeem(party.code(), code_verifier=None)

    assert error_at_token_endpoint(answer) in {"invalid_grant", "invalid_request"}


@module("PARIncorrectPKCECodeVerifierRejected")
def test_a_code_wants_its_own_verifier(party: Party) -> None:
    answer = party.redeem(party.code(), code_verifier=party.verifier[::-1])

    assert error_at_token_endpoint(answer) == "invalid_grant"


@module("EnsureHolderOfKeyRequired")
def test_no_tokens_are_given_without_a_key(party: Party) -> None:
    answer = party.redeem(party.code(), headers={})

    assert error_at_token_endpoint(answer) in UNBOUND


@module("RefreshToken")
def test_a_refresh_token_serves_its_client_and_nobody_else(party: Party, other: Party) -> None:
    first = party.tokens()
    renewed = party.refresh(first["refresh_token"])
    assert renewed.status_code == 200, renewed.text
    assert renewed.json()["token_type"] == "DPoP"
    assert served(party.call(renewed.json()["access_token"]))
    assert first["refresh_token"].isprintable()

    # The profile wants no rotation; who rotates takes the earlier token again, in case the answer was lost.
    party.subject.let_pass(30)
    assert party.refresh(first["refresh_token"]).status_code == 200
    latest = renewed.json().get("refresh_token", first["refresh_token"])

    without_key = party.refresh(latest, headers={})
    assert error_at_token_endpoint(without_key) in {"invalid_client", "invalid_grant", "invalid_request"}
    stolen = other.refresh(latest)
    assert error_at_token_endpoint(stolen) in {"invalid_grant", "invalid_client"}
    assert party.refresh(latest).status_code == 200


# Proofs of a key beside codes.


@module("CheckDpopProofNbfExp")
def test_a_proof_may_say_from_when_and_until_when_it_counts(party: Party) -> None:
    times = {"nbf": party.now, "exp": party.now + 300}
    address = party.endpoint("token")
    answer = party.redeem(party.code(), headers={"DPoP": party.proof(address, **times)})
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]

    assert served(party.call(token, party.resource_proof(token, **times)))


def flow_with_proofs_made(party: Party, *, seconds: int) -> None:
    made = party.now + seconds
    answer = party.redeem(party.code(), headers={"DPoP": party.proof(party.endpoint("token"), iat=made)})
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]

    assert served(party.call(token, party.resource_proof(token, iat=party.now + seconds)))


@module("EnsureDpopProofWithIat10SecondsBeforeSucceeds")
def test_a_clock_may_be_ten_seconds_behind(party: Party) -> None:
    flow_with_proofs_made(party, seconds=-10)


@module("EnsureDpopProofWithIat10SecondsAfterSucceeds")
def test_a_clock_may_be_ten_seconds_ahead(party: Party) -> None:
    flow_with_proofs_made(party, seconds=10)


@module("EnsureDpopProofAtParEndpointBindingSuccess")
def test_a_proof_beside_the_pushed_request_binds_the_code(party: Party) -> None:
    address = party.endpoint("pushed_authorization_request")

    tokens = party.tokens(headers={"DPoP": party.proof(address)})

    assert served(party.call(tokens["access_token"]))


@module("EnsureDpopAuthCodeBindingSuccess")
def test_a_named_key_binds_the_code(party: Party) -> None:
    tokens = party.tokens(dpop_jkt=party.proof_key.thumbprint())

    assert served(party.call(tokens["access_token"]))


@module("EnsureMismatchedDpopJktFails")
def test_a_named_key_is_the_one_that_is_proved(party: Party, other: Party) -> None:
    address = party.endpoint("pushed_authorization_request")

    answer = party.push(dpop_jkt=other.proof_key.thumbprint(), headers={"DPoP": party.proof(address)})

    assert answer.status_code == 400
    assert error_of(answer) in {"invalid_request", "invalid_dpop_proof"}


@module("EnsureTokenEndpointFailsWithMismatchedDpopJkt")
def test_a_code_bound_by_name_is_of_no_use_to_another_key(party: Party, other: Party) -> None:
    answer = party.redeem(party.code(dpop_jkt=other.proof_key.thumbprint()))

    assert error_at_token_endpoint(answer) in UNBOUND


@module("EnsureTokenEndpointFailsWithMismatchedDpopProofJkt")
def test_a_code_bound_by_proof_is_of_no_use_to_another_key(party: Party, other: Party) -> None:
    address = party.endpoint("pushed_authorization_request")
    code = party.code(headers={"DPoP": party.proof(address)})

    answer = party.redeem(code, headers={"DPoP": party.proof(party.endpoint("token"), key=other.proof_key)})

    assert error_at_token_endpoint(answer) in UNBOUND


# Who the client is.


@module("EnsureClientAssertionInTokenEndpoint")
def test_a_name_alone_is_nobody(party: Party) -> None:
    address = party.endpoint("token")
    form = {
        "grant_type": "authorization_code",
        "code": party.code(),
        "redirect_uri": party.client.redirect_uri,
        "code_verifier": party.verifier,
        "client_id": party.client.client_id,
    }

    answer = party.subject.http.post(address, data=form, headers={"DPoP": party.proof(address)})

    assert error_at_token_endpoint(answer) in {"invalid_client", "invalid_request"}


@module("EnsureClientIdInTokenEndpoint")
def test_the_name_of_one_client_with_the_key_of_another_is_nobody(party: Party, other: Party) -> None:
    forged = other.assertion(key=party.client.key)

    answer = party.redeem(party.code(), assertion=forged, client_id=other.client.client_id)

    assert error_at_token_endpoint(answer) in {"invalid_client", "invalid_grant"}


@module("EnsureClientAssertionWithExpIs5MinutesInPastFails")
def test_an_assertion_of_five_minutes_ago_has_expired(party: Party) -> None:
    old = party.assertion(iat=party.now - 600, exp=party.now - 300)

    assert error_at_token_endpoint(party.redeem(party.code(), assertion=old)) == "invalid_client"


@module("EnsureClientAssertionWithWrongAudFails")
def test_an_assertion_for_somebody_else_is_refused(party: Party) -> None:
    wrong = party.assertion(aud="https://other.example.org/")

    assert error_at_token_endpoint(party.redeem(party.code(), assertion=wrong)) == "invalid_client"


@module("EnsureClientAssertionWithNoSubFails")
def test_an_assertion_says_whose_it_is(party: Party) -> None:
    nobodys = party.assertion(sub=None)

    assert error_at_token_endpoint(party.redeem(party.code(), assertion=nobodys)) == "invalid_client"


@module("EnsureSignedClientAssertionWithRS256Fails")
def test_an_old_algorithm_proves_nothing(party: Party, rsa_party: Party) -> None:
    """With the very key that is registered, and by PS256 it would do."""
    weak = rsa_party.assertion(alg="RS256")
    code = rsa_party.code(assertion=rsa_party.assertion(alg="PS256"))

    assert error_at_token_endpoint(rsa_party.redeem(code, assertion=weak)) == "invalid_client"
    assert rsa_party.redeem(code, assertion=rsa_party.assertion(alg="PS256")).status_code == 200


@module("PAREndpointAsAudienceFails")
def test_an_assertion_is_not_for_the_endpoint_where_requests_are_pushed(party: Party) -> None:
    answer = party.push(assertion=party.assertion(aud=party.endpoint("pushed_authorization_request")))

    assert error_at_token_endpoint(answer) == "invalid_client"


@module("PARTokenEndpointAsAudienceFails")
def test_an_assertion_is_not_for_the_token_endpoint(party: Party) -> None:
    answer = party.push(assertion=party.assertion(aud=party.endpoint("token")))

    assert error_at_token_endpoint(answer) == "invalid_client"


@module("PAREndpointAsArrayAudienceFails")
def test_an_assertion_is_for_one_audience_written_as_one_text(party: Party) -> None:
    answer = party.push(assertion=party.assertion(aud=[party.endpoint("pushed_authorization_request")]))
    assert error_at_token_endpoint(answer) == "invalid_client"

    answer = party.push(assertion=party.assertion(aud=[party.subject.issuer]))
    assert error_at_token_endpoint(answer) == "invalid_client"


@module("PAREnsureJWTClientAssertionWithIatNbf8SecondsInTheFutureIsAccepted")
def test_an_assertion_may_be_eight_seconds_ahead(party: Party) -> None:
    ahead = party.now + 8

    assert party.push(assertion=party.assertion(iat=ahead, nbf=ahead, exp=ahead + 60)).status_code == 201


@module("PAREnsureJWTClientAssertionWithIatNbfOver60SecondsInTheFutureFails")
def test_an_assertion_may_not_be_more_than_a_minute_ahead(party: Party) -> None:
    ahead = party.now + 70

    answer = party.push(assertion=party.assertion(iat=ahead, nbf=ahead, exp=ahead + 60))

    assert error_at_token_endpoint(answer) == "invalid_client"


def test_what_the_modules_call_refused_is_a_refusal(party: Party) -> None:
    """The tools themselves: a wrong token is no success, a good one is."""
    token = party.tokens()["access_token"]

    assert served(party.call(token))
    assert refused(party.call(token[:-4] + "AAAA", party.resource_proof(token[:-4] + "AAAA")))
    assert isinstance(party.authorize("urn:ietf:params:oauth:request_uri:nobodys"), Refused)
    assert s256(party.verifier) == party.parameters()["code_challenge"]
