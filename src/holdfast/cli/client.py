"""The API as the commands call it, over aiohttp.

A problem answer is raised as ``Refused`` with its paths, no answer at all as ``Unreachable``. ``events`` reads the
event stream and reconnects after the last event seen, so that none is lost or seen twice. Proxies of the environment
aren't used, and the key is sent to the configured address alone: redirects aren't followed.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Final, NamedTuple, TypeVar

import aiohttp

from holdfast.cli.failures import Refused, Unreachable
from holdfast.model.errors import Invalid, Problem
from holdfast.sdk import wire

T = TypeVar("T")

_PATIENT: Final = aiohttp.ClientTimeout(total=3_600, connect=5)
_PAGE: Final = 500


class Client:
    """One server. Use as an async context manager."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = _checked(url)
        self._session = wire.open_session(key)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, *path: str, query: wire.Query | None = None) -> Any:
        return await self.call("GET", path, query=query)

    async def post(self, *path: str, body: Any = None, patient: bool = False) -> Any:
        return await self.call("POST", path, body={} if body is None else body, patient=patient)

    async def call(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: wire.Query | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        patient: bool = False,
    ) -> Any:
        """The answer's JSON; ``patient``: much may have to be done first. Raises ``Refused``, ``Unreachable``."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            async with self._session.request(
                method,
                wire.address(self.url, path),
                params=wire.given(query),
                data=data,
                headers={**kind, **(headers or {})},
                allow_redirects=False,
                timeout=_PATIENT if patient else wire.TIMEOUT,
            ) as response:
                return await _answer(response)
        except wire.TROUBLE as error:
            raise self._unreachable(error) from None

    async def text(self, *path: str, query: wire.Query | None = None) -> AsyncIterator[bytes]:
        """A long answer in parts, as they come. Raises ``Refused``, ``Unreachable``; a part that is cut off, too."""
        try:
            async with self._session.get(
                wire.address(self.url, path), params=wire.given(query), allow_redirects=False, timeout=_PATIENT
            ) as response:
                if response.status != 200:
                    await _answer(response)
                async for part in response.content.iter_any():
                    yield part
        except wire.TROUBLE as error:
            raise self._unreachable(error) from None

    async def fire(self, hook: str, body: Any, delivery: str) -> Any:
        """Sends a webhook as a stranger would, without the key."""
        headers = {"Content-Type": "application/json", "webhook-id": delivery}
        try:
            async with (
                aiohttp.ClientSession(timeout=wire.TIMEOUT) as stranger,
                stranger.post(hook, data=json.dumps(body).encode(), headers=headers) as response,
            ):
                return await _answer(response)
        except wire.TROUBLE as error:
            raise self._unreachable(error) from None

    async def page(self, *path: str, query: wire.Query, limit: int, cursor: str | None = None) -> "Page":
        """Up to ``limit`` items of a list, from its beginning or from ``cursor`` on."""
        answer = await self.get(*path, query={**query, "limit": limit, "cursor": cursor})
        return Page(answer["items"], answer["next"])

    async def whole(self, *path: str, query: wire.Query | None = None) -> list[Any]:
        """All items of a list."""
        items, cursor = await self.page(*path, query=query or {}, limit=_PAGE)
        while cursor is not None:
            more, cursor = await self.page(*path, query=query or {}, limit=_PAGE, cursor=cursor)
            items += more
        return items

    async def events(self, query: wire.Query, *, opened: Callable[[], None] | None = None) -> AsyncIterator[Any]:
        """Events as they commit, for ever, across restarts of the server and without a gap.

        ``opened`` is told once the stream stands: nothing after it is missed. Raises ``Unreachable`` only when no
        server answered at first and nobody waits for ``opened``.
        """
        place = wire.Place()
        while True:
            try:
                async for event in self._stream(query, place, opened):
                    yield event
            except wire.TROUBLE as error:
                if not place.stood and opened is None:
                    raise self._unreachable(error) from None
            await asyncio.sleep(wire.STREAM_PAUSE)

    async def _stream(
        self, query: wire.Query, place: wire.Place, opened: Callable[[], None] | None
    ) -> AsyncIterator[Any]:
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
            if opened is not None:
                opened()
            async for event in wire.frames(response.content, place):
                yield event

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"No Holdfast server answers at {wire.shown(self.url)} ({wire.reason_of(error)})")


class Page(NamedTuple):
    """Part of a list; ``next`` goes on with it, None at its end."""

    items: list[Any]
    next: str | None


def call(url: str, work: Callable[[Client], Awaitable[T]]) -> T:
    """Runs ``work`` with a client of the server at ``url``."""

    async def working() -> T:
        async with Client(url, os.environ.get("HOLDFAST_API_KEY")) as client:
            return await work(client)

    return asyncio.run(working())


def _checked(url: str) -> str:
    if not wire.is_address(url):
        raise Invalid([Problem("HOLDFAST_URL", "expected an address such as http://127.0.0.1:8000")], "No such server")
    return url.rstrip("/")


async def _answer(response: aiohttp.ClientResponse) -> Any:
    body = await wire.body_of(response)
    if response.status < 300 and body is not wire.UNREADABLE:
        return body
    if not wire.is_problem(body):
        raise Unreachable(f"What answers at {response.url.origin()} is no Holdfast server (status {response.status})")
    problems = [Problem(str(each["path"]), str(each["message"])) for each in body.get("errors") or ()]
    raise Refused(response.status, str(body["title"]), str(body.get("detail") or ""), problems)
