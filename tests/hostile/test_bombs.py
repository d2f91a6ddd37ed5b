"""Small bodies that unfold into large ones: packed, nested, repeated, referring to themselves.

Each is refused, or stays as small as it came; the server answers the next request. Memory is measured, never time.
"""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zlib
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from holdfast.definition_yaml import read_yaml
from holdfast.model.errors import Invalid
from holdfast.model.outcome import Failed
from holdfast.nodes.http_request import HttpRequest
from holdfast.ports import NodeContext
from holdfast.strict_json import read_json
from tests.http.hooking import trigger_of
from tests.http.serving import Api, workflow
from tests.nodes.conftest import OpenSession, Serve, context, open_session, serve

__all__ = ["context", "open_session", "serve"]
MEGABYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}
YAML = {"Content-Type": "application/yaml"}
REFUSED = (400, 413, 422)
PLACES = ["/api/v1/jobs", "/api/v1/workflows", "/api/v1/workflows/greet/runs", "/api/v1/events"]


@pytest.fixture
async def hook(api: Api) -> str:
    created = await api.create(workflow())
    path: str = urlsplit(created["triggers"][0]["url"]).path
    return path


# -- packed bodies ---------------------------------------------------------------------------------------------------


async def test_no_packed_body_is_unpacked(api: Api, hook: str) -> None:
    bomb = gzip.compress(b"[" + b"0," * 8 * MEGABYTE + b"0]")
    assert len(bomb) < MEGABYTE // 8
    for coding in ("gzip", "GZip", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, gzip", "?"):
        for path in (*PLACES, hook):
            reply = await api.call("POST", path, data=bomb, headers={**JSON, "Content-Encoding": coding})
            assert (reply.status, reply.headers.get("Accept-Encoding")) == (415, "identity"), (coding, path)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_an_answer_that_unfolds_without_end_is_left(
    serve: Serve, open_session: OpenSession, context: NodeContext, coding: str
) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    bomb = b"".join([packer.compress(b"\0" * MEGABYTE) for _ in range(512)]) + packer.flush()
    assert len(bomb) < MEGABYTE

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": coding, "Content-Type": "text/plain"})

    server = await serve(answer)
    node = HttpRequest(open_session())
    tracemalloc.start()
    try:
        outcome = await node.execute(context, {"method": "GET", "url": str(server.make_url("/"))})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, Failed)
    assert (outcome.final, outcome.error.type) == (True, "too_large")
    assert peak < 64 * MEGABYTE


async def test_an_answer_packed_many_times_is_unpacked_no_more_than_once(
    serve: Serve, open_session: OpenSession, context: NodeContext
) -> None:
    bomb = b"\0" * 64 * MEGABYTE
    for _ in range(3):
        bomb = gzip.compress(bomb)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip, gzip, gzip"})

    server = await serve(answer)
    tracemalloc.start()
    try:
        await HttpRequest(open_session()).execute(context, {"method": "GET", "url": str(server.make_url("/"))})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MEGABYTE


# -- JSON ------------------------------------------------------------------------------------------------------------

MANY = 100_000
JSON_BOMBS: dict[str, bytes] = {
    "lists in lists": b"[" * MANY + b"]" * MANY,
    "lists that never end": b"[" * (7 * MEGABYTE),
    "objects in objects": b'{"a":' * MANY + b"1" + b"}" * MANY,
    "objects in lists": b'[{"a":' * MANY,
    "a number of a million digits": b'{"a": ' + b"9" * MEGABYTE + b"}",
    "a number with a huge exponent": b'{"a": 1e999999999}',
    "a number with a tiny exponent and many digits": b'{"a": 1.' + b"0" * MEGABYTE + b"e999}",
    "a negative number past 64 bits": b'{"a": -9223372036854775809}',
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a key twice": b'{"kind": "noop", "kind": "fail"}',
    "a key twice by its escape": b'{"kind": "noop", "k\\u0069nd": "fail"}',
    "a key twice, deep inside": b'{"kind": "noop", "payload": {"a": [{"b": 1, "b": 2}]}}',
    "NUL": b'{"kind": "noop", "payload": "a\\u0000b"}',
    "a lone surrogate": b'{"kind": "noop", "payload": "\\ud800"}',
    "bytes that aren't UTF-8": b'{"kind": "noop", "payload": "\xff\xfe"}',
    "an overlong encoding": b'{"kind": "noop", "payload": "\xc0\x80"}',
    "UTF-16": '{"kind": "noop"}'.encode("utf-16"),
    "UTF-32": '{"kind": "noop"}'.encode("utf-32"),
    "two values": b'{"kind": "noop"}{"kind": "fail"}',
    "a comment": b'{"kind": "noop" /* here */}',
    "a comma too many": b'{"kind": "noop",}',
    "single quotes": b"{'kind': 'noop'}",
}


async def test_json_that_two_parsers_read_in_two_ways_is_refused(api: Api, hook: str) -> None:
    for name, bomb in JSON_BOMBS.items():
        for path in (*PLACES, hook):
            reply = await api.call("POST", path, data=io.BytesIO(bomb), headers=JSON)
            assert reply.status in REFUSED, (name, path, reply.status, reply.text[:200])
            assert len(reply.text) < 16_384  # nor does the answer say it all back
    assert (await api.get("/health/ready")).json["status"] == "ok"
    assert (await api.get("/api/v1/jobs")).json["items"] == []


def test_a_refusal_costs_no_more_than_the_text() -> None:
    for bomb in JSON_BOMBS.values():
        tracemalloc.start()
        with pytest.raises(Invalid):
            read_json(bomb)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 32 * len(bomb) + MEGABYTE


async def test_very_many_keys_are_only_data(api: Api) -> None:
    body = json.dumps({"kind": "noop", "payload": {f"k{n}": n for n in range(200_000)}})
    assert (await api.call("POST", "/api/v1/jobs", data=io.BytesIO(body.encode()), headers=JSON)).status in (
        201,
        413,
        422,
    )
    assert (await api.get("/health/ready")).status == 200


# -- YAML ------------------------------------------------------------------------------------------------------------


def laughs(levels: int) -> bytes:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


YAML_BOMBS: dict[str, bytes] = {
    "a billion laughs": laughs(10),
    "a few laughs too many": laughs(6),
    "an alias of a large text, often": b"a: &a " + b"x" * MEGABYTE + b"\nb: [" + b"*a, " * 20_000 + b"*a]",
    "a list that holds itself": b"a: &a [*a]",
    "a mapping that holds itself": b"&a {b: *a}",
    "lists in lists": b"[" * MANY,
    "lists in lists, by dashes": b"- " * MANY,
    "mappings in mappings": b"{a: " * MANY,
    "a tag that runs code": b"a: !!python/object/apply:os.system ['id']",
    "a tag that makes an object": b"!!python/object/new:holdfast.vault.Vault {}",
    "a tag of one's own": b"a: !mine {b: 1}",
    "a merge of laughs": b"a: &a {x: 1}\nb: {<<: [*missing]}",
    "a number of many digits": b"a: " + b"9" * 40,
    "infinity": b"a: .inf",
    "two documents": b"a: 1\n---\na: 2",
    "a key twice": b"name: a\nname: b",
    "NUL": b"a: \"\\0\"",
    "a directive": b"%YAML 9.9\n---\na: 1",
}  # fmt: skip


async def test_yaml_that_unfolds_is_refused(api: Api) -> None:
    for name, bomb in YAML_BOMBS.items():
        for path in ("/api/v1/workflows", "/api/v1/workflows/validate", "/api/v1/automation-rules"):
            reply = await api.call("POST", path, data=io.BytesIO(bomb), headers=YAML)
            assert reply.status in REFUSED, (name, path, reply.status, reply.text[:300])
            assert len(reply.text) < 16_384
    assert (await api.get("/api/v1/workflows")).json["items"] == []


def test_yaml_is_refused_before_it_unfolds() -> None:
    for bomb in YAML_BOMBS.values():
        tracemalloc.start()
        with suppress(Invalid):
            read_yaml(bomb)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 64 * len(bomb) + 4 * MEGABYTE


# -- webhooks' other types -------------------------------------------------------------------------------------------


async def test_entities_of_xml_stay_text(api: Api, hook: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><x>&b;</x><!ENTITY f SYSTEM "file:///etc/passwd">'
    reply = await api.call("POST", hook, data=bomb.encode(), headers={"Content-Type": "application/xml"})
    assert reply.status == 202
    assert (await trigger_of(api, reply.json["run_id"]))["body"] == bomb


FORMS: dict[str, tuple[str, bytes]] = {
    "fields": ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(100_000))),
    "one field": ("application/x-www-form-urlencoded", b"a=1&" * 200_000),
    "parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 10_000,
    ),
    "boundaries": ("multipart/form-data; boundary=b", b"--b\r\n" * 100_000),
    "a long boundary": ("multipart/form-data; boundary=" + "b" * 5_000, b"--b--"),
}


async def test_forms_of_very_many_fields_are_bounded(api: Api, hook: str) -> None:
    for name, (kind, body) in FORMS.items():
        reply = await api.call("POST", hook, data=io.BytesIO(body), headers={"Content-Type": kind})
        assert reply.status in (202, *REFUSED), name
    assert (await api.get("/health/ready")).status == 200


async def test_queries_of_very_many_parameters_are_refused(api: Api, hook: str) -> None:
    many = "?" + "&".join(f"a{n}=1" for n in range(1_000))
    assert (await api.get("/api/v1/jobs" + many)).status == 422
    assert (await api.call("POST", hook + many, data=b"{}", headers=JSON)).status in (202, 400, 414, 422)


async def test_a_pattern_that_backtracks_for_ever_ends(api: Api) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    nodes = [{"id": "n", "type": "noop"}]
    await api.create({"holdfast": 1, "name": "slow", "nodes": nodes, "input": schema})
    reply = await api.post("/api/v1/workflows/slow/runs", {"input": {"a": "a" * 5_000 + "!"}})
    assert reply.status == 422
