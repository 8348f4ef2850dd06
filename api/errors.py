"""What a caller sees when a request cannot be served.

Three kinds, and no fourth. A *refusal of the request* (malformed, over a limit, not permitted) is a `RequestRefused`
with one of the codes below and a sentence in both languages. A *refusal of the business* never comes here: it is
part of a mutation's payload. Everything else is a *bug*: the caller gets an incident number and no text of ours,
and the log gets the number with the whole story.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import uuid4

import structlog
from graphql import FieldNode, GraphQLError
from graphql.language import Node
from strawberry.exceptions import StrawberryInputCoercionError

from domain.actors import TWO_FACTORS_ACR
from domain.errors import Text

log: Final = structlog.stdlib.get_logger("api.graphql")


class Code(StrEnum):
    """Why a request was refused. Codes are never renamed; clients and test tools branch on them."""

    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    FORBIDDEN = "FORBIDDEN"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    UNAUTHENTICATED = "UNAUTHENTICATED"


# What a resolver may say by itself. Any other code, or none, is a bug that must not reach the caller.
SPOKEN_BY_RESOLVERS: Final = frozenset({Code.BAD_USER_INPUT, Code.FORBIDDEN, Code.UNAUTHENTICATED})


class RequestRefused(GraphQLError):
    """One reason why a request is refused, before or during execution.

    `status` is the HTTP status when the request as a whole is refused; `facts` are added to the error's
    extensions; `headers` go into the answer (a 401 has to say which credentials are asked for).
    """

    def __init__(
        self,
        text: Text,
        *,
        code: Code = Code.BAD_REQUEST,
        status: int = 400,
        facts: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        nodes: Iterable[Node] = (),
    ) -> None:
        super().__init__(f"{text.zh} {text.en}", list(nodes) or None, extensions={"code": code.value, **(facts or {})})
        self.status = status
        self.headers = dict(headers or {})


class DocumentRefused(Exception):
    """A document with all its faults at once. The request was well-formed, so old clients still get status 200."""

    def __init__(self, faults: Iterable[GraphQLError]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(fault.message for fault in self.faults))


def unauthenticated(text: Text) -> RequestRefused:
    """Build the refusal of a caller whose token is missing, expired or wrong."""
    return RequestRefused(
        text, code=Code.UNAUTHENTICATED, status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
    )


def forbidden(text: Text, *, scope: str) -> RequestRefused:
    """Build the refusal of a caller whose token lacks `scope`."""
    return RequestRefused(
        text,
        code=Code.FORBIDDEN,
        status=403,
        facts={"scope": scope},
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
    )


def log_in_anew(*, scope: str, within: timedelta) -> RequestRefused:
    """Build the refusal of a caller who has to prove themselves again, by two factors (RFC 9470)."""
    minutes, seconds = within // timedelta(minutes=1), within // timedelta(seconds=1)
    return RequestRefused(
        Text(
            f"此操作须在{minutes}分钟内以双因素重新登录：请重新登录后再办理。",
            f"This needs a log-in by two factors within the last {minutes} minutes: log in anew, then go on.",
        ),
        code=Code.UNAUTHENTICATED,
        status=401,
        facts={"scope": scope, "acrValues": TWO_FACTORS_ACR, "maxAge": seconds},
        headers={
            "WWW-Authenticate": 'Bearer error="insufficient_user_authentication",'
            f' acr_values="{TWO_FACTORS_ACR}", max_age="{seconds}"'
        },
    )


def coded(fault: GraphQLError, code: Code) -> GraphQLError:
    """Return the same fault of a document with its code."""
    fault.extensions = {**(fault.extensions or {}), "code": code.value}
    return fault


def seen_by_caller(fault: GraphQLError, *, operation: str | None) -> GraphQLError:
    """Return what the caller may read of a fault found during execution: itself, or an incident number."""
    if is_spoken(fault):
        note_refusal(fault, operation=operation)
        return fault
    if is_fault_of_input(fault):
        log.warning("input_refused", operation=operation, path=fault.path)
        return coded(fault, Code.BAD_USER_INPUT)
    return masked(fault.original_error or fault, operation=operation, fault=fault)


def note_refusal(fault: GraphQLError, *, operation: str | None = None) -> None:
    """Log that somebody was not let in and what they lacked, or that a request was refused and by which limit.

    Who it was stands in every line of a request. The sentence of the refusal stays away: it may quote what was sent.
    """
    facts = fault.extensions or {}
    if facts.get("code") in {Code.FORBIDDEN, Code.UNAUTHENTICATED}:
        log.warning("not_let_in", code=facts["code"], scope=facts.get("scope"), operation=operation, path=fault.path)
    else:
        log.warning("request_refused", code=facts.get("code"), limit=facts.get("limit"), operation=operation)


def note_refused_document(refused: DocumentRefused) -> None:
    """Log that a document was refused and why, without its text: unknown, malformed, invalid, or over a limit."""
    facts = [fault.extensions or {} for fault in refused.faults]
    log.warning(
        "document_refused",
        codes=sorted({str(fact["code"]) for fact in facts if "code" in fact}),
        limits=sorted({str(fact["limit"]) for fact in facts if "limit" in fact}),
        faults=len(refused.faults),
    )


def masked(bug: Exception, *, operation: str | None, fault: GraphQLError | None = None) -> GraphQLError:
    """Log a bug under a new incident number and return the error that carries only the number.

    Variables are not logged: they hold what people told the agency about themselves.
    """
    incident = str(uuid4())
    path = fault.path if fault else None
    log.error("graphql_bug", incident=incident, operation=operation, path=path, exc_info=bug)
    return GraphQLError(
        f"系统出错，已记录，事件编号 {incident}，请联系经办机构并报此编号。 "
        f"Something went wrong on our side. It is recorded as incident {incident}; please quote that number.",
        fault.nodes if fault else None,
        path=path,
        extensions={"code": Code.INTERNAL_SERVER_ERROR.value, "incident": incident},
    )


def is_spoken(fault: GraphQLError) -> bool:
    """Tell whether a resolver said this to the caller on purpose."""
    code = (fault.extensions or {}).get("code")
    return code in SPOKEN_BY_RESOLVERS and isinstance(fault.original_error, GraphQLError)


def is_fault_of_input(fault: GraphQLError) -> bool:
    """Tell whether the caller's values were at fault, as found while the arguments of a field were made ready.

    Requests whose variables do not fit have no path. Arguments that only turn out wrong at their field are
    reported by graphql-core at the argument's value, whereas what a resolver raises is reported at the field.
    """
    if isinstance(fault.original_error, StrawberryInputCoercionError):
        return True
    if fault.original_error is not None and not isinstance(fault.original_error, GraphQLError):
        return False
    if fault.path is None:
        return True
    return bool(fault.nodes) and not isinstance(fault.nodes[0], FieldNode)
