"""Where tenants' steps may connect: each tenant by its own policy, whatever a host is called and wherever it leads."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from holdfast.engine.egress import KNOWN_FOR, EgressPolicies
from holdfast.model.access import Role, User
from holdfast.model.egress import Egress
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.http_request import HttpRequest
from holdfast.nodes.notify import Notify
from holdfast.nodes.sql_query import SqlQuery
from holdfast.nodes.sql_statement import DatabaseReach
from holdfast.outgoing.dialing import dial
from holdfast.outgoing.guard import EgressGuard, Reach
from holdfast.outgoing.http import MOST_SESSIONS, OutgoingHttp
from holdfast.outgoing.mailbox import MailboxTransport
from holdfast.ports import NewTenant, NewUser, NodeContext, TenantChange
from tests.engine.sealing import sealing
from tests.nodes.conftest import Serve


class Rebinding(AbstractResolver):
    """Another address at each look-up, as whoever owns a name may have it."""

    def __init__(self, *addresses: str | tuple[str, ...]) -> None:
        self.answers = [(given,) if isinstance(given, str) else given for given in addresses]
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in found
        ]

    async def close(self) -> None: ...


class Tenants:
    """The policies of tenants, as a test sets them."""

    def __init__(self) -> None:
        self.policies: dict[str, Egress] = {}

    async def of(self, tenant: str) -> Egress:
        return self.policies.get(tenant, Egress())


@pytest.fixture
def tenants() -> Tenants:
    return Tenants()


Open = Callable[..., OutgoingHttp]


@pytest.fixture
async def opened(tenants: Tenants) -> AsyncIterator[Open]:
    made: list[OutgoingHttp] = []

    def start(reach: Reach = "loopback", resolver: AbstractResolver | None = None) -> OutgoingHttp:
        made.append(OutgoingHttp(EgressGuard(reach), resolver=resolver, egress=tenants.of))
        return made[-1]

    yield start
    for outgoing in made:
        await outgoing.close()


async def reached(_: web.Request) -> web.Response:
    return web.Response(text="reached")


async def kind(node: HttpRequest, context: NodeContext, url: str, **params: Any) -> str:
    """How it failed, or that it was reached."""
    given: JSONObject = {"url": url, **params}
    outcome = await node.execute(context, given)
    if isinstance(outcome, Succeeded):
        return "reached"
    assert isinstance(outcome, Failed), outcome
    return outcome.error.type


@pytest.mark.parametrize(("only", "host", "meant"), [
    (("api.example.com",), "api.example.com", True),
    (("api.example.com",), "API.Example.COM", True),
    (("api.example.com",), "api.example.com.", True),
    (("api.example.com",), "evil.example.com", False),
    (("api.example.com",), "api.example.com.evil.test", False),
    (("api.example.com",), "xapi.example.com", False),
    (("*.example.com",), "a.b.example.com", True),
    (("*.example.com",), "example.com", False),
    (("*.example.com",), "evil-example.com", False),
    (("127.0.0.0/8",), "any.test", True),
    (("127.0.0.1/32",), "127.0.0.1", True),
    (("127.0.0.2/32",), "127.0.0.1", False),
    (("api.example.com",), "127.0.0.1", False),
    ((), "api.example.com", False),
])  # fmt: skip
async def test_only_what_a_tenant_names_is_reached(
    only: tuple[str, ...], host: str, meant: bool, tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    server = await serve(reached)
    tenants.policies["default"] = Egress(only=only)
    node = HttpRequest(opened("loopback", Rebinding("127.0.0.1")))
    expected = "reached" if meant else "address_not_allowed"
    assert await kind(node, context, f"http://{host}:{server.port}/") == expected
    # Nobody else is bound by it.
    assert await kind(node, context._replace(tenant="other"), f"http://{host}:{server.port}/") == "reached"


@pytest.mark.parametrize("host", [
    "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "[::ffff:127.0.0.1]", "[::1]",
    "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]", "localhost", "localhost.",
    "api.example.com@127.0.0.1", "api.example.com%40127.0.0.1", "127.0.0.1#api.example.com", "１２７.0.0.1",
])  # fmt: skip
@pytest.mark.parametrize("reach", ["public", "all"])
async def test_no_spelling_of_another_host_passes_for_a_named_one(
    host: str, reach: Reach, tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    hits: list[str] = []

    async def count(request: web.Request) -> web.Response:
        hits.append(request.path)
        return web.Response()

    server = await serve(count)
    tenants.policies["default"] = Egress(only=("api.example.com", "93.184.216.0/24"))
    how = await kind(HttpRequest(opened(reach)), context, f"http://{host}:{server.port}/")
    assert how in ("address_not_allowed", "params", "connection")
    assert hits == []


async def test_a_name_that_is_rebound_is_judged_by_what_is_connected(
    tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    server = await serve(reached)
    names = Rebinding("93.184.216.34", "127.0.0.1", "169.254.169.254")
    node = HttpRequest(opened("public", names))
    url = f"http://rebind.test:{server.port}/"
    tenants.policies["default"] = Egress(only=("rebind.test",))
    # Named, but what it leads to isn't open: neither at the second look-up nor at any later one.
    names.answers.pop(0)
    assert [await kind(node, context, url) for _ in range(3)] == ["address_not_allowed"] * 3
    assert len(names.asked) == 3


async def test_of_many_addresses_the_open_ones_are_connected(
    tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    server = await serve(reached)
    node = HttpRequest(opened("loopback", Rebinding(("169.254.169.254", "10.0.0.1", "127.0.0.1"))))
    assert await kind(node, context, f"http://mixed.test:{server.port}/") == "reached"
    tenants.policies["default"] = Egress(only=("10.0.0.0/8",))
    assert await kind(node, context, f"http://mixed.test:{server.port}/") == "address_not_allowed"


async def test_a_redirect_is_held_to_the_policy_too(
    tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    inner = await serve(reached)

    async def lead(_: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://inner.test:{inner.port}/")

    outer = await serve(lead)
    node = HttpRequest(opened("loopback", Rebinding("127.0.0.1")))
    tenants.policies["default"] = Egress(only=("outer.test",))
    url = f"http://outer.test:{outer.port}/"
    assert await kind(node, context, url) == "address_not_allowed"
    tenants.policies["default"] = Egress(only=("outer.test", "inner.test"))
    assert await kind(node, context, url) == "reached"


def test_private_networks_are_opened_for_one_tenant() -> None:
    guard = EgressGuard("public", Egress(also=("10.9.0.0/16", "fd00:1::/32")))
    for address in ("10.9.8.7", "::ffff:10.9.8.7", "fd00:1::5", "8.8.8.8"):
        assert guard.allows(address)
    for address in ("10.8.0.1", "127.0.0.1", "64:ff9b::10.9.8.7", "fd00:2::5", "169.254.169.254"):
        assert not guard.allows(address)
        assert not EgressGuard("public").allows("10.9.8.7")


def test_a_network_is_meant_also_behind_nat64() -> None:
    guard = EgressGuard("public", Egress(only=("8.8.8.0/24",)))
    assert guard.allows("64:ff9b::8.8.8.8")
    assert guard.allows("::ffff:8.8.8.8")
    assert not guard.allows("64:ff9b::8.8.9.8")


async def test_a_kept_connection_serves_no_other_policy(
    tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    """A connection that one tenant's policy allowed lies in the pool; another tenant asks for the same host."""
    server = await serve(reached)
    outgoing = opened("public", Rebinding("127.0.0.1"))
    node, url = HttpRequest(outgoing), f"http://shared.test:{server.port}/"
    tenants.policies["open"] = Egress(also=("127.0.0.0/8",))
    assert await kind(node, context._replace(tenant="open"), url) == "reached"
    assert await kind(node, context, url) == "address_not_allowed"
    assert await kind(node, context, f"http://127.0.0.1:{server.port}/") == "address_not_allowed"
    # Nor the same tenant once its policy is another.
    tenants.policies["open"] = Egress()
    assert await kind(node, context._replace(tenant="open"), url) == "address_not_allowed"


async def test_tenants_with_one_policy_share_a_session_and_others_are_let_go(
    tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    going, end = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        going.set()
        await end.wait()
        return web.Response(text="reached")

    server = await serve(slow)
    outgoing = opened("loopback")
    tenants.policies = {f"t{number}": Egress(also=(f"10.0.{number}.0/24",)) for number in range(MOST_SESSIONS * 2)}
    tenants.policies["twin"] = tenants.policies["t0"]
    assert await outgoing.of("t0") is await outgoing.of("twin")
    node = HttpRequest(outgoing)
    waiting = asyncio.create_task(kind(node, context._replace(tenant="t0"), f"http://127.0.0.1:{server.port}/"))
    await going.wait()
    first, idle = await outgoing.of("t0"), await outgoing.of("t1")
    for tenant in tenants.policies:
        await outgoing.of(tenant)
    assert not first.closed
    end.set()
    assert await waiting == "reached"
    await outgoing.close()
    assert idle.closed


async def test_messages_and_statements_are_held_to_it(
    tenants: Tenants, opened: Open, serve: Serve, context: NodeContext
) -> None:
    server = await serve(reached)
    outgoing = opened("loopback")
    tenants.policies["default"] = Egress(only=("api.example.com",))
    async with sealing() as made:
        notify = Notify(outgoing, MailboxTransport(made.real))
        sent = await notify.execute(
            context, {"channel": "webhook", "message": "hi", "url": f"http://127.0.0.1:{server.port}/"}
        )
    assert isinstance(sent, Failed)
    assert sent.error.type == "address_not_allowed"
    sql = SqlQuery(DatabaseReach(lambda _: True, judge=outgoing.guard))
    params: JSONObject = {"url": f"postgresql://a:b@127.0.0.1:{server.port}/c", "sql": "SELECT 1"}
    asked = await sql.execute(context, params)
    assert isinstance(asked, Failed)
    assert asked.error.type == "address_not_allowed"
    other = await sql.execute(context._replace(tenant="other"), {**params, "timeout": "2s"})
    assert isinstance(other, Failed)
    assert other.error.type != "address_not_allowed"


async def test_what_is_dialled_is_the_address_that_was_judged(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await serve(reached)
    looked: list[str] = []

    async def look(host: str, port: int, **_: Any) -> list[Any]:
        looked.append(host)
        addresses = ["169.254.169.254", "127.0.0.1"] if len(looked) == 1 else ["10.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look)
    made = await dial(EgressGuard("loopback"), "mail.test", int(server.port or 0))
    assert made.getpeername() == ("127.0.0.1", server.port)
    made.close()
    with pytest.raises(PermissionError):
        await dial(EgressGuard("loopback"), "mail.test", int(server.port or 0))
    with pytest.raises(PermissionError):
        await dial(EgressGuard("all", Egress(only=("10.0.0.2/32",))), "mail.test", int(server.port or 0))
    assert looked == ["mail.test"] * 3


async def test_a_change_counts_within_seconds(store_url: str) -> None:
    async with sealing(store_url) as made:
        await made.store.create_tenant(NewTenant("acme", "Acme"), made.clock.now())
        policies = EgressPolicies(made.store, made.clock)
        assert await policies.of("acme") == Egress()
        wanted = Egress(also=("10.0.0.0/8",), only=("api.example.com",))
        await made.store.change_tenant("acme", TenantChange(egress=wanted), made.clock.now())
        assert await policies.of("acme") == Egress()
        made.clock.move(KNOWN_FOR)
        assert await policies.of("acme") == wanted
        assert await policies.of("nobody") == Egress(only=())


async def test_this_machine_is_closed_to_steps_once_there_is_a_person(store_url: str) -> None:
    async with sealing(store_url) as made:
        policies = EgressPolicies(made.store, made.clock, local=True)
        assert EgressGuard("public", await policies.of("default")).allows("127.0.0.1")
        now = made.clock.now()
        ada = User("01990000-0000-7000-8000-000000000001", "person", "Ada", now, email="ada@example.com")
        await made.store.add_user(NewUser(ada), "default", Role.OWNER, now)
        made.clock.move(KNOWN_FOR)
        assert not EgressGuard("public", await policies.of("default")).allows("127.0.0.1")
