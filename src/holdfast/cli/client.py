"""The API as the commands call it, over aiohttp.

A problem answer is raised as ``Refused`` with its paths, no answer at all as ``Unreachable``. ``events`` reads the
event stream and reconnects after the last event seen, so that none is lost or seen twice. Proxies of the environment
aren't used, and the key is sent to the configured address alone: redirects aren't followed.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp

from holdfast.cli.failures import Refused, Unreachable
from holdfast.model.errors import Invalid, Problem

T = TypeVar("T")

_TIMEOUT: Final = aiohttp.ClientTimeout(total=90, connect=5)
_PATIENT: Final = aiohttp.ClientTimeout(total=3_600, connect=5)
_STREAM_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=5, sock_read=45)
_PAGE: Final = 500
_LINE_LIMIT: Final = 1 << 24
_RETRY_PAUSE: Final = 0.5
_UNREADABLE: Final = object()

Query = Mapping[str, str | int | None]


class Client:
    """One server. Use as an async context manager."""

    def __init__(self, url: str, key: str | None) -> None:
        self.url = _checked(url)
        headers = {"Accept": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            headers=headers, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=_LINE_LIMIT
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, *path: str, query: Query | None = None) -> Any:
        return await self.call("GET", path, query=query)

    async def post(self, *path: str, body: Any = None, patient: bool = False) -> Any:
        return await self.call("POST", path, body={} if body is None else body, patient=patient)

    async def call(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Query | None = None,
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
                self._address(path),
                params=_given(query),
                data=data,
                headers={**kind, **(headers or {})},
                allow_redirects=False,
                timeout=_PATIENT if patient else _TIMEOUT,
            ) as response:
                return await _answer(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from None

    async def fire(self, hook: str, body: Any, delivery: str) -> Any:
        """Sends a webhook as a stranger would, without the key."""
        headers = {"Content-Type": "application/json", "webhook-id": delivery}
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as stranger,
                stranger.post(hook, data=json.dumps(body).encode(), headers=headers) as response,
            ):
                return await _answer(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._unreachable(error) from None

    async def page(self, *path: str, query: Query, limit: int, cursor: str | None = None) -> "Page":
        """Up to ``limit`` items of a list, from its beginning or from ``cursor`` on."""
        answer = await self.get(*path, query={**query, "limit": limit, "cursor": cursor})
        return Page(answer["items"], answer["next"])

    async def whole(self, *path: str, query: Query | None = None) -> list[Any]:
        """All items of a list."""
        items, cursor = await self.page(*path, query=query or {}, limit=_PAGE)
        while cursor is not None:
            more, cursor = await self.page(*path, query=query or {}, limit=_PAGE, cursor=cursor)
            items += more
        return items

    async def events(self, query: Query, *, opened: Callable[[], None] | None = None) -> AsyncIterator[Any]:
        """Events as they commit, for ever, across restarts of the server and without a gap.

        ``opened`` is told once the stream stands: nothing after it is missed. Raises ``Unreachable`` only when no
        server answered at first and nobody waits for ``opened``.
        """
        place = _Place()
        while True:
            try:
                async for event in self._stream(query, place, opened):
                    yield event
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if not place.stood and opened is None:
                    raise self._unreachable(error) from None
            await asyncio.sleep(_RETRY_PAUSE)

    async def _stream(self, query: Query, place: "_Place", opened: Callable[[], None] | None) -> AsyncIterator[Any]:
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
            if opened is not None:
                opened()
            async for event in _frames(response.content, place):
                yield event

    def _address(self, path: tuple[str, ...]) -> str:
        return f"{self.url}/api/v1/" + "/".join(quote(part, safe="") for part in path)

    def _unreachable(self, error: Exception) -> Unreachable:
        reason = "it took too long to answer" if isinstance(error, TimeoutError) else _reason(error)
        parts = urlsplit(self.url)  # a name and a password that stand in the address are nobody else's business
        shown = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        return Unreachable(f"No Holdfast server answers at {shown} ({reason})")


class Page(NamedTuple):
    """Part of a list; ``next`` goes on with it, None at its end."""

    items: list[Any]
    next: str | None


@dataclass(slots=True)
class _Place:
    """How far a stream was read, and whether it ever stood."""

    seen: str | None = None
    stood: bool = False


async def _frames(lines: AsyncIterable[bytes], place: _Place) -> AsyncIterator[Any]:
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


def call(url: str, work: Callable[[Client], Awaitable[T]]) -> T:
    """Runs ``work`` with a client of the server at ``url``."""

    async def working() -> T:
        async with Client(url, os.environ.get("HOLDFAST_API_KEY")) as client:
            return await work(client)

    return asyncio.run(working())


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Invalid([Problem("HOLDFAST_URL", "expected an address such as http://127.0.0.1:8000")], "No such server")
    return url.rstrip("/")


def _given(query: Query | None) -> dict[str, str]:
    return {name: str(value) for name, value in (query or {}).items() if value is not None}


async def _answer(response: aiohttp.ClientResponse) -> Any:
    text = await response.read()
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = _UNREADABLE
    if response.status < 300 and body is not _UNREADABLE:
        return body
    if not isinstance(body, dict) or "title" not in body:
        raise Unreachable(f"What answers at {response.url.origin()} is no Holdfast server (status {response.status})")
    problems = [Problem(str(each["path"]), str(each["message"])) for each in body.get("errors") or ()]
    raise Refused(response.status, str(body["title"]), str(body.get("detail") or ""), problems)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return (error.os_error.strerror or str(error.os_error)).lower()
    return str(error) or type(error).__name__
