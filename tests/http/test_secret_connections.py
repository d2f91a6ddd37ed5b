"""Connections over HTTP: set, shown without what is confidential, kept, tried, and used by the nodes of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from holdfast.engine.connections.types import TYPES
from holdfast.model.egress import Egress
from holdfast.ports import TenantChange
from holdfast.schema import JsonSchemas
from tests.http.flows import definition, started
from tests.http.serving import Api, Reply
from tests.support.openai_server import OpenAIServer, says
from tests.support.ports import free_port
from tests.support.smtp import SmtpServer
from tests.support.waiting import eventually

SECRETS = "/api/v1/secrets"
PASSWORD = 'pa55"word/+&='
HOST = "127.0.0.1"


async def put(api: Api, name: str, connection: dict[str, Any], **more: Any) -> Reply:
    return await api.call("PUT", f"{SECRETS}/{name}", json={"connection": connection, **more})


async def made(api: Api, name: str, connection: dict[str, Any], **more: Any) -> Any:
    reply = await put(api, name, connection, **more)
    assert reply.status == 200, reply.text
    return reply.json


async def tried(api: Api, name: str) -> tuple[bool, str]:
    reply = await api.post(f"{SECRETS}/{name}/test")
    assert reply.status == 200, reply.text
    assert PASSWORD not in reply.text
    return reply.json["ok"], reply.json["detail"]


async def ended(api: Api, document: dict[str, Any]) -> Any:
    """The run once it is over; nothing of it names what is confidential."""
    run_id = await started(api, document)

    async def over() -> Any:
        run = (await api.get(f"/api/v1/runs/{run_id}")).json
        return run if run["state"] in ("SUCCEEDED", "FAILED") else None

    run = await eventually(over, 20)
    assert PASSWORD not in str(run)
    return run


def http(**auth: Any) -> dict[str, Any]:
    return {"type": "http", "auth": auth}


def smtp(host: str = "smtp.example.com", **more: Any) -> dict[str, Any]:
    return {"type": "smtp", "host": host, "username": "flows", "password": PASSWORD, **more}


@asynccontextmanager
async def echoing(statuses: list[int] | None = None) -> AsyncIterator[tuple[TestServer, list[Any]]]:
    """Sends back what it was sent, with these statuses and then with 200."""
    seen: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((str(request.rel_url), dict(request.headers)))
        said = {"headers": dict(request.headers), "url": str(request.rel_url)}
        return web.json_response(said, status=statuses.pop(0) if statuses else 200)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app, host=HOST)
    await server.start_server()
    try:
        yield server, seen
    finally:
        await server.close()


@contextmanager
def guarded_mail() -> Iterator[int]:
    """A mail server that lets in one user."""

    def judge(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"flows", PASSWORD.encode()), handled=False)

    port = free_port()
    controller = Controller(object(), hostname=HOST, port=port, authenticator=judge, auth_require_tls=False)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


async def test_the_types_are_listed_with_schemas_that_their_examples_fit(api: Api) -> None:
    listed = (await api.get("/api/v1/connection-types")).json["items"]
    assert {type_["id"] for type_ in listed} == {"smtp", "http", "database", "llm"} == set(TYPES)
    for type_ in listed:
        document = {name: value for name, value in type_["example"].items() if name != "type"}
        assert JsonSchemas().check(type_["schema"], document) == []
        assert type_["example"]["type"] == type_["id"]
        assert type_["title"]
        assert type_["icon"]


async def test_what_is_confidential_is_never_shown(each: Api, logs: list[Any]) -> None:
    auth = {"type": "oauth2_refresh", "token_url": "https://login.example.com/t", "client_id": "a"}
    hidden = {"client_secret": PASSWORD, "refresh_token": f"{PASSWORD}2"}
    replies = [
        await put(each, "MAIL", smtp(port=587)),
        await put(each, "CRM", http(**auth, **hidden), hosts=["api.example.com"]),
        await each.get(SECRETS),
        await put(each, "MAIL", smtp(port="x")),
        await put(each, "BAD", http(type="bearer", token=PASSWORD, password=PASSWORD), hosts=["a.example.com"]),
    ]
    assert [reply.status for reply in replies] == [200, 200, 200, 422, 422]
    assert not any("pa55" in reply.text for reply in replies)
    assert "pa55" not in str(logs)
    crm, mail = replies[2].json["items"]
    assert (mail["type"], mail["fields"]) == ("smtp", {"host": "smtp.example.com", "username": "flows", "port": 587})
    assert (crm["type"], crm["fields"]) == ("http", {"auth": auth})


@pytest.mark.parametrize(("connection", "more", "path"), [
    ({"type": "ftp"}, {}, "connection.type"),
    ({}, {}, "connection.type"),
    (smtp(port=70_000), {}, "connection.port"),
    (smtp(security="maybe"), {}, "connection.security"),
    (smtp(host="smtp://example.com"), {}, "connection.host"),
    (smtp(more=1), {}, "connection.more"),
    ({"type": "smtp", "host": "a.example.com", "username": "a"}, {}, "connection.password"),
    (smtp(), {"hosts": ["other.example.com"]}, "hosts"),
    (http(type="bearer", token="t"), {}, "hosts"),
    (http(type="bearer", token="t"), {"hosts": None}, "hosts"),
    (http(type="bearer"), {"hosts": ["a.example.com"]}, "connection.auth.token"),
    (http(type="digest"), {"hosts": ["a.example.com"]}, "connection.auth.type"),
    (http(type="oauth2_refresh", token_url="ftp://x", client_id="a", refresh_token="r"),
     {"hosts": ["a.example.com"]}, "connection.auth.token_url"),
    ({"type": "http", "base_url": "https://b.example.com", "auth": {"type": "bearer", "token": "t"}},
     {"hosts": ["a.example.com"]}, "hosts"),
    ({"type": "http", "base_url": "https://u:p@a.example.com", "auth": {"type": "bearer", "token": "t"}},
     {"hosts": ["a.example.com"]}, "connection.base_url"),
    ({"type": "database", "database": "shop"}, {}, "connection.host"),
    ({"type": "llm"}, {}, "connection.provider"),
])  # fmt: skip
async def test_a_wrong_connection_is_422(api: Api, connection: dict[str, Any], more: dict[str, Any], path: str) -> None:
    reply = await put(api, "KEY", connection, **more)
    assert reply.status == 422, reply.text
    assert path in reply.paths


async def test_value_and_connection_are_not_given_together(api: Api) -> None:
    reply = await put(api, "KEY", smtp(), value="x")
    assert (reply.status, reply.paths) == (422, ["value"])


async def test_a_change_keeps_the_password_that_it_leaves_out(each: Api) -> None:
    await made(each, "MAIL", smtp())
    kept = await made(each, "MAIL", {"type": "smtp", "host": "smtp.example.com", "username": "else", "port": 2525})
    assert kept["fields"] == {"host": "smtp.example.com", "username": "else", "port": 2525}
    engine = each.app.services.engine
    found = await engine.secrets.sealed("default", "MAIL")
    assert found is not None
    assert PASSWORD in engine.secrets.open(found).value.encode().decode("unicode_escape")


@pytest.mark.parametrize(("before", "bound", "after", "rebound", "path"), [
    # To another host, in clear, to more hosts than before: the password must be given.
    (smtp(), {}, {"type": "smtp", "host": "mail.evil.test", "username": "flows"}, {}, "connection.password"),
    (smtp(), {}, {"type": "smtp", "host": "smtp.example.com", "username": "flows", "security": "none"}, {},
     "connection.password"),
    (smtp(), {}, {"type": "smtp", "host": "smtp.example.com", "username": "flows"},
     {"hosts": ["smtp.example.com", "*.evil.test"]}, "connection.password"),
    (smtp(), {"kinds": ["email.send"]}, {"type": "smtp", "host": "smtp.example.com", "username": "flows"},
     {"kinds": None}, "connection.password"),
    (http(type="bearer", token=PASSWORD), {"hosts": ["api.example.com"]}, http(type="bearer"),
     {"hosts": ["evil.test"]}, "connection.auth.token"),
    (http(type="oauth2_client_credentials", token_url="https://login.example.com/t", client_id="a",
          client_secret=PASSWORD), {"hosts": ["api.example.com"]},
     http(type="oauth2_client_credentials", token_url="https://evil.test/t", client_id="a"), {},
     "connection.auth.client_secret"),
    # Of another kind there is nothing to keep.
    (http(type="header", name="X", value=PASSWORD), {"hosts": ["api.example.com"]}, http(type="query", name="x"), {},
     "connection.auth.value"),
])  # fmt: skip
async def test_a_password_that_is_kept_goes_nowhere_new(
    api: Api, before: Any, bound: Any, after: Any, rebound: Any, path: str
) -> None:
    await made(api, "KEY", before, **bound)
    reply = await put(api, "KEY", after, **rebound)
    assert (reply.status, reply.paths) == (422, [path])


async def test_a_host_changes_within_the_hosts_that_it_was_bound_to(api: Api) -> None:
    await made(api, "MAIL", smtp("one.example.com"), hosts=["*.example.com"])
    moved = {"type": "smtp", "host": "two.example.com", "username": "flows"}
    assert (await made(api, "MAIL", moved))["fields"]["host"] == "two.example.com"
    assert (await put(api, "MAIL", {**moved, "host": "two.evil.test"})).status == 422
    narrowed = await made(api, "MAIL", moved, hosts=["two.example.com"])
    assert narrowed["hosts"] == ["two.example.com"]


async def test_http_request_sends_a_connection_s_credentials(api: Api, logs: list[Any]) -> None:
    async with echoing() as (server, seen):
        base, origin = str(server.make_url("/v1")), server.make_url("/").origin()
        await made(
            api, "CRM",
            {"type": "http", "base_url": base, "auth": {"type": "basic", "username": "ada", "password": PASSWORD}},
            hosts=[HOST],
        )  # fmt: skip
        call = {"id": "call", "type": "http.request", "params": {"url": "/people", "connection": "CRM"}}
        run = await ended(api, definition("calls", call, output="{{ nodes.call.output.json }}"))
        assert run["state"] == "SUCCEEDED"
        assert seen[0][0] == "/v1/people"
        assert seen[0][1]["Authorization"].startswith("Basic YWRhOnBhNTUid29yZC8rJj0")
        assert "‹secret CRM.password›" in run["output"]["headers"]["Authorization"]
        # Its hosts bound where it goes.
        there = {"id": "call", "type": "http.request", "params": {"connection": "CRM"}}
        there["params"] = {"connection": "CRM", "url": f"http://localhost:{server.port}/"}
        refused = await ended(api, definition("elsewhere", there))
        assert "may not be sent to localhost, only to 127.0.0.1" in str(refused["error"])
        assert len(seen) == 1
    assert await tried(api, "CRM") == (False, f"GET {origin}: no connection")
    assert "pa55" not in str(logs)


async def test_a_connection_s_name_is_checked_when_a_workflow_is_saved(api: Api) -> None:
    def document(params: dict[str, Any]) -> dict[str, Any]:
        return definition("wrong", {"id": "call", "type": "http.request", "params": params})

    for params, path in (
        ({"url": "https://a.example.com", "connection": "{{ input.name }}"}, "nodes[0].params.connection"),
        ({"url": "https://a.example.com", "connection": "not a name"}, "nodes[0].params.connection"),
        ({"url": "/people"}, "nodes[0].params.url"),
        ({"url": "https://a.example.com", "connection": "A", "auth": {"type": "bearer", "token": "t"}},
         "nodes[0].params"),
    ):  # fmt: skip
        reply = await api.post("/api/v1/workflows", document(params))
        assert reply.status == 422, reply.text
        assert reply.paths == [path]
    # It may be made later.
    assert (await api.post("/api/v1/workflows", document({"url": "/a", "connection": "LATER"}))).status == 201


async def test_a_token_that_is_refused_is_fetched_anew_once(api: Api) -> None:
    given: list[str] = []

    async def token(_: web.Request) -> web.Response:
        given.append(f"token-{len(given)}-{PASSWORD.strip('=').replace(chr(34), '')}")
        return web.json_response({"access_token": given[-1], "expires_in": 3600})

    app = web.Application()
    app.router.add_post("/token", token)
    end = TestServer(app, host=HOST)
    await end.start_server()
    async with echoing([401, 200, 401, 401]) as (server, seen):
        auth = {"type": "oauth2_client_credentials", "token_url": str(end.make_url("/token"))}
        await made(api, "CRM", http(**auth, client_id="a", client_secret=PASSWORD), hosts=[HOST])
        node = {"id": "call", "type": "http.request", "retry": {"max_attempts": 1}}
        call = {**node, "params": {"url": str(server.make_url("/x")), "connection": "CRM"}}
        run = await ended(api, definition("renewed", call, output="{{ nodes.call.output.json }}"))
        assert (run["state"], len(given)) == ("SUCCEEDED", 2)
        assert [headers["Authorization"] for _, headers in seen] == [f"Bearer {token}" for token in given]
        assert not any(token in str(run) for token in given)
        again = await ended(api, definition("refused", call))
        assert (again["state"], len(given)) == ("FAILED", 3)
    await end.close()


async def test_mail_goes_over_a_connection_s_server(api: Api, smtp_server: SmtpServer) -> None:
    connection = {"type": "smtp", "host": HOST, "port": smtp_server.port, "security": "none", "from": "a@example.com"}
    await made(api, "MAIL", connection)
    assert await tried(api, "MAIL") == (True, f"{HOST} answered")
    params = {"to": "ada@example.com", "subject": "Hello", "text": "Hi", "connection": "MAIL"}
    run = await ended(api, definition("mails", {"id": "mail", "type": "email.send", "params": params}))
    assert run["state"] == "SUCCEEDED"
    mail = await smtp_server.received(lambda mail: mail.subject == "Hello")
    assert mail.sender == "a@example.com"
    told = {"channel": "email", "message": "Storm", "to": "ada@example.com", "connection": "MAIL"}
    assert (await ended(api, definition("tells", {"id": "tell", "type": "notify", "params": told})))["state"] == (
        "SUCCEEDED"
    )
    await smtp_server.received(lambda mail: mail.subject == "Storm")


async def test_a_mail_server_is_tried_with_its_password(api: Api) -> None:
    with guarded_mail() as port:
        await made(api, "MAIL", smtp(HOST, port=port, security="none"))
        assert await tried(api, "MAIL") == (True, f"{HOST} let us sign in")
        await made(api, "MAIL", smtp(HOST, port=port, security="none", password=f"{PASSWORD}x"))
        assert await tried(api, "MAIL") == (False, f"{HOST} refused user and password (535)")
        await made(api, "MAIL", smtp(HOST, port=port))
        ok, detail = await tried(api, "MAIL")
        assert (ok, "doesn't offer" in detail) == (False, True)


async def test_a_database_is_tried_and_asked(api: Api, postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    connection = {
        "type": "database", "host": parts.hostname, "port": parts.port, "database": parts.path.strip("/"),
        "username": unquote(parts.username or ""), "password": unquote(parts.password or "") or PASSWORD,
    }  # fmt: skip
    await made(api, "SHOP", connection)
    assert await tried(api, "SHOP") == (True, "SELECT 1 gave an answer")
    query = {"id": "ask", "type": "sql.query", "params": {"connection": "SHOP", "sql": "SELECT 7 AS n"}}
    run = await ended(api, definition("asks", query, output="{{ nodes.ask.output.rows }}"))
    assert run["output"] == [{"n": 7}]
    await made(api, "SHOP", {**connection, "database": "no such database"})
    ok, detail = await tried(api, "SHOP")
    assert (ok, "3D000" in detail) == (False, True)


async def test_a_model_is_tried_and_asked(api: Api) -> None:
    async with OpenAIServer(lambda _: says("Hello!")) as model, echoing([401, 200]) as (server, seen):
        await made(api, "LLM", {"type": "llm", "provider": "openai", "base_url": str(server.make_url("/v1")),
                                "api_key": "sk-an-example", "organization": "org"})  # fmt: skip
        assert await tried(api, "LLM") == (False, f"GET http://{HOST}:{server.port} answered 401")
        assert (await tried(api, "LLM"))[0]
        assert seen[0][0] == "/v1/models"
        assert (seen[0][1]["Authorization"], seen[0][1]["OpenAI-Organization"]) == ("Bearer sk-an-example", "org")
        await made(api, "LLM", {"type": "llm", "provider": "openai", "base_url": model.url, "api_key": "sk-an-example"})
        node = {"id": "ask", "type": "agent", "params": {"model": "openai:any", "prompt": "Hi", "connection": "LLM"}}
        run = await ended(api, definition("agent", node, output="{{ nodes.ask.output.output }}"))
        assert run["output"] == "Hello!"


async def test_trials_go_through_the_tenant_s_guard(api: Api, smtp_server: SmtpServer) -> None:
    engine = api.app.services.engine
    change = TenantChange(egress=Egress(only=("api.example.com",)))
    await engine.store.change_tenant("default", change, engine.clock.now())
    async with echoing() as (server, seen):
        plain = {"type": "bearer", "token": "t-1234"}
        await made(api, "CRM", {"type": "http", "base_url": str(server.make_url("/")), "auth": plain}, hosts=[HOST])
        await made(api, "MAIL", {"type": "smtp", "host": HOST, "port": smtp_server.port, "security": "none"})
        await made(api, "SHOP", {"type": "database", "host": HOST, "port": 1, "database": "a", "username": "b"})
        auth = {"type": "oauth2_client_credentials", "token_url": str(server.make_url("/t")), "client_id": "a"}
        await made(api, "OAUTH", http(**auth, client_secret=PASSWORD), hosts=[HOST])
        for name in ("CRM", "MAIL", "SHOP", "OAUTH"):
            ok, detail = await tried(api, name)
            assert (name, ok, "isn't open to outgoing requests" in detail) == (name, False, True)
        assert seen == []


async def test_only_connections_are_tried_and_by_editors(locked: Api) -> None:
    editor, viewer = await locked.key("editor"), await locked.key("viewer")
    assert (await locked.call("PUT", f"{SECRETS}/KEY", json={"value": "x"}, headers=editor)).status == 200
    assert (await locked.post(f"{SECRETS}/KEY/test", headers=editor)).status == 422
    assert (await locked.post(f"{SECRETS}/NONE/test", headers=editor)).status == 404
    assert (await locked.post(f"{SECRETS}/KEY/test", headers=viewer)).status == 403


async def test_trials_and_uses_are_in_the_audit_log(each: Api) -> None:
    await made(each, "MAIL", {"type": "smtp", "host": HOST, "port": 9, "security": "none"})
    await tried(each, "MAIL")

    async def actions() -> Any:
        items = (await each.get("/api/v1/audit")).json["items"]
        found = {(entry["action"], entry["target"]) for entry in items}
        return found if ("secret.used", "MAIL") in found else None

    assert ("secrets.test_secret", "MAIL") in await eventually(actions, 15)
