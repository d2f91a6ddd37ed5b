"""One request of ``http.request``, built from filled parameters, and what a redirect or a next page makes of it.

``read_call`` raises ``ValueError`` for parameters that no request can be made of. A request to another origin keeps
only headers that can hold no credential: whoever answers the first request doesn't choose who else gets them.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import DigestAuthMiddleware
from multidict import CIMultiDict
from yarl import URL

from holdfast.model.instant import Micros, parse_duration
from holdfast.model.json import JSON, JSONObject
from holdfast.nodes.http_auth import HEADER_NAME, digest_of, headers_of, query_of
from holdfast.nodes.http_body import pairs, read_body
from holdfast.nodes.http_params import DEFAULT_MAX_BYTES
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
    digest: DigestAuthMiddleware | None = field(default=None, repr=False)


def read_call(context: NodeContext, params: JSONObject) -> Call:
    """The request of ``params``, with the headers that carry the job's identity."""
    body, content_type = read_body(params)
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
        digest=digest_of(params.get("auth")),
    )


def redirected(call: Call, status: int, location: str) -> Call:
    """The request that follows a redirect. Raises ``ValueError`` for an address that can't be followed."""
    moved = moved_to(call, call.url.join(URL(location)))
    becomes_get = call.method not in ("GET", "HEAD") if status == 303 else call.method == "POST"
    if status in (307, 308) or not becomes_get:
        return moved
    for name in _BODY_HEADERS:
        moved.headers.popall(name, None)
    return replace(moved, method="GET", body=None)


def moved_to(call: Call, url: URL) -> Call:
    """The same request to another address, which another party gave. Raises ``ValueError``."""
    url = check_url(url.with_user(None))
    headers = call.headers.copy()
    if url.origin() == call.url.origin():
        return replace(call, url=url, headers=headers)
    for name in [name for name in headers if name.lower() not in _HARMLESS]:
        headers.popall(name, None)
    return replace(call, url=url, headers=headers, digest=None)


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
    given = list(pairs(query)) if isinstance(query, dict) else []
    return url.extend_query([*given, *query_of(params.get("auth")).items()])


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
    headers.update(headers_of(params.get("auth")))
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


def _expected(expect: JSON) -> frozenset[int]:
    """The statuses of ``[404, "5xx"]``."""
    statuses: set[int] = set()
    for item in expect if isinstance(expect, list) else []:
        if isinstance(item, int):
            statuses.add(item)
        elif isinstance(item, str) and item[:1].isdigit() and item.endswith("xx"):
            statuses.update(range(int(item[0]) * 100, int(item[0]) * 100 + 100))
    return frozenset(statuses)
