"""What every caller of the API does alike over aiohttp: sessions, addresses, bodies, frames of the event stream.

Proxies of the environment aren't used. A name and a password that stand in a server's address are never shown.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp

TIMEOUT: Final = aiohttp.ClientTimeout(total=90, connect=5)
STREAM_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=5, sock_read=45)
STREAM_PAUSE: Final = 0.5
UNREADABLE: Final = object()
TROUBLE: Final = (aiohttp.ClientError, TimeoutError, OSError)
_LINE_LIMIT: Final = 1 << 24

Query = Mapping[str, str | int | None]


@dataclass(slots=True)
class Place:
    """How far a stream was read, and whether it ever stood."""

    seen: str | None = None
    stood: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Those that ask for the stream from here on."""
        return {"Accept": "text/event-stream", **({"Last-Event-ID": self.seen} if self.seen else {})}


def is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def open_session(key: str | None) -> aiohttp.ClientSession:
    """A session that sends the key, and no cookie."""
    headers = {"Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return aiohttp.ClientSession(
        headers=headers, timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=_LINE_LIMIT
    )


def address(url: str, path: tuple[str, ...]) -> str:
    return f"{url}/api/v1/" + "/".join(quote(part, safe="") for part in path)


def shown(url: str) -> str:
    """The server's address without name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def given(query: Query | None) -> dict[str, str]:
    return {name: str(value) for name, value in (query or {}).items() if value is not None}


async def body_of(response: aiohttp.ClientResponse) -> Any:
    """The body's JSON, None for an empty one, ``UNREADABLE`` for anything else."""
    text = await response.read()
    try:
        return json.loads(text) if text else None
    except ValueError:
        return UNREADABLE


def is_problem(body: Any) -> bool:
    return isinstance(body, dict) and "title" in body


def reason_of(error: BaseException) -> str:
    """Why no answer came, in a few words."""
    if isinstance(error, TimeoutError):
        return "it took too long to answer"
    if isinstance(error, aiohttp.ClientConnectorError):
        return (error.os_error.strerror or str(error.os_error)).lower()
    return str(error) or type(error).__name__


async def frames(lines: AsyncIterable[bytes], place: Place) -> AsyncIterator[Any]:
    """The events of a stream. A frame counts once its empty line is there: one that was cut off comes again."""
    number, data = place.seen, b""
    async for line in lines:
        if line.startswith(b"id:"):
            number = line.removeprefix(b"id:").strip().decode()
        elif line.startswith(b"data:"):
            data = line.removeprefix(b"data:")
        elif not line.strip():
            place.seen = number
            if data:
                yield json.loads(data)
            data = b""
