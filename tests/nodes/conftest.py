"""What node tests need: a context, and real HTTP servers with a guarded session that reaches them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from holdfast.model.instant import parse_instant
from holdfast.outgoing.guard import EgressGuard, Reach
from holdfast.outgoing.http import OutgoingHttp
from holdfast.ports import NodeContext

NOW = parse_instant("2026-03-01T12:00:00Z")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[TestServer]]
OpenSession = Callable[..., OutgoingHttp]


class Names(AbstractResolver):
    """Answers every name with one address, and with one port when given: a look-up under the test's control."""

    def __init__(self, address: str, port: int | None = None) -> None:
        self.address = address
        self.port = port
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        kind = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        target = self.port or port
        return [{"hostname": host, "host": self.address, "port": target, "family": kind, "proto": 0, "flags": 0}]

    async def close(self) -> None: ...


@pytest.fixture
def context() -> NodeContext:
    return NodeContext(
        job_id="019c0000-0000-7000-8000-000000000001",
        tenant="default",
        kind="http.request",
        attempt=1,
        idempotency_key="key-1",
        correlation_id="correlation-1",
        created_at=NOW,
        now=NOW,
        run_id="019c0000-0000-7000-8000-000000000002",
        node_id="step",
        workflow="some-workflow",
    )


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a real server on a loopback port; its one handler answers every path and method."""
    servers: list[TestServer] = []

    async def start(handler: Handler) -> TestServer:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await handler(request)

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", answer)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def open_session() -> AsyncIterator[OpenSession]:
    """Guarded sessions; by default they reach loopback addresses, as the local single user's do."""
    opened: list[OutgoingHttp] = []

    def start(reach: Reach = "loopback", resolver: AbstractResolver | None = None) -> OutgoingHttp:
        opened.append(OutgoingHttp(EgressGuard(reach), resolver=resolver))
        return opened[-1]

    yield start
    for outgoing in opened:
        await outgoing.close()
