"""Webhooks over a real socket: what is accepted, how a body is read, what a repeat gets, what is refused."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from tests.http.hooking import hook, trigger_of
from tests.http.serving import JSON_TYPE, Api, workflow
from tests.http.test_problems import raw

SCHEMA = {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}}


async def test_a_delivery_commits_a_run_and_answers_202(api: Api) -> None:
    path = await hook(api)
    reply = await api.post(path, {"n": 1}, headers={"X-Correlation-Id": "from-far"})
    assert reply.status == 202
    assert set(reply.json) == {"run_id"}
    run = (await api.get(f"/api/v1/runs/{reply.json['run_id']}")).json
    assert run["input"] == {"n": 1}
    assert run["correlation_id"] == reply.headers["X-Correlation-Id"] == "from-far"


async def test_the_trigger_tells_of_the_request_but_not_of_its_credentials(api: Api) -> None:
    path = await hook(api)
    headers = {"Authorization": "Bearer sesame", "Cookie": "c=sesame", "X-Kind": "order"}
    reply = await api.call("PUT", f"{path}?a=1&b=2&b=3", json={"n": 1}, headers=headers)
    trigger = await trigger_of(api, reply.json["run_id"])
    assert (trigger["type"], trigger["id"], trigger["method"], trigger["path"]) == (
        "webhook",
        "hook",
        "PUT",
        "/hooks/*",
    )
    assert trigger["query"] == {"a": "1", "b": ["2", "3"]}
    assert trigger["headers"]["x-kind"] == "order"
    assert "sesame" not in str(trigger)
    assert path.rpartition("/")[2] not in str(trigger)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "OPTIONS"])
async def test_any_method_is_a_delivery(api: Api, method: str) -> None:
    reply = await api.call(method, await hook(api))
    assert reply.status == 202
    assert (await trigger_of(api, reply.json["run_id"]))["body"] is None


@pytest.mark.parametrize(("kind", "sent", "body"), [
    ("application/json", b'{"a": [1, true, null]}', {"a": [1, True, None]}),
    ("application/vnd.order+json; charset=utf-8", b"[1]", [1]),
    ("application/json", b"", None),
    ("application/x-www-form-urlencoded", b"a=1&b=x+y&a=%C3%A9", {"a": ["1", "é"], "b": "x y"}),
    ("text/plain", "grüße".encode(), "grüße"),
    ("text/csv", b"a,b", "a,b"),
    ("application/octet-stream", b"\x00\xff", b64encode(b"\x00\xff").decode()),
])  # fmt: skip
async def test_a_body_is_read_by_its_declared_type(api: Api, kind: str, sent: bytes, body: Any) -> None:
    reply = await api.call("POST", await hook(api), data=sent, headers={"Content-Type": kind})
    assert reply.status == 202, reply.text
    assert (await trigger_of(api, reply.json["run_id"]))["body"] == body


async def test_a_multipart_form_is_an_object_with_its_files(api: Api) -> None:
    form = aiohttp.FormData({"name": "Ada"})
    form.add_field("photo", b"\x89PNG", filename="me.png", content_type="image/png")
    reply = await api.call("POST", await hook(api), data=form)
    assert reply.status == 202, reply.text
    photo = {"filename": "me.png", "content_type": "image/png", "base64": b64encode(b"\x89PNG").decode()}
    assert (await trigger_of(api, reply.json["run_id"]))["body"] == {"name": "Ada", "photo": photo}


@pytest.mark.parametrize(("kind", "sent", "status"), [
    ("application/json", b'{"a": ', 400), ("application/json", b'{"a": 1, "a": 2}', 400),
    ("application/json", b"\xff", 400),
    ("text/plain", b"\xff", 400), ("application/x-www-form-urlencoded", b"a=%FF", 400),
    ("multipart/form-data; boundary=x", b"nothing", 400), ("application/json", b'{"a": 1e999}', 422),
    ("application/x-www-form-urlencoded", b"a=%00", 422), ("application/json", b'"\\ud800"', 422),
])  # fmt: skip
async def test_a_body_that_is_not_what_it_says_is_refused(api: Api, kind: str, sent: bytes, status: int) -> None:
    reply = await api.call("POST", await hook(api), data=sent, headers={"Content-Type": kind})
    assert reply.status == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (await api.get("/api/v1/runs")).json["items"] == []


@pytest.mark.parametrize("header", ["Idempotency-Key", "webhook-id", "X-GitHub-Delivery", "X-Delivery-Id"])
async def test_a_repeated_delivery_is_the_same_run_and_another_body_a_conflict(api: Api, header: str) -> None:
    path = await hook(api)
    first = await api.post(path, {"n": 1}, headers={header: "d-1"})
    again = await api.post(path, {"n": 1}, headers={header: "d-1"})
    other = await api.post(path, {"n": 2}, headers={header: "d-1"})
    assert (first.status, again.status, other.status) == (202, 200, 409)
    assert again.json == first.json
    assert len((await api.get("/api/v1/runs")).json["items"]) == 1


async def test_a_request_id_is_no_delivery_id(api: Api) -> None:
    path = await hook(api)
    runs = {(await api.post(path, {}, headers={"X-Request-Id": "r"})).json["run_id"] for _ in range(2)}
    assert len(runs) == 2


async def test_a_delivery_id_of_any_length_works(api: Api) -> None:
    path = await hook(api)
    replies = [await api.post(path, {}, headers={"webhook-id": "x" * 3000 + end}) for end in "aab"]
    assert [reply.status for reply in replies] == [202, 200, 202]


async def test_concurrent_repeats_make_one_run(api: Api) -> None:
    path = await hook(api)
    replies = await asyncio.gather(*(api.post(path, {"n": 1}, headers={"webhook-id": "same"}) for _ in range(20)))
    assert sorted(reply.status for reply in replies) == [200] * 19 + [202]
    assert len({reply.json["run_id"] for reply in replies}) == 1


async def test_over_a_mebibyte_is_413_also_in_chunks(api: Api) -> None:
    path = await hook(api)
    assert (await api.call("POST", path, data=BytesIO(b"x" * (1024 * 1024 + 1)))).status == 413
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert (await raw(api, head, b"10000\r\n" + b" " * 65536 + b"\r\n", 40)).startswith(b"HTTP/1.1 413")
    assert (await api.call("POST", path, data=BytesIO(b"x" * 1024 * 1024))).status == 202


@pytest.mark.parametrize("key", ["", "none", "a/b", "%00", "é", "x" * 500, "../health/live"])
async def test_an_unknown_address_is_404(api: Api, key: str) -> None:
    assert (await api.post(f"/hooks/{key}", {})).status in ({404} if key != "../health/live" else {404, 405})


async def test_off_is_404_and_on_again_is_202(api: Api) -> None:
    path = await hook(api)
    for enabled, status in ((False, 404), (True, 202)):
        reply = await api.call("PATCH", "/api/v1/workflows/greet", json={"enabled": enabled})
        assert reply.json["enabled"] is enabled
        assert (await api.post(path, {})).status == status


async def test_an_address_survives_a_save_and_ends_with_its_workflow(api: Api) -> None:
    path = await hook(api)
    saved = await api.call("PUT", "/api/v1/workflows/greet", json=workflow(title="Greet"))
    assert saved.json["version"] == 2
    assert saved.json["triggers"][0]["url"] == api.base + path
    assert (await api.post(path, {})).status == 202
    assert (await api.call("DELETE", "/api/v1/workflows/greet")).status == 204
    assert (await api.post(path, {})).status == 404


async def test_input_that_the_schema_refuses_is_422_with_its_path(api: Api) -> None:
    path = await hook(api, input=SCHEMA)
    reply = await api.call("POST", path, data=b'{"email": 7}', headers=JSON_TYPE)
    assert reply.status == 422
    assert reply.json["errors"][0]["path"] == "input.email"
    assert (await api.get("/api/v1/runs")).json["items"] == []
