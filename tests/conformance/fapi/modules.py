"""The test modules of the OpenID Foundation's plan for FAPI 2.0, and which of our tests stands for which.

The plan is `fapi2-security-profile-final-test-plan` with private_key_jwt, DPoP, unsigned requests and a plain response.
Its program is not run here; its modules are retold as tests that run against a certified peer first, and then here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

Test = TypeVar("Test", bound=Callable[..., object])

PLAN: Final = frozenset(
    """
    AccessTokenTypeHeaderCaseSensitivity AttemptReuseAuthorizationCodeAfterOneSecond AttemptToUseExpiredAuthCode
    CheckDpopProofNbfExp DiscoveryEndpointVerification DpopNegativeTests EnsureAuthorizationCodeIsBoundToClient
    EnsureAuthorizationRequestWith64CharNonceSuccess EnsureAuthorizationRequestWithLongNonce
    EnsureAuthorizationRequestWithLongState EnsureAuthorizationRequestWithoutNonceSuccess
    EnsureAuthorizationRequestWithoutStateSuccess EnsureClientAssertionInTokenEndpoint
    EnsureClientAssertionWithExpIs5MinutesInPastFails EnsureClientAssertionWithNoSubFails
    EnsureClientAssertionWithWrongAudFails EnsureClientIdInTokenEndpoint
    EnsureDifferentNonceInsideAndOutsideRequestObject EnsureDifferentStateInsideAndOutsideRequestObject
    EnsureDpopAuthCodeBindingSuccess EnsureDpopProofAtParEndpointBindingSuccess
    EnsureDpopProofWithIat10SecondsAfterSucceeds EnsureDpopProofWithIat10SecondsBeforeSucceeds EnsureHolderOfKeyRequired
    EnsureMismatchedDpopJktFails EnsureOtherScopeOrderSucceeds EnsureRedirectUriInAuthorizationRequest
    EnsureRegisteredRedirectUri EnsureRequestObjectWithoutRedirectUriFails EnsureResponseTypeCodeIdTokenFails
    EnsureResponseTypeTokenFails EnsureServerHandlesNonMatchingIntentId EnsureSignedClientAssertionWithRS256Fails
    EnsureTokenEndpointFailsWithMismatchedDpopJkt EnsureTokenEndpointFailsWithMismatchedDpopProofJkt
    EnsureUnsignedAuthorizationRequestWithoutUsingParFails HappyFlow PARAttemptReuseRequestUri
    PARAttemptToUseExpiredRequestUri PAREndpointAsArrayAudienceFails PAREndpointAsAudienceFails
    PAREnsureJWTClientAssertionWithIatNbf8SecondsInTheFutureIsAccepted
    PAREnsureJWTClientAssertionWithIatNbfOver60SecondsInTheFutureFails PAREnsurePKCECodeVerifierRequired
    PAREnsurePKCERequired PAREnsurePlainPKCERejected PAREnsureRequestUriIsBoundToClient
    PAREnsureServerAcceptsReusedRequestUriBeforeAuthenticationCompletion PARIncorrectPKCECodeVerifierRejected
    PARRejectInvalidHttpVerb PARRejectRequestUriInParAuthorizationFormParams PARTokenEndpointAsAudienceFails
    ParWithoutDuplicateParameters RefreshToken StateOnlyOutsideRequestObjectNotUsed TestClaimsParameterIdentityClaims
    TestEssentialAcrScaClaim TolerateUnregisteredRedirectUri UserRejectsAuthentication
    """.split()  # noqa: SIM905 - sixty names read better without quotation marks
)

NOT_APPLICABLE: Final = {
    "EnsureServerHandlesNonMatchingIntentId": (
        "Of open banking: the client lodges an intent first and names it in the claims parameter. Here nothing is "
        "lodged; what a person consents to is the scope."
    ),
    "TestEssentialAcrScaClaim": (
        "Of open banking in the United Kingdom: an essential acr claim in the ID token. This is OAuth without OpenID "
        "Connect: there is no ID token, and no acr is asked for."
    ),
}

PORTED: Final = dict[str, str]()


def module(name: str, *, peer_deviates: str = "") -> Callable[[Test], Test]:
    """Say for which module a test stands, and why the peer does not pass it, if so: then it must not."""

    def told(test: Test) -> Test:
        assert name not in PORTED, f"{name} has two tests."
        PORTED[name] = f"{test.__module__}.{test.__name__}"
        test.peer_deviates = peer_deviates  # type: ignore[attr-defined] # read by the fixture `subject`
        return test

    return told
