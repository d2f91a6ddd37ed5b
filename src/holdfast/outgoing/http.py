"""The HTTP client sessions of a process, behind the egress guard: one for each policy of tenants.

A session connects as its policy's guard says: a name's addresses are judged when it is looked up, and the socket is
made for an address that passed; a literal address, and each host of a kept connection, is judged with each request. So
a connection that was made under one policy is never used under another. Tenants with the same policy share a session.

Sessions are made at first use, inside the running event loop; those that nobody used for longest are closed once there
are many, and all by ``close``. They keep no cookies and take no proxies or credentials from the environment. Redirects
are followed by ``http.request``, one guarded hop at a time.
"""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from holdfast.model.egress import Egress
from holdfast.outgoing.guard import ANY, EgressGuard, Reach, is_literal, refused

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

CONNECT_SECONDS: Final = 10
MOST_SESSIONS: Final = 64
_CONNECTIONS: Final = 500
_PER_HOST: Final = 100
# Longer header lines than aiohttp's default stand in the wild (policies); still bounded.
_HEADER_BYTES: Final = 32_768


class OutgoingHttp:
    """``of`` gives the session of a tenant; called, it gives that of the instance itself.

    ``egress`` tells the policy that a tenant has now, and ``tenants`` the reach that it adds to; without them all have
    those of the instance. ``resolver`` replaces
    the system's name look-up.
    """

    def __init__(
        self,
        guard: EgressGuard,
        *,
        resolver: AbstractResolver | None = None,
        egress: Callable[[str], Awaitable[Egress]] | None = None,
        tenants: Reach | None = None,
    ) -> None:
        self._reach = guard.reach
        self._tenants = tenants or guard.reach
        self._given_resolver = resolver
        self._egress = egress
        self._resolver: AbstractResolver | None = None
        self._sessions: OrderedDict[tuple[Reach, Egress], tuple[aiohttp.ClientSession, _Connector]] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def __call__(self) -> aiohttp.ClientSession:
        return self._session(self._reach, ANY)

    async def of(self, tenant: str) -> aiohttp.ClientSession:
        """The session for this tenant, for one request: its policy may be another for the next. Raises
        ``Unavailable``."""
        return self._session(self._tenants, await self._policy(tenant))

    async def guard(self, tenant: str) -> EgressGuard:
        """What judges this tenant's connections that aren't HTTP. Raises ``Unavailable``."""
        return EgressGuard(self._tenants, await self._policy(tenant))

    async def close(self) -> None:
        sessions, self._sessions = self._sessions, OrderedDict()
        for session, _ in sessions.values():
            await session.close()
        await asyncio.gather(*self._closing)
        resolver, self._resolver = self._resolver, None
        if resolver is not None and resolver is not self._given_resolver:
            await resolver.close()

    async def _policy(self, tenant: str) -> Egress:
        return ANY if self._egress is None else await self._egress(tenant)

    def _session(self, reach: Reach, policy: Egress) -> aiohttp.ClientSession:
        found = self._sessions.get((reach, policy))
        if found is None or found[0].closed:
            found = self._sessions[reach, policy] = self._new_session(EgressGuard(reach, policy))
            self._let_go()
        self._sessions.move_to_end((reach, policy))
        return found[0]

    def _let_go(self) -> None:
        """Closes sessions with which nothing is under way, the longest unused first, until they are few enough."""
        for policy in list(self._sessions)[:-1]:
            if len(self._sessions) <= MOST_SESSIONS:
                return
            session, connector = self._sessions[policy]
            if not connector.busy:
                del self._sessions[policy]
                task = asyncio.ensure_future(session.close())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def _new_session(self, guard: EgressGuard) -> "tuple[aiohttp.ClientSession, _Connector]":
        if self._resolver is None:
            self._resolver = self._given_resolver or aiohttp.DefaultResolver()
        connector = _Connector(guard, self._resolver)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # The attempt's own timeout bounds the whole; a host that doesn't answer at all is told apart earlier.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        return session, connector


class _Connector(aiohttp.TCPConnector):
    """Connects what the guard allows, judged by name and address."""

    def __init__(self, guard: EgressGuard, resolver: AbstractResolver) -> None:
        super().__init__(
            socket_factory=guard.socket_for,
            resolver=_Resolver(guard, resolver),
            limit=_CONNECTIONS,
            limit_per_host=_PER_HOST,
        )
        self._guard = guard

    @property
    def busy(self) -> bool:
        return bool(self._acquired)

    async def connect(
        self, req: aiohttp.ClientRequest, traces: "list[Trace]", timeout: aiohttp.ClientTimeout
    ) -> "Connection":
        host = req.url.raw_host or ""
        # A literal address isn't looked up, so the resolver doesn't judge it.
        if is_literal(host) and not self._guard.allows(host, host):
            raise aiohttp.ClientConnectorError(req.connection_key, refused())
        return await super().connect(req, traces, timeout)


class _Resolver(AbstractResolver):
    """Gives only those of a name's addresses that the guard allows."""

    def __init__(self, guard: EgressGuard, resolver: AbstractResolver) -> None:
        self._guard = guard
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [address for address in found if self._guard.allows(address["host"], host)]
        if found and not allowed:
            raise refused()
        return allowed

    async def close(self) -> None:
        """The resolver below is shared by all sessions."""
