"""How an ``agent``'s libraries reach the network: through this process's guarded client session and no other way.

It needs the extra ``ai``. Only headers that the protocols need go out, and those that the node's author gave: nothing
that a library took from the process's environment. A redirect is an error. An answer is bounded.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

import aiohttp
import httpx2
from multidict import CIMultiDict
from yarl import URL

from holdfast.model.errors import Unavailable
from holdfast.version import __version__

MOST_BYTES: Final = 16 * 1024 * 1024
_KEPT: Final = frozenset(("accept", "content-type", "anthropic-version", "anthropic-beta", "last-event-id"))
_KEPT_PREFIX: Final = "mcp-"
# The body arrives unpacked, and in one piece after another.
_GONE: Final = ("content-encoding", "content-length", "transfer-encoding")


class NotOpen(httpx2.ConnectError):
    """The address isn't open to outgoing requests."""


class Moved(httpx2.ConnectError):
    """The answer sends the request elsewhere, where its credentials don't belong."""


class TooLarge(httpx2.ReadError):
    """The answer is larger than allowed."""


class GuardedTransport(httpx2.AsyncBaseTransport):
    """``headers`` are added to each request; ``heard`` is told of each sign of life from the other side.

    Closing it ends the answers that nobody read to their end, as those of a library that was cancelled meanwhile.
    """

    def __init__(
        self,
        session: Callable[[], Awaitable[aiohttp.ClientSession]],
        headers: Mapping[str, str],
        heard: Callable[[], None],
    ) -> None:
        self._session = session
        self._headers = headers
        self._heard = heard
        self._open: set[aiohttp.ClientResponse] = set()

    async def aclose(self) -> None:
        while self._open:
            self._open.pop().close()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        try:
            session = await self._session()
            response = await session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=self._sent(request),
                data=body or None,
                allow_redirects=False,
            )
        except TimeoutError:
            raise httpx2.ConnectTimeout("the host didn't answer in time", request=request) from None
        except Unavailable:
            raise httpx2.ConnectError("what may be reached can't be told now", request=request) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, PermissionError):
                raise NotOpen("the address isn't open to outgoing requests", request=request) from None
            raise httpx2.ConnectError(f"no answer ({type(error).__name__})", request=request) from None
        if 300 <= response.status < 400:
            response.close()
            raise Moved("it redirects to another address; give that one", request=request)
        self._open.add(response)
        self._heard()
        headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _GONE]
        return httpx2.Response(
            response.status, headers=headers, stream=_Body(response, self._heard, self._open), request=request
        )

    def _sent(self, request: httpx2.Request) -> CIMultiDict[str]:
        kept = {
            name: value
            for name, value in request.headers.items()
            if name.lower() in _KEPT or name.lower().startswith(_KEPT_PREFIX)
        }
        headers = CIMultiDict({**kept, "User-Agent": f"holdfast/{__version__}"})
        headers.update(self._headers)
        return headers


class _Body(httpx2.AsyncByteStream):
    def __init__(
        self, response: aiohttp.ClientResponse, heard: Callable[[], None], unread: set[aiohttp.ClientResponse]
    ) -> None:
        self._response = response
        self._heard = heard
        self._unread = unread

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for piece in self._response.content.iter_any():
                self._heard()
                size += len(piece)
                if size > MOST_BYTES:
                    raise TooLarge(f"the answer is larger than {MOST_BYTES} bytes")
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.ReadError(f"the answer broke off ({type(error).__name__})") from None

    async def aclose(self) -> None:
        self._unread.discard(self._response)
        self._response.close()


def open_client(
    session: Callable[[], Awaitable[aiohttp.ClientSession]], headers: Mapping[str, str], heard: Callable[[], None]
) -> httpx2.AsyncClient:
    """A client for one attempt. Its limits of time are the attempt's own."""
    transport = GuardedTransport(session, headers, heard)
    return httpx2.AsyncClient(transport=transport, timeout=None, trust_env=False, follow_redirects=False)
