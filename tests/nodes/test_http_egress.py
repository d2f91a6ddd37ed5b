"""The guard at work: literal addresses, names and redirects that lead where requests may not go."""

from typing import Any

import pytest
from aiohttp import web

from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Failed, Succeeded
from holdfast.model.secret import SecretType
from holdfast.nodes.http_request import HttpRequest
from holdfast.ports import Connection, NodeContext, SecretRefused
from tests.nodes.conftest import Names, OpenSession, Serve

SECRET = "s3cr3t-value"


async def result(node: HttpRequest, context: NodeContext, params: JSONObject) -> Any:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.result


async def error_type(node: HttpRequest, context: NodeContext, params: JSONObject) -> tuple[str, bool]:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Failed), outcome
    return outcome.error.type, outcome.final


class Hits:
    """A handler that counts what reached it and keeps what it was sent."""

    def __init__(self, status: int = 200, location: str | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = status
        self.location = location

    async def __call__(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, headers, await request.read()))
        if self.location is not None:
            return web.Response(status=self.status, headers={"Location": self.location, "Set-Cookie": "a=1"})
        return web.Response(text="reached")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "2130706433", "127.1", "localhost"]
)
async def test_no_spelling_of_loopback_is_reached(
    host: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    hits = Hits()
    server = await serve(hits)
    node = HttpRequest(open_session("public"))
    kind, final = await error_type(node, context, {"url": f"http://{host}:{server.port}/"})
    # A spelling that the system doesn't take for an address isn't connected either.
    assert kind in ("address_not_allowed", "connection", "params")
    assert final or kind == "connection"
    assert hits.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]"])
async def test_loopback_is_refused_by_name_of_the_rule(
    host: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(Hits())
    node = HttpRequest(open_session("public"))
    assert await error_type(node, context, {"url": f"http://{host}:{server.port}/"}) == ("address_not_allowed", True)


async def test_a_name_that_resolves_to_loopback_is_refused(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    hits = Hits()
    server = await serve(hits)
    names = Names("127.0.0.1", server.port)
    node = HttpRequest(open_session("public", names))
    assert await error_type(node, context, {"url": "http://innocent.example/"}) == ("address_not_allowed", True)
    assert (names.asked, hits.requests) == (["innocent.example"], [])


async def test_a_name_that_changes_its_mind_is_refused(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    """The address that is connected is the one that is checked: there is no second look-up to change."""
    hits = Hits()
    server = await serve(hits)
    names = Names("169.254.169.254", server.port)
    node = HttpRequest(open_session("loopback", names))
    assert (await error_type(node, context, {"url": "http://rebind.example/"}))[0] == "address_not_allowed"


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"])
async def test_the_local_user_reaches_loopback_and_no_other_private_address(
    address: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(Hits())
    node = HttpRequest(open_session("loopback"))
    assert (await result(node, context, {"url": f"http://127.0.0.1:{server.port}/"}))["text"] == "reached"
    assert await error_type(node, context, {"url": f"http://{address}:{server.port}/"}) == ("address_not_allowed", True)


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data", "http://[::ffff:10.0.0.1]/"])
async def test_a_redirect_to_a_private_address_is_refused(
    target: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(Hits(302, target))
    node = HttpRequest(open_session("loopback"))
    assert await error_type(node, context, {"url": str(server.make_url("/"))}) == ("address_not_allowed", True)


@pytest.mark.parametrize("target", ["ftp://example.com/", "file:///etc/passwd", "http://", "javascript:alert(1)"])
async def test_a_redirect_to_another_scheme_is_refused(
    target: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(Hits(302, target))
    node = HttpRequest(open_session())
    assert await error_type(node, context, {"url": str(server.make_url("/"))}) == ("redirect", True)


async def test_redirects_end(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    hits = Hits(302, "/again")
    server = await serve(hits)
    assert await error_type(HttpRequest(open_session()), context, {"url": str(server.make_url("/"))}) == (
        "redirect",
        True,
    )
    assert len(hits.requests) == 6


async def test_a_redirect_need_not_be_followed(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    hits = Hits(302, "/again")
    server = await serve(hits)
    params: JSONObject = {"url": str(server.make_url("/")), "follow_redirects": False}
    output = await result(HttpRequest(open_session()), context, params)
    assert (output["status"], output["headers"]["location"], len(hits.requests)) == (302, "/again", 1)


async def test_another_origin_gets_no_headers_of_ours(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    other = Hits()
    target = await serve(other)
    server = await serve(Hits(307, f"http://ada:x@127.0.0.1:{target.port}/there"))
    params: JSONObject = {
        "method": "POST",
        "url": str(server.make_url("/")),
        "headers": {"X-Token": SECRET, "Cookie": SECRET, "Accept": "text/plain"},
        "auth": {"type": "header", "name": "X-Api-Key", "value": SECRET},
        "json": {"kept": True},
    }
    assert (await result(HttpRequest(open_session()), context, params))["text"] == "reached"
    method, headers, body = other.requests[0]
    assert (method, body, headers["accept"]) == ("POST", b'{"kept":true}', "text/plain")
    assert SECRET not in str(headers)
    assert "authorization" not in headers
    assert headers["idempotency-key"] == "key-1"


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("HEAD", 303, "HEAD"),
    ],
)
async def test_the_method_after_a_redirect(
    method: str, status: int, then: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    hits = Hits()
    target = await serve(hits)
    server = await serve(Hits(status, str(target.make_url("/there"))))
    params: JSONObject = {"method": method, "url": str(server.make_url("/")), "headers": {"X-Own": "1"}}
    if method != "HEAD":
        params["json"] = {"a": 1}
    await result(HttpRequest(open_session()), context, params)
    got, headers, body = hits.requests[0]
    assert got == then
    assert body == (b'{"a":1}' if then == method and method != "HEAD" else b"")
    assert ("content-type" in headers) == bool(body)
    assert "cookie" not in headers


async def test_proxies_of_the_environment_are_not_used(
    serve: Serve, open_session: OpenSession, context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, hits = Hits(), Hits()
    proxy_server, server = await serve(proxy), await serve(hits)
    monkeypatch.setenv("HTTP_PROXY", str(proxy_server.make_url("/")))
    monkeypatch.setenv("http_proxy", str(proxy_server.make_url("/")))
    await result(HttpRequest(open_session()), context, {"url": str(server.make_url("/"))})
    assert (len(proxy.requests), len(hits.requests)) == (0, 1)


async def test_cookies_are_not_kept(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    hits = Hits()
    server = await serve(hits)
    outgoing = open_session()

    async def cookie(request: web.Request) -> web.Response:
        return web.Response(headers={"Set-Cookie": "session=1; Path=/"})

    setter = await serve(cookie)
    await result(HttpRequest(outgoing), context, {"url": f"http://127.0.0.1:{setter.port}/"})
    await result(HttpRequest(outgoing), context, {"url": f"http://127.0.0.1:{server.port}/"})
    assert "cookie" not in hits.requests[0][1]


async def test_a_closed_session_is_opened_again(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    server = await serve(Hits())
    outgoing = open_session()
    await result(HttpRequest(outgoing), context, {"url": str(server.make_url("/"))})
    await outgoing.close()
    await result(HttpRequest(outgoing), context, {"url": str(server.make_url("/"))})


class Bound:
    """Secrets of which one is bound to a host."""

    def __init__(self, host: str) -> None:
        self._host = host

    async def get(self, name: str) -> str:
        return SECRET

    async def connection(self, name: str, type_: SecretType, stale: str | None = None) -> Connection:
        raise SecretRefused("it has none")

    def check_host(self, host: str, carried: JSON = None) -> None:
        if host != self._host and SECRET in str(carried):
            raise SecretRefused(f"may not be sent to {host}")


@pytest.mark.parametrize("status", [302, 307])
async def test_no_hop_leads_to_a_host_that_a_secret_is_not_bound_to(
    status: int, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    there = Hits()
    server = await serve(there)
    first = Hits(status, f"http://localhost:{server.port}/there")
    start = await serve(first)
    node = HttpRequest(open_session("loopback"))
    bound = context._replace(secrets=Bound("127.0.0.1"))
    params: JSONObject = {"method": "POST", "url": f"http://127.0.0.1:{start.port}/", "json": {"key": SECRET}}
    with pytest.raises(SecretRefused, match="may not be sent to localhost"):
        await node.execute(bound, params)
    assert (len(first.requests), there.requests) == (1, [])
    await result(node, bound, {**params, "json": {"key": "no secret"}})
    assert len(there.requests) == 1
    with pytest.raises(SecretRefused, match=r"may not be sent to 127\.0\.0\.1"):
        await node.execute(context._replace(secrets=Bound("api.example.com")), params)
    assert len(first.requests) == 2
