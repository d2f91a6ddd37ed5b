"""Bounds of webhooks over a real socket: methods, sizes, rates, origins, addresses; and what is told of refusals."""

from __future__ import annotations

import gzip
from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest

from tests.http.hooking import hook, rejections, runs, trigger_of
from tests.http.serving import JSON_TYPE, Api
from tests.http.test_problems import raw

PAGE = "https://app.example.com"
ASKS = {"Origin": PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-a, content-type"}


# -- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("more", "rest"), [("", ""), ("/", "/"), ("/a/b", "/a/b"), ("/a%20b?x=1", "/a b")])
async def test_what_follows_the_key_is_given_to_the_run(api: Api, more: str, rest: str) -> None:
    path = await hook(api)
    reply = await api.post(path + more, {})
    assert reply.status == 202
    assert (await trigger_of(api, reply.json["run_id"]))["rest"] == rest


async def test_the_other_name_of_an_address(api: Api) -> None:
    key = (await hook(api)).removeprefix("/hooks/")
    reply = await api.post(f"/events/webhook/{key}", {"n": 1})
    assert reply.status == 202
    assert (await api.get(f"/api/v1/runs/{reply.json['run_id']}")).json["input"] == {"n": 1}
    assert (await api.call("PUT", f"/events/webhook/{key}/rest")).status == 202
    assert (await api.post("/events/webhook/unknown", {})).status == 404


@pytest.mark.parametrize("rest", ["/%00", "/\udcff"])
async def test_a_rest_that_no_store_keeps_is_refused(api: Api, rest: str) -> None:
    path = await hook(api)
    head = f"POST {path}{rest} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    answer = await raw(api, head.encode("utf-8", "surrogateescape"))
    assert answer.split(b" ")[1] in (b"400", b"422")


# -- methods ---------------------------------------------------------------------------------------------------------


async def test_only_the_methods_that_a_trigger_names(api: Api) -> None:
    path = await hook(api, trigger={"methods": ["POST", "PUT"]})
    assert [(await api.call(method, path)).status for method in ("POST", "PUT")] == [202, 202]
    for method in ("GET", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        reply = await api.call(method, path)
        assert (reply.status, reply.headers["Allow"]) == (405, "POST, PUT")
    assert (await api.call("GET", "/hooks/unknown")).status == 404
    await api.call("PATCH", "/api/v1/workflows/greet", json={"enabled": False})
    reply = await api.call("GET", path)
    assert (reply.status, reply.headers.get("Allow")) == (404, None)


# -- sizes -----------------------------------------------------------------------------------------------------------


async def test_a_trigger_bounds_its_bodies(api: Api) -> None:
    small = await hook(api, trigger={"max_body": 10})
    large = await hook(api, name="large", trigger={"max_body": 2 * 1024 * 1024})
    assert (await api.call("POST", small, data=b"x" * 10)).status == 202
    assert (await api.call("POST", small, data=b"x" * 11)).status == 413
    assert (await api.call("POST", large, data=BytesIO(b"x" * 1_500_000))).status == 202
    assert (await api.call("POST", large, data=BytesIO(b"x" * (2 * 1024 * 1024 + 1)))).status == 413
    reasons = await rejections(api, 2)
    assert ["10 bytes" in reasons[1], "2048 KiB" in reasons[0]] == [True, True], reasons


async def test_a_large_body_at_an_unknown_address_is_404(api: Api) -> None:
    assert (await api.call("POST", "/hooks/unknown", data=BytesIO(b"x" * 3_000_000))).status == 404


# -- rates -----------------------------------------------------------------------------------------------------------


async def test_more_than_a_triggers_rate_is_429(api: Api) -> None:
    path = await hook(api, trigger={"rate": "2/1h"})
    replies = [await api.post(path, {}) for _ in range(4)]
    assert [reply.status for reply in replies] == [202, 202, 429, 429]
    assert 1700 < int(replies[2].headers["Retry-After"]) <= 1800
    assert len(await runs(api)) == 2
    assert "2/1h" in (await rejections(api))[0]


# -- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "sent", "body"), [
    ("application/xml", "<a>é</a>".encode(), "<a>é</a>"), ("application/atom+xml", b"<feed/>", "<feed/>"),
    ("text/xml; charset=ISO-8859-1", b"<a>\xe9</a>", "<a>é</a>"),
    ("application/xml", b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>',
     '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'),
    ('text/plain; charset="utf-8"', "é".encode(), "é"), ("text/plain; charset=windows-1252", b"\x80", "€"),
    ("application/x-ndjson", b"{}\n{}", "{}\n{}"), ("application/yaml", b"a: 1", "a: 1"),
    ("application/pdf", b"%PDF", b64encode(b"%PDF").decode()), ("", b"x", b64encode(b"x").decode()),
])  # fmt: skip
async def test_texts_are_text_and_anything_else_base64(api: Api, kind: str, sent: bytes, body: Any) -> None:
    head = f"POST {await hook(api)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(sent)}\r\n"
    head += f"Content-Type: {kind}\r\n" if kind else ""
    answer = await raw(api, f"{head}\r\n".encode() + sent)
    assert answer.startswith(b"HTTP/1.1 202"), answer
    assert (await trigger_of(api, (await runs(api))[0]["id"]))["body"] == body


@pytest.mark.parametrize("kind", ["text/plain; charset=klingon", "text/plain; charset=us-ascii", "application/xml"])
async def test_a_text_that_is_not_in_its_charset_is_400(api: Api, kind: str) -> None:
    reply = await api.call("POST", await hook(api), data=b"\xff\xfe", headers={"Content-Type": kind})
    assert reply.status == 400


async def test_a_packed_body_is_415_and_says_so(api: Api) -> None:
    packed = {**JSON_TYPE, "Content-Encoding": "gzip"}
    for path in (await hook(api), "/api/v1/jobs", "/api/v1/events"):
        reply = await api.call("POST", path, data=gzip.compress(b"{}"), headers=packed)
        assert (reply.status, reply.headers["Accept-Encoding"]) == (415, "identity")
        assert "Content-Encoding: gzip" in reply.json["detail"]
    assert "gzip" in (await rejections(api))[0]
    plain = {**JSON_TYPE, "Content-Encoding": "identity"}
    assert (await api.call("POST", await hook(api, name="plain"), data=b"{}", headers=plain)).status == 202


async def test_keys_of_the_sender_stay_out(api: Api) -> None:
    sent = {"X-API-Key": "sesame", "X-Gitlab-Token": "sesame", "Proxy-Authorization": "sesame", "X-Event": "push"}
    reply = await api.post(await hook(api), {}, headers=sent)
    trigger = await trigger_of(api, reply.json["run_id"])
    assert trigger["headers"]["x-event"] == "push"
    assert "sesame" not in str(trigger)


# -- pages of other origins ------------------------------------------------------------------------------------------


async def test_a_page_may_call_a_trigger_that_asks_for_it(api: Api) -> None:
    path = await hook(api, trigger={"cors": [PAGE], "methods": ["POST"]})
    asked = await api.call("OPTIONS", path, headers=ASKS)
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, PAGE)
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Access-Control-Allow-Headers"] == "x-a, content-type"
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert not await runs(api)
    reply = await api.post(path, {}, headers={"Origin": PAGE})
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (202, PAGE)
    assert "origin" in reply.headers["Vary"].lower()
    refused = await api.call("POST", path, data=b"{", headers={**JSON_TYPE, "Origin": PAGE})
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (400, PAGE)


async def test_a_page_of_another_origin_may_not(api: Api) -> None:
    path = await hook(api, trigger={"cors": [PAGE]})
    for origin in ("https://evil.example.com", f"{PAGE}.evil.example.com", "null", "http://app.example.com"):
        asked = await api.call("OPTIONS", path, headers={**ASKS, "Origin": origin})
        assert (asked.status, asked.headers.get("Access-Control-Allow-Origin")) == (204, None)
        assert "Access-Control-Allow-Methods" not in asked.headers


async def test_any_page_may_call_what_says_so(api: Api) -> None:
    path = await hook(api, trigger={"cors": "*"})
    asked = await api.call("OPTIONS", path, headers={**ASKS, "Origin": "null"})
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PUT, PATCH, DELETE"


@pytest.mark.parametrize(("trigger", "allowed"), [
    ({}, "DELETE, GET, HEAD, PATCH, POST, PUT"), ({"methods": ["OPTIONS", "POST"]}, "OPTIONS, POST"),
])  # fmt: skip
async def test_without_cors_a_preflight_starts_nothing(api: Api, trigger: dict[str, Any], allowed: str) -> None:
    path = await hook(api, trigger=trigger)
    asked = await api.call("OPTIONS", path, headers=ASKS)
    assert (asked.status, asked.headers["Allow"]) == (405, allowed)
    assert not [name for name in asked.headers if name.lower().startswith("access-control")]
    assert not await runs(api)
    assert "cors" in (await rejections(api))[0]
    assert (await api.call("OPTIONS", path)).status == 202


async def test_an_unknown_address_answers_no_preflight(api: Api) -> None:
    asked = await api.call("OPTIONS", "/hooks/unknown", headers=ASKS)
    assert asked.status == 404
    assert not [name for name in asked.headers if name.lower().startswith("access-control")]
