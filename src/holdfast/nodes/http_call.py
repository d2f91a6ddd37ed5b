"""One request of ``http.request``, built from filled parameters, and what a redirect makes of it.

``read_call`` raises ``ValueError`` for parameters that no request can be made of. A redirect to another origin keeps
only headers that can hold no credential: whoever answers the first request doesn't choose who else gets them.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlencode

import msgspec
from multidict import CIMultiDict
from yarl import URL

from holdfast.model.instant import Micros, parse_duration
from holdfast.model.json import JSON, JSONObject
from holdfast.nodes.http_params import DEFAULT_MAX_BYTES, HEADER_NAME
from holdfast.nodes.node import as_text
from holdfast.ports import NodeContext
from holdfast.version import __version__

SCHEMES: Final = ("http", "https")
# The connection's own headers: set by hand they could smuggle a second request or a different host past a check.
_RESERVED: Final = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "expect")
)
_HARMLESS: Final = frozenset(
    ("accept", "accept-language", "content-type", "user-agent", "idempotency-key", "x-correlation-id")
)
_TOKEN: Final = re.compile(HEADER_NAME)
_BODY_HEADERS: Final = ("content-type", "content-encoding", "content-language")


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make. ``expected`` are statuses from 400 that count as success."""

    method: str
    url: URL
    headers: CIMultiDict[str] = field(repr=False)
    body: bytes | None = field(repr=False)
    expected: frozenset[int] = frozenset()
    timeout: Micros | None = None
    follow: bool = True
    max_bytes: int = DEFAULT_MAX_BYTES


def read_call(context: NodeContext, params: JSONObject) -> Call:
    """The request of ``params``, with the headers that carry the job's identity."""
    body, content_type = _body(params)
    timeout = params.get("timeout")
    return Call(
        method=as_text(params.get("method", "GET")),
        url=_url(params),
        headers=_headers(context, params, content_type),
        body=body,
        expected=_expected(params.get("expect")),
        timeout=None if timeout is None else parse_duration(as_text(timeout)),
        follow=params.get("follow_redirects") is not False,
        max_bytes=max_bytes if isinstance(max_bytes := params.get("max_bytes"), int) else DEFAULT_MAX_BYTES,
    )


def redirected(call: Call, status: int, location: str) -> Call:
    """The request that follows a redirect. Raises ``ValueError`` for an address that can't be followed."""
    url = check_url(call.url.join(URL(location)).with_user(None))
    headers = call.headers.copy()
    if url.origin() != call.url.origin():
        for name in [name for name in headers if name.lower() not in _HARMLESS]:
            headers.popall(name, None)
    becomes_get = call.method not in ("GET", "HEAD") if status == 303 else call.method == "POST"
    if status in (307, 308) or not becomes_get:
        return replace(call, url=url, headers=headers)
    for name in _BODY_HEADERS:
        headers.popall(name, None)
    return replace(call, method="GET", url=url, headers=headers, body=None)


def check_url(url: URL) -> URL:
    """The address if a request may be sent to it."""
    if url.scheme not in SCHEMES or not url.host:
        raise ValueError("the address must be absolute and start with http:// or https://")
    return url


def _url(params: JSONObject) -> URL:
    try:
        url = check_url(URL(as_text(params.get("url")).strip()))
    except ValueError:
        # The library's own text quotes the address.
        raise ValueError("url: must be a valid address that starts with http:// or https://") from None
    if url.user or url.password:
        raise ValueError("credentials belong in auth, not in the address")
    query = params.get("query")
    return url.extend_query(list(_pairs(query))) if isinstance(query, dict) else url


def _pairs(query: JSONObject) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        if isinstance(value, list):
            yield from ((name, as_text(item)) for item in value)
        elif value is not None:
            yield name, as_text(value)


def _headers(context: NodeContext, params: JSONObject, content_type: str | None) -> CIMultiDict[str]:
    headers = CIMultiDict(
        {
            "User-Agent": f"holdfast/{__version__}",
            "Idempotency-Key": context.idempotency_key,
            "X-Correlation-Id": context.correlation_id,
        }
    )
    if content_type is not None:
        headers["Content-Type"] = content_type
    headers.update(_credentials(params.get("auth")))
    given = params.get("headers")
    for name, value in (given if isinstance(given, dict) else {}).items():
        headers[name] = as_text(value)
    for name, value in headers.items():
        _check_header(name, value)
    return headers


def _check_header(name: str, value: str) -> None:
    if _TOKEN.fullmatch(name) is None:
        raise ValueError("a header's name has only letters, digits and a few signs, no spaces")
    if name.lower() in _RESERVED or name.lower().startswith("proxy-"):
        raise ValueError(f"the header {name} is set by the connection and can't be given")
    if any(char in value for char in "\r\n\0"):
        raise ValueError(f"the header {name} has a line break in its value")


def _credentials(auth: JSON) -> dict[str, str]:
    if not isinstance(auth, dict):
        return {}
    match auth.get("type"):
        case "basic":
            pair = f"{as_text(auth.get('username'))}:{as_text(auth.get('password'))}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        case "bearer":
            return {"Authorization": f"Bearer {as_text(auth.get('token'))}"}
        case "header":
            return {as_text(auth.get("name")): as_text(auth.get("value"))}
    raise ValueError("auth.type is basic, bearer or header")


def _body(params: JSONObject) -> tuple[bytes | None, str | None]:
    """The body and its content type."""
    if len(params.keys() & {"json", "form", "body"}) > 1:
        raise ValueError("give one of json, form and body, not several")
    if "json" in params:
        return msgspec.json.encode(params["json"]), "application/json"
    if isinstance(form := params.get("form"), dict):
        return urlencode(list(_pairs(form))).encode(), "application/x-www-form-urlencoded"
    if "body" in params:
        return as_text(params["body"]).encode(), "text/plain; charset=utf-8"
    return None, None


def _expected(expect: JSON) -> frozenset[int]:
    """The statuses of ``[404, "5xx"]``."""
    statuses: set[int] = set()
    for item in expect if isinstance(expect, list) else []:
        if isinstance(item, int):
            statuses.add(item)
        elif isinstance(item, str) and item[:1].isdigit() and item.endswith("xx"):
            statuses.update(range(int(item[0]) * 100, int(item[0]) * 100 + 100))
    return frozenset(statuses)
