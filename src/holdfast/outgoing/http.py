"""The one HTTP client session of a process, behind the egress guard.

It is made at first use, inside the running event loop, and closed by ``close``. It keeps no cookies and takes no
proxies or credentials from the environment. Redirects are followed by ``http.request``, one guarded hop at a time.
"""

from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver

from holdfast.outgoing.guard import EgressGuard

CONNECT_SECONDS: Final = 10
_CONNECTIONS: Final = 500
_PER_HOST: Final = 100
# Longer header lines than aiohttp's default stand in the wild (policies); still bounded.
_HEADER_BYTES: Final = 32_768


class OutgoingHttp:
    """Call it for the session. ``resolver`` replaces the system's name look-up."""

    def __init__(self, guard: EgressGuard, *, resolver: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    def __call__(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = self._new_session()
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            socket_factory=self._guard.socket_for,
            resolver=self._resolver,
            limit=_CONNECTIONS,
            limit_per_host=_PER_HOST,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # The attempt's own timeout bounds the whole; a host that doesn't answer at all is told apart earlier.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
