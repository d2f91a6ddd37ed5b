"""Multipart forms as a real server reads them, and what no form can be made of."""

import base64
from typing import Any

import pytest
from aiohttp import BodyPartReader, web

from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.model.outcome import Failed, Succeeded
from holdfast.nodes.http_body import read_body
from holdfast.nodes.http_params import PARAMS
from holdfast.nodes.http_request import HttpRequest
from holdfast.ports import NodeContext
from holdfast.schema import JsonSchemas
from tests.nodes.conftest import OpenSession, Serve

BYTES = bytes(range(256))


async def parts(request: web.Request) -> web.Response:
    """Tells the parts of the form that arrived, each with its bytes."""
    read: list[JSON] = []
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        content = b64(bytes(await part.read()))
        read.append([part.name, part.filename, part.headers.get("Content-Type"), content])
    return web.json_response(read)


async def sent(open_session: OpenSession, context: NodeContext, params: JSONObject) -> Any:
    outcome = await HttpRequest(open_session()).execute(context, params)
    assert isinstance(outcome, Succeeded), outcome
    assert isinstance(outcome.result, dict)
    return outcome.result["json"]


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


async def test_fields_and_files_arrive_as_they_are(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    server = await serve(parts)
    form: JSONObject = {
        "title": "Mörz",
        "count": 3,
        "left out": None,
        "tag": ["a", "b"],
        "report": {"filename": "report.csv", "content_type": "text/csv", "text": "a,b\r\n--x\r\n"},
        "raw": {"filename": "päge.bin", "base64": b64(BYTES)},
    }
    params: JSONObject = {"method": "POST", "url": str(server.make_url("/")), "multipart": form}
    assert JsonSchemas().check(PARAMS, {**params, "multipart": {k: v for k, v in form.items() if v is not None}}) == []
    assert await sent(open_session, context, params) == [
        ["title", None, None, b64("Mörz")],
        ["count", None, None, b64("3")],
        ["tag", None, None, b64("a")],
        ["tag", None, None, b64("b")],
        ["report", "report.csv", "text/csv", b64("a,b\r\n--x\r\n")],
        ["raw", "päge.bin", "application/octet-stream", b64(BYTES)],
    ]


async def test_a_name_can_start_no_header(serve: Serve, open_session: OpenSession, context: NodeContext) -> None:
    server = await serve(parts)
    name = 'a"; filename="x\r\nContent-Type: text/html\r\n\r\nbody'
    params: JSONObject = {"method": "POST", "url": str(server.make_url("/")), "multipart": {name: "value"}}
    got = await sent(open_session, context, params)
    assert [(filename, kind, content) for _, filename, kind, content in got] == [(None, None, b64("value"))]


def test_a_content_cannot_end_its_part() -> None:
    """The boundary depends on the contents, so that a content that quotes an earlier boundary changes it."""
    _, first = read_body({"multipart": {"a": "x"}})
    assert first is not None
    boundary = first.partition("boundary=")[2]
    body, second = read_body({"multipart": {"a": f"x\r\n--{boundary}--\r\n"}})
    assert second is not None
    assert body is not None
    assert boundary not in second
    assert body.count(second.partition("boundary=")[2].encode()) == 2


def test_a_form_is_the_same_on_every_attempt() -> None:
    form: JSONObject = {"multipart": {"a": "x", "b": {"filename": "f", "text": "y"}}}
    assert read_body(form) == read_body(form)


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_sends_the_same_form(
    status: int, serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    target = await serve(parts)

    async def away(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, headers={"Location": str(target.make_url("/"))})

    server = await serve(away)
    params: JSONObject = {"method": "POST", "url": str(server.make_url("/")), "multipart": {"a": "x"}}
    assert await sent(open_session, context, params) == [["a", None, None, b64("x")]]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"a": {"base64": "no base64!"}}, "multipart: a: base64 isn't valid"),
        ({"a": {"text": "x", "content_type": "text/html\r\nX: 1"}}, "multipart: a: content_type isn't a media type"),
    ],
)
async def test_parts_that_cannot_be_sent_are_final(
    form: JSONObject, message: str, open_session: OpenSession, context: NodeContext
) -> None:
    params: JSONObject = {"method": "POST", "url": "http://127.0.0.1:9/", "multipart": form}
    outcome = await HttpRequest(open_session()).execute(context, params)
    assert isinstance(outcome, Failed)
    assert outcome.final
    assert outcome.error.message.startswith(message)


@pytest.mark.parametrize(
    ("params", "path", "message"),
    [
        ({"multipart": {"a": {}}}, "multipart.a", "a file with text or base64"),
        ({"multipart": {"a": {"text": "x", "base64": "eA=="}}}, "multipart.a", "a file with text or base64"),
        ({"multipart": {"a": {"filename": "a/b", "text": "x"}}}, "multipart.a", "a file with text or base64"),
        ({"multipart": {}, "json": 1}, "", "not several"),
        ({"body": "x", "form": {}}, "", "not several"),
    ],
)
def test_wrong_forms_are_told_by_place(params: JSONObject, path: str, message: str) -> None:
    breaches = {pointer(at): told for at, told in JsonSchemas().check(PARAMS, {"url": "http://a", **params})}
    assert message in breaches[path]
