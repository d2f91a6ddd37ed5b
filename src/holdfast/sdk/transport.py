"""Requests to one server, over aiohttp.

A request that is safe to repeat (a GET, or a POST with an ``Idempotency-Key``) is repeated for a few seconds while no
answer comes or the server says 502, 503 or 504; anything else is sent once. Proxies of the environment aren't used and
redirects aren't followed, so the key goes to the configured address alone.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp

from holdfast.sdk.failures import Unreachable, refusal

_TIMEOUT: Final = aiohttp.ClientTimeout(total=90, connect=5)
_STREAM_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=5, sock_read=45)
_LINE_LIMIT: Final = 1 << 24
_PAUSES: Final = (0.1, 0.3, 0.9, 2.7)
_STREAM_PAUSE: Final = 0.5
AWAY: Final = frozenset({502, 503, 504})
_UNREADABLE: Final = object()
_TROUBLE: Final = (aiohttp.ClientError, TimeoutError, OSError)

Query = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer."""

    status: int
    body: Any


class Transport:
    """One server and one key. ``close`` it at the end."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"expected an address such as http://127.0.0.1:8000, not {url!r}")
        self.url = url.rstrip("/")
        # A name and a password that stand in the address are nobody else's business.
        self._shown = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
        headers = {"Accept": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            headers=headers, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=_LINE_LIMIT
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._session.close()

    async def call(
        self,
        method: str,
        *path: str,
        query: Query | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
        text: tuple[str, str] | None = None,
    ) -> Answer:
        """The answer. ``text`` is a body that isn't JSON with its media type. Raises ``Refused``, ``Unreachable``."""
        headers: dict[str, str] = {}
        data: bytes | None = None
        if text is not None:
            data, headers["Content-Type"] = text[0].encode(), text[1]
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body, allow_nan=False).encode(), "application/json"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        pauses = list(_PAUSES) if method == "GET" or idempotency_key is not None else []
        while True:
            try:
                return await self._once(method, path, query, data, headers, last=not pauses)
            except _TROUBLE as error:
                if not pauses:
                    raise self._unreachable(error) from None
            await asyncio.sleep(pauses.pop(0) * (0.5 + random.random()))

    async def _once(
        self,
        method: str,
        path: tuple[str, ...],
        query: Query | None,
        data: bytes | None,
        headers: Mapping[str, str],
        *,
        last: bool,
    ) -> Answer:
        async with self._session.request(
            method, self._address(path), params=_given(query), data=data, headers=headers, allow_redirects=False
        ) as response:
            if response.status in AWAY and not last:
                raise aiohttp.ClientError(f"status {response.status}")
            return await _answer(response)

    async def events(self, query: Query, after: str | None = None) -> AsyncIterator[Any]:
        """Events as they commit, for ever, across restarts of the server and without a gap.

        Raises ``Unreachable`` only when no server answered at first.
        """
        place = _Place(after)
        while True:
            try:
                async for event in self._stream(query, place):
                    yield event
            except _TROUBLE as error:
                if not place.stood:
                    raise self._unreachable(error) from None
            await asyncio.sleep(_STREAM_PAUSE)

    async def _stream(self, query: Query, place: "_Place") -> AsyncIterator[Any]:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": place.seen} if place.seen else {})}
        async with self._session.get(
            self._address(("events", "stream")),
            params=_given(query),
            headers=headers,
            timeout=_STREAM_TIMEOUT,
            allow_redirects=False,
        ) as response:
            if place.stood and response.status >= 500:
                return  # on its way down or up: try again
            if response.status != 200:
                await _answer(response)
            place.stood = True
            async for event in frames(response.content, place):
                yield event

    def _address(self, path: tuple[str, ...]) -> str:
        return f"{self.url}/api/v1/" + "/".join(quote(part, safe="") for part in path)

    def _unreachable(self, error: BaseException) -> Unreachable:
        reason = "it took too long to answer" if isinstance(error, TimeoutError) else _reason(error)
        return Unreachable(f"no Holdfast server answers at {self._shown} ({reason})")


@dataclass(slots=True)
class _Place:
    """How far a stream was read, and whether it ever stood."""

    seen: str | None = None
    stood: bool = False


async def frames(lines: AsyncIterable[bytes], place: _Place) -> AsyncIterator[Any]:
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


def _given(query: Query | None) -> dict[str, str]:
    return {name: str(value) for name, value in (query or {}).items() if value is not None}


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    text = await response.read()
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = _UNREADABLE
    if response.status < 300 and body is not _UNREADABLE:
        return Answer(response.status, body)
    if not isinstance(body, dict) or "title" not in body:
        raise Unreachable(f"what answers at {response.url.origin()} is no Holdfast server (status {response.status})")
    raise refusal(response.status, body)


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return (error.os_error.strerror or str(error.os_error)).lower()
    return str(error) or type(error).__name__
