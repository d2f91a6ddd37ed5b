"""An answer to ``http.request``: read with a bound, as ``{status, headers, json, text}``, or as the failure that it is.

``json`` is null when the answer doesn't declare JSON or isn't portable JSON; ``text`` is null when the body isn't text.
A failure names the host and the status, never headers or contents.
"""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
import msgspec

from holdfast.model.instant import DAY, SECOND, Instant, Micros
from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.model.outcome import Failed
from holdfast.nodes.node import failed

# An answer can't park a job for longer than this.
LONGEST_WAIT: Final[Micros] = DAY
_CHUNK: Final = 65_536
_RETRYABLE: Final = frozenset((408, 429))


class TooLarge(Exception):
    """The body is larger than allowed; the rest wasn't read."""


def failure_of(status: int, headers: Mapping[str, str], target: str, now: Instant) -> Failed:
    """The failure that an unexpected status is; 408, 429 and 5xx are worth another try."""
    retryable = status in _RETRYABLE or status >= 500
    wait = retry_after(headers.get("Retry-After"), now) if retryable else None
    return failed("http_status", f"{target} answered {status}", final=not retryable, retry_after=wait, status=status)


def retry_after(header: str | None, now: Instant) -> Micros | None:
    """The wait that ``Retry-After`` asks for: whole seconds or an HTTP date; None for anything else."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:12]) * SECOND, LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND
    return min(max(at - now, 0), LONGEST_WAIT)


async def read_output(response: aiohttp.ClientResponse, max_bytes: int) -> tuple[JSONObject, int]:
    """The node's output, and how many bytes the body has. Raises ``TooLarge``."""
    body = await _read(response, max_bytes)
    text = _decoded(body, response)
    output: JSONObject = {
        "status": response.status,
        "headers": _headers(response),
        "json": _parsed(text, response.content_type),
        "text": text,
    }
    return output, len(body)


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    # The length that a HEAD's answer names is that of a body that never comes.
    if response.method != "HEAD" and (response.content_length or 0) > max_bytes:
        raise TooLarge
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge
    return bytes(body)


def _decoded(body: bytes, response: aiohttp.ClientResponse) -> str | None:
    try:
        text = body.decode(response.charset or "utf-8")
    except (LookupError, UnicodeError):
        return None
    return None if problems_of(text) else text


def _parsed(text: str | None, content_type: str) -> JSON:
    declared = content_type == "application/json" or content_type.endswith("+json")
    if not declared or not text:
        return None
    try:
        value: JSON = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return None if problems_of(value) else value


def _headers(response: aiohttp.ClientResponse) -> JSONObject:
    """Names in lower case; a name that repeats has its values joined."""
    joined: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        joined[key] = f"{joined[key]}, {_portable(value)}" if key in joined else _portable(value)
    return dict(joined)


def _portable(value: str) -> str:
    """Bytes that aren't UTF-8 came through as lone surrogates, which no JSON may hold."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("latin-1")
