"""Reading a GraphQL request: which answer is wanted, how long the body may be, what it asks for.

After https://graphql.github.io/graphql-over-http/draft/ and, for `documentId`, its appendix on persisted documents.
One request is one operation: arrays of requests are refused, and so are uploads (files go to their own address).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, cast

import orjson
from starlette.requests import Request

from api.errors import Code, RequestRefused
from domain.errors import Text

BODY_BYTES_MAX: Final = 64 * 1024
# Enough for a form with a long list in it; longer lists are files, and files have their own address.
VARIABLE_VALUES_MAX: Final = 2_000
VARIABLES_DEPTH_MAX: Final = 20

_NUL_IN_LITERAL: Final = re.compile(r"\x00|\\u(?:0000|\{0+\})")


class MediaType(StrEnum):
    """How the answer is written. The first is the standard's own, the second what older clients expect."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for: a document by its text, its id or its name, and the values of its variables."""

    text: str | None
    document_id: str | None
    operation_name: str | None
    variables: Mapping[str, object]
    extensions: Mapping[str, object] = field(default_factory=dict[str, object])


def wanted_media_type(accept: str | None) -> MediaType:
    """Choose how to answer. Without a wish it is plain JSON; a wish that we cannot meet is refused with 406."""
    if accept is None:
        return MediaType.JSON
    wishes = sorted((_wish(part) for part in accept.split(",")), key=lambda wish: -wish[1])
    for media_range, weight in wishes:
        if weight > 0 and (media_type := _OFFERED.get(media_range)):
            return media_type
    raise RequestRefused(
        Text("无法按要求的格式回答。", "None of the media types in Accept can be served; ask for application/json."),
        status=406,
    )


_OFFERED: Final = {
    **{media_type.value: media_type for media_type in MediaType},
    "*/*": MediaType.JSON,
    "application/*": MediaType.JSON,
}


def _wish(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return media_range, float(value)
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0


async def read_request(request: Request) -> Asked:
    """Read a POST or GET request, or raise `RequestRefused`."""
    if request.method == "GET":
        return _from_query_string(request)
    if request.method != "POST":
        raise RequestRefused(
            Text("只接受 POST 请求。", "Send GraphQL requests with POST."), status=405, headers={"Allow": "POST"}
        )
    _require_json(request)
    return asked_in(await _body_of(request))


def asked_in(body: bytes) -> Asked:
    """Read what a JSON body asks for; sockets send the same object in their subscribe message."""
    try:
        request = cast("object", orjson.loads(body))
    except orjson.JSONDecodeError:
        raise RequestRefused(Text("请求体不是有效的 JSON。", "The body is not valid JSON in UTF-8.")) from None
    if isinstance(request, list):
        raise RequestRefused(
            Text("不支持批量请求，请逐个发送。", "Batches are not served; send one request at a time.")
        )
    if not isinstance(request, dict):
        raise RequestRefused(Text("请求体应为 JSON 对象。", "The body must be a JSON object."))
    return _asked(cast("Mapping[str, object]", request), size=body.count(b",") + body.count(b"[") + body.count(b"{"))


def _from_query_string(request: Request) -> Asked:
    if len(request.url.query) > BODY_BYTES_MAX:
        raise _too_long()
    fields: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if text := request.query_params.get(name):
            try:
                fields[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise RequestRefused(Text(f"{name} 不是有效的 JSON。", f"{name} is not valid JSON.")) from None
    return _asked(fields, size=VARIABLE_VALUES_MAX + 1)


def _require_json(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    encoding = request.headers.get("content-encoding", "identity")
    if media_type.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise RequestRefused(
            Text("请求体须为 UTF-8 的 application/json。", "The body must be application/json in UTF-8."), status=415
        )
    if encoding != "identity":
        raise RequestRefused(Text("请求体不得压缩。", "Send the body without a content encoding."), status=415)


async def _body_of(request: Request) -> bytes:
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > BODY_BYTES_MAX:
            raise _too_long()
        chunks.append(chunk)
    return b"".join(chunks)


def _too_long() -> RequestRefused:
    return RequestRefused(
        Text(f"请求超过 {BODY_BYTES_MAX} 字节。", f"The request is larger than {BODY_BYTES_MAX} bytes."),
        status=413,
        facts={"limit": "body", "allowed": BODY_BYTES_MAX},
        headers={"Connection": "close"},
    )


def _asked(fields: Mapping[str, object], *, size: int) -> Asked:
    text, document_id = _string(fields, "query"), _string(fields, "documentId")
    operation_name = _string(fields, "operationName")
    variables = _mapping(fields, "variables")
    extensions = _mapping(fields, "extensions")
    if text and document_id:
        raise RequestRefused(Text("query 与 documentId 只能给一个。", "Give either query or documentId, not both."))
    if not (text or document_id or operation_name):
        raise RequestRefused(
            Text("缺少 query、documentId 或 operationName。", "Give a query, a documentId or an operationName.")
        )
    if text and _NUL_IN_LITERAL.search(text):
        raise _nul()
    _check_values(variables, count=size > VARIABLE_VALUES_MAX)
    return Asked(text or None, document_id or None, operation_name or None, variables, extensions)


def _string(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise RequestRefused(Text(f"{name} 应为字符串。", f"{name} must be a string."))


def _mapping(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = fields.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return cast("Mapping[str, object]", value)
    raise RequestRefused(Text(f"{name} 应为 JSON 对象。", f"{name} must be a JSON object."))


def _check_values(variables: Mapping[str, object], *, count: bool) -> None:
    """Refuse values that are nested too deeply, too many when they are to be counted, or that hold U+0000.

    PostgreSQL keeps no U+0000 in text, so it would come back as a bug from far below.
    """
    level: list[object] = list(variables.values())
    seen = 0
    for _ in range(VARIABLES_DEPTH_MAX):
        if not level:
            return
        seen += len(level)
        if count and seen > VARIABLE_VALUES_MAX:
            raise RequestRefused(
                Text(f"变量的值超过 {VARIABLE_VALUES_MAX} 个。", f"There are more than {VARIABLE_VALUES_MAX} values."),
                code=Code.BAD_USER_INPUT,
                facts={"limit": "values", "allowed": VARIABLE_VALUES_MAX},
            )
        level = [inner for value in level for inner in _inside(value)]
    raise RequestRefused(
        Text(f"变量的层数超过 {VARIABLES_DEPTH_MAX}。", f"Variables are nested deeper than {VARIABLES_DEPTH_MAX}."),
        code=Code.BAD_USER_INPUT,
        facts={"limit": "variables_depth", "allowed": VARIABLES_DEPTH_MAX},
    )


def _inside(value: object) -> list[object]:
    if isinstance(value, str) and "\x00" in value:
        raise _nul()
    if isinstance(value, dict):
        return list(cast("Mapping[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def _nul() -> RequestRefused:
    return RequestRefused(
        Text("文字中不得有空字符（U+0000）。", "Text must not contain the character U+0000."), code=Code.BAD_USER_INPUT
    )
