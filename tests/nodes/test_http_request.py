"""``http.request`` against real servers: what it sends, what it gives, and how it fails."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from holdfast.model.instant import DAY, SECOND
from holdfast.model.json import JSON, JSONObject, problems_of
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.http_request import HttpRequest
from holdfast.ports import NodeContext
from tests.nodes.conftest import NOW, OpenSession, Serve

SECRET = "s3cr3t-value"


async def echo(request: web.Request) -> web.Response:
    """Tells what arrived."""
    return web.json_response(
        {
            "method": request.method,
            "path": request.path,
            "query": [[name, value] for name, value in request.query.items()],
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "body": (await request.read()).decode(),
        }
    )


def answering(status: int = 200, body: bytes = b"", **headers: str) -> Any:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


async def succeeded(node: HttpRequest, context: NodeContext, params: JSONObject) -> Any:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Succeeded), outcome
    assert problems_of(outcome.result) == []
    return outcome.result


async def failure(node: HttpRequest, context: NodeContext, params: JSONObject) -> Failed:
    outcome = await node.execute(context, params)
    assert isinstance(outcome, Failed), outcome
    return outcome


async def test_the_request_carries_its_body_and_the_jobs_identity(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(echo)
    params: JSONObject = {
        "method": "POST",
        "url": str(server.make_url("/a b?x=1")),
        "query": {"y": [2, True], "z": None, "text": "ä&b"},
        "headers": {"X-Extra": "1"},
        "json": {"email": "ada@example.com"},
    }
    output = await succeeded(HttpRequest(open_session()), context, params)
    assert output["status"] == 200
    assert output["headers"]["content-type"].startswith("application/json")
    assert output["json"] == json.loads(output["text"])
    got = output["json"]
    assert (got["method"], got["path"], json.loads(got["body"])) == ("POST", "/a b", {"email": "ada@example.com"})
    assert got["query"] == [["x", "1"], ["y", "2"], ["y", "true"], ["text", "ä&b"]]
    assert got["headers"]["content-type"] == "application/json"
    assert got["headers"]["idempotency-key"] == "key-1"
    assert got["headers"]["x-correlation-id"] == "correlation-1"
    assert got["headers"]["x-extra"] == "1"
    assert got["headers"]["user-agent"].startswith("holdfast/")


@pytest.mark.parametrize(
    ("params", "content_type", "body"),
    [
        ({"form": {"a": "1 2", "b": True}}, "application/x-www-form-urlencoded", "a=1+2&b=true"),
        ({"body": "plain ä"}, "text/plain; charset=utf-8", "plain ä"),
        ({"body": "<a/>", "headers": {"content-type": "application/xml"}}, "application/xml", "<a/>"),
        ({"json": None}, "application/json", "null"),
    ],
)
async def test_bodies(
    params: JSONObject, content_type: str, body: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(echo)
    full: JSONObject = {"method": "PUT", "url": str(server.make_url("/")), **params}
    got = (await succeeded(HttpRequest(open_session()), context, full))["json"]
    assert (got["headers"]["content-type"], got["body"]) == (content_type, body)


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"type": "basic", "username": "ada", "password": "pässword"}, "authorization", "Basic YWRhOnDDpHNzd29yZA=="),
        ({"type": "bearer", "token": SECRET}, "authorization", f"Bearer {SECRET}"),
        ({"type": "header", "name": "X-Api-Key", "value": SECRET}, "x-api-key", SECRET),
    ],
)
async def test_credentials(
    auth: JSON, name: str, value: str, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(echo)
    params: JSONObject = {"url": str(server.make_url("/")), "auth": auth}
    got = (await succeeded(HttpRequest(open_session()), context, params))["json"]
    assert got["headers"][name] == value


@pytest.mark.parametrize(
    ("status", "final"),
    [(400, True), (401, True), (404, True), (408, False), (409, True), (429, False), (500, False), (503, False)],
)
async def test_an_unexpected_status_fails(
    status: int, final: bool, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(answering(status, SECRET.encode(), X_Secret=SECRET))
    url = str(server.make_url(f"/{SECRET}?key={SECRET}"))
    outcome = await failure(HttpRequest(open_session()), context, {"url": url, "headers": {"X-Key": SECRET}})
    assert outcome.final is final
    assert outcome.error.details == {"status": status}
    assert str(status) in outcome.error.message
    assert SECRET not in json.dumps(outcome.error.as_json())


@pytest.mark.parametrize("expect", [[404], ["4xx"], [503, "4xx"]])
async def test_an_expected_status_succeeds(
    expect: JSON, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(answering(404, b"nothing", Content_Type="text/plain"))
    params: JSONObject = {"url": str(server.make_url("/")), "expect": expect}
    output = await succeeded(HttpRequest(open_session()), context, params)
    assert (output["status"], output["text"], output["json"]) == (404, "nothing", None)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120 * SECOND),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90 * SECOND),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("999999999999999", DAY),
        ("soon", None),
        ("-5", None),
    ],
)
async def test_retry_after_is_kept_in_both_forms(
    header: str, wait: int | None, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(answering(503, Retry_After=header))
    outcome = await failure(HttpRequest(open_session()), context, {"url": str(server.make_url("/"))})
    assert context.now == NOW
    assert (outcome.final, outcome.retry_after) == (False, wait)


@pytest.mark.parametrize(
    ("body", "content_type", "text", "parsed"),
    [
        (b'{"a": 1}', "application/problem+json", '{"a": 1}', {"a": 1}),
        (b'{"a": 1}', "text/plain", '{"a": 1}', None),
        (b'{"a": NaN}', "application/json", '{"a": NaN}', None),
        (b'{"a": 123456789012345678901234567890}', "application/json", '{"a": 123456789012345678901234567890}', None),
        (b'"\\ud800"', "application/json", '"\\ud800"', None),
        (b"not json", "application/json", "not json", None),
        (b"", "application/json", "", None),
        (b"\xff\xfe\x00", "application/octet-stream", None, None),
        (b"\xe4", "text/plain; charset=latin-1", "ä", None),
        (b"\xe4", "text/plain; charset=nonsense", None, None),
        (b"a\x00b", "text/plain", None, None),
    ],
)
async def test_bodies_of_answers_are_portable_json_or_null(
    body: bytes,
    content_type: str,
    text: str | None,
    parsed: JSON,
    serve: Serve,
    open_session: OpenSession,
    context: NodeContext,
) -> None:
    server = await serve(answering(200, body, Content_Type=content_type))
    output = await succeeded(HttpRequest(open_session()), context, {"url": str(server.make_url("/"))})
    assert (output["text"], output["json"]) == (text, parsed)


async def test_a_deeply_nested_answer_is_text_only(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(answering(200, b"[" * 100_000 + b"]" * 100_000, Content_Type="application/json"))
    output = await succeeded(HttpRequest(open_session()), context, {"url": str(server.make_url("/"))})
    assert output["json"] is None


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_huge_body_fails_for_good(
    chunked: bool, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    async def huge(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=b"x" * 100_001)
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 10_000)
        except ConnectionError:
            return response

    server = await serve(huge)
    params: JSONObject = {"url": str(server.make_url("/")), "max_bytes": 100_000}
    outcome = await failure(HttpRequest(open_session()), context, params)
    assert (outcome.error.type, outcome.final) == ("too_large", True)


async def test_a_packed_bomb_is_measured_unpacked(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    async def bomb(request: web.Request) -> web.Response:
        response = web.Response(body=b"\0" * 20_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    server = await serve(bomb)
    params: JSONObject = {"url": str(server.make_url("/")), "max_bytes": 1_000_000}
    outcome = await failure(HttpRequest(open_session()), context, params)
    assert outcome.error.type == "too_large"


async def test_the_length_that_a_head_answer_names_is_no_body(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(answering(200, b"x" * 1000))
    params: JSONObject = {"method": "HEAD", "url": str(server.make_url("/")), "max_bytes": 10}
    assert (await succeeded(HttpRequest(open_session()), context, params))["text"] == ""


async def test_a_body_that_trickles_times_out(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    gone = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b".")
                await asyncio.sleep(0.01)
        except (ConnectionError, asyncio.CancelledError):
            gone.set()
            raise

    server = await serve(trickle)
    params: JSONObject = {"url": str(server.make_url("/")), "timeout": "200ms"}
    outcome = await failure(HttpRequest(open_session()), context, params)
    assert (outcome.error.type, outcome.final) == ("timeout", False)
    await asyncio.wait_for(gone.wait(), 10)


async def test_a_cancelled_attempt_is_cancelled(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await never.wait()
        return web.Response()

    server = await serve(hang)
    attempt = asyncio.create_task(
        HttpRequest(open_session()).execute(context, {"url": str(server.make_url("/")), "timeout": "1h"})
    )
    await asyncio.wait_for(arrived.wait(), 10)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    never.set()


async def test_a_connection_that_breaks_is_worth_another_try(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"only this")
        assert request.transport is not None
        request.transport.abort()
        return response

    server = await serve(cut)
    outcome = await failure(HttpRequest(open_session()), context, {"url": str(server.make_url("/"))})
    assert (outcome.error.type, outcome.final) == ("connection", False)


async def test_nobody_listening_is_worth_another_try(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(echo)
    url = str(server.make_url("/"))
    await server.close()
    outcome = await failure(HttpRequest(open_session()), context, {"url": url})
    assert (outcome.error.type, outcome.final) == ("connection", False)


@pytest.mark.parametrize(
    "params",
    [
        {"url": "ftp://example.com/"},
        {"url": "file:///etc/passwd"},
        {"url": "/relative"},
        {"url": "http://"},
        {"url": "http://example.com:99999/"},
        {"url": f"http://ada:{SECRET}@example.com/"},
        {"url": "http://[::1"},
        {"url": "http://example.com/", "headers": {"X-A": f"1\r\nX-Secret: {SECRET}"}},
        {"url": "http://example.com/", "headers": {"Content-Length": "3"}},
        {"url": "http://example.com/", "headers": {"host": "other"}},
        {"url": "http://example.com/", "headers": {"Proxy-Authorization": SECRET}},
        {"url": "http://example.com/", "headers": {"a b": "1"}},
        {"url": "http://example.com/", "auth": {"type": "bearer", "token": f"{SECRET}\r\nX: 1"}},
        {"url": "http://example.com/", "json": 1, "body": "x"},
        {"url": "http://example.com/", "timeout": "soon"},
    ],
)
async def test_params_that_can_never_work_are_final(
    params: JSONObject, open_session: OpenSession, context: NodeContext
) -> None:
    outcome = await failure(HttpRequest(open_session()), context, params)
    assert (outcome.error.type, outcome.final) == ("params", True)
    assert SECRET not in outcome.error.message


async def test_a_retry_sends_the_same_key(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    server = await serve(echo)
    node, params = HttpRequest(open_session()), {"url": str(server.make_url("/"))}
    keys = [
        (await succeeded(node, context._replace(attempt=attempt), dict(params)))["json"]["headers"]["idempotency-key"]
        for attempt in (1, 2)
    ]
    assert keys == ["key-1", "key-1"]


async def test_a_body_of_megabytes_arrives_whole(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    async def count(request: web.Request) -> web.Response:
        return web.json_response({"bytes": len(await request.read())})

    server = await serve(count)
    params: JSONObject = {"method": "POST", "url": str(server.make_url("/")), "body": "x" * 5_000_000}
    assert (await succeeded(HttpRequest(open_session()), context, params))["json"] == {"bytes": 5_000_000}
