"""Requests to one server, over aiohttp.

A request that is safe to repeat (a GET, or a POST with an ``Idempotency-Key``) is repeated for a few seconds while no
answer comes or the server says 502, 503 or 504; anything else is sent once. Proxies of the environment aren't used and
redirects aren't followed, so the key goes to the configured address alone.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import aiohttp

from holdfast.sdk import wire
from holdfast.sdk.failures import Unreachable, refusal

_PAUSES: Final = (0.1, 0.3, 0.9, 2.7)
_PAGE: Final = 200
AWAY: Final = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer."""

    status: int
    body: Any


class Transport:
    """One server and one key. ``close`` it at the end."""

    def __init__(self, url: str, key: str | None) -> None:
        if not wire.is_address(url):
            raise ValueError(f"expected an address such as http://127.0.0.1:8000, not {url!r}")
        self.url = url.rstrip("/")
        self._shown = wire.shown(url).rstrip("/")
        self._session = wire.open_session(key)

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
        query: wire.Query | None = None,
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
            except wire.TROUBLE as error:
                if not pauses:
                    raise self._unreachable(error) from None
            await asyncio.sleep(pauses.pop(0) * (0.5 + random.random()))

    async def pages(self, *path: str, query: wire.Query | None = None) -> AsyncIterator[Any]:
        """The items of a list, page after page."""
        cursor: str | None = None
        while True:
            page = (await self.call("GET", *path, query={**(query or {}), "limit": _PAGE, "cursor": cursor})).body
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    async def _once(
        self,
        method: str,
        path: tuple[str, ...],
        query: wire.Query | None,
        data: bytes | None,
        headers: Mapping[str, str],
        *,
        last: bool,
    ) -> Answer:
        async with self._session.request(
            method,
            wire.address(self.url, path),
            params=wire.given(query),
            data=data,
            headers=headers,
            allow_redirects=False,
        ) as response:
            if response.status in AWAY and not last:
                raise aiohttp.ClientError(f"status {response.status}")
            return await _answer(response)

    async def events(self, query: wire.Query, after: str | None = None) -> AsyncIterator[Any]:
        """Events as they commit, for ever, across restarts of the server and without a gap.

        Raises ``Unreachable`` only when no server answered at first.
        """
        place = wire.Place(after)
        while True:
            try:
                async for event in self._stream(query, place):
                    yield event
            except wire.TROUBLE as error:
                if not place.stood:
                    raise self._unreachable(error) from None
            await asyncio.sleep(wire.STREAM_PAUSE)

    async def _stream(self, query: wire.Query, place: wire.Place) -> AsyncIterator[Any]:
        async with self._session.get(
            wire.address(self.url, ("events", "stream")),
            params=wire.given(query),
            headers=place.headers,
            timeout=wire.STREAM_TIMEOUT,
            allow_redirects=False,
        ) as response:
            if place.stood and response.status >= 500:
                return  # on its way down or up: try again
            if response.status != 200:
                await _answer(response)
            place.stood = True
            async for event in wire.frames(response.content, place):
                yield event

    def _unreachable(self, error: BaseException) -> Unreachable:
        return Unreachable(f"no Holdfast server answers at {self._shown} ({wire.reason_of(error)})")


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    body = await wire.body_of(response)
    if response.status < 300 and body is not wire.UNREADABLE:
        return Answer(response.status, body)
    if not wire.is_problem(body):
        raise Unreachable(f"what answers at {response.url.origin()} is no Holdfast server (status {response.status})")
    raise refusal(response.status, body)
