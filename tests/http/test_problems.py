"""Whatever is wrong gets a problem answer that names the place, and changes nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.http.serving import JSON_TYPE, Api, Reply, workflow

JOBS, WORKFLOWS, RUNS = "/api/v1/jobs", "/api/v1/workflows", "/api/v1/runs"
YAML_TYPE = {"Content-Type": "application/yaml"}
ID = "01890000-0000-7000-8000-000000000000"


def is_problem(reply: Reply, status: int) -> bool:
    assert reply.status == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json
    return set(problem) == {"type", "title", "status", "detail", "errors"} and problem["status"] == status


@pytest.fixture
def usual_depth() -> Iterator[None]:
    """As deep a stack as Python allows by itself: the tests' own tools may have raised that."""
    raised = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(raised)


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/nothing"), ("GET", "/api/v1/nothing"), ("POST", f"{RUNS}/{ID}/rerun"), ("POST", f"{RUNS}/{ID}/pause"),
    ("GET", f"{RUNS}/{ID}"), ("GET", f"{RUNS}/not-an-id"), ("GET", f"{JOBS}/{ID}"), ("GET", f"{JOBS}/{ID.upper()}A"),
    ("GET", f"{WORKFLOWS}/none"), ("GET", f"{WORKFLOWS}/%00"), ("GET", f"{WORKFLOWS}/a%2Fb"),
    ("GET", "/docs/secret.txt"),
    ("POST", f"{JOBS}/{ID}/cancel"), ("POST", f"{RUNS}/{ID}/cancel"), ("DELETE", f"/api/v1/keys/{ID}"),
    ("DELETE", f"{WORKFLOWS}/none"), ("GET", f"{RUNS}/{ID}/events"), ("GET", "/api/v1/workflows/"),
])  # fmt: skip
async def test_what_does_not_exist_is_404(api: Api, method: str, path: str) -> None:
    assert is_problem(await api.call(method, path), 404)


async def test_a_method_that_a_route_does_not_take_is_405(api: Api) -> None:
    reply = await api.call("DELETE", JOBS)
    assert is_problem(reply, 405)
    assert "Allow" in reply.headers


@pytest.mark.parametrize(("body", "message"), [
    (b'{"kind": "noop",}', "line 1, column 17"),
    (b'{"kind": "a",\n "kind": "b"}', "'kind' stands twice"),
    (b'{"kind": "noop", "payload": NaN}', "NaN"),
    (b'{"payload": -Infinity}', "-Infinity"),
    (b'{"kind": "\xff"}', "byte 10 is not UTF-8"),
    ("{}".encode("utf-16"), "UTF-8"),
    (b"[" * 5000, "nested"),
])  # fmt: skip
@pytest.mark.usefixtures("usual_depth")
async def test_wrong_json_is_400_with_its_place(api: Api, body: bytes, message: str) -> None:
    reply = await api.call("POST", JOBS, data=body, headers=JSON_TYPE)
    assert is_problem(reply, 400)
    assert message in reply.json["errors"][0]["message"]


@pytest.mark.parametrize(("body", "path"), [
    (b'{"kind": "noop", "payload": {"a": [1, 1e999]}}', "payload.a[1]"),
    (b'{"kind": "noop", "payload": 9223372036854775808}', "payload"),
    (b'{"kind": "noop", "payload": ' + b"9" * 6000 + b"}", "payload"),
    (b'{"kind": "noop", "payload": "a\\u0000"}', "payload"),
    (b'{"kind": "noop", "payload": {"x": "\\ud800"}}', "payload.x"),
    (b'{"kind": "noop", "payload": ' + b"[" * 70 + b"]" * 70 + b"}", "payload" + "[0]" * 63),
    (b'{"kind": "no op"}', "kind"),
    (b'{"kind": "noop", "queue": "-"}', "queue"),
    (b'{"kind": "noop", "priority": 101}', "priority"),
    (b'{"kind": "noop", "priority": "1"}', "priority"),
    (b'{"kind": "noop", "delay": "5 minutes"}', "delay"),
    (b'{"kind": "noop", "delay": 5}', "delay"),
    (b'{"kind": "noop", "run_at": "tomorrow"}', "run_at"),
    (b'{"kind": "noop", "run_at": "2026-01-31T09:30:00"}', "run_at"),
    (b'{"kind": "noop", "run_at": "2026-01-31T09:30:00Z", "delay": "1s"}', "delay"),
    (b'{"kind": "noop", "retry": {"max_attempts": 0}}', "retry.max_attempts"),
    (b'{"kind": "noop", "retry": {"base_delay": "2h"}}', "retry"),
    (b'{"kind": "noop", "unique_window": "1h"}', "unique_window"),
    (b'{"kind": "noop", "delay": "-5s"}', "delay"),
    (b'{"kind": "noop", "timeout": "0s"}', "timeout"),
    (b'{"kind": "noop", "deadline": "2020-01-31T09:30:00Z"}', "deadline"),
    (b'{"kind": "noop", "deadline": "later"}', "deadline"),
    (b'{"kind": "noop", "retry": {"base_delay": "-1s"}}', "retry.base_delay"),
    (b'{"kind": "noop", "retry": {"jitter": "some"}}', "retry.jitter"),
    (b'{"kind": "noop", "retry": {"final_errors": [""]}}', "retry.final_errors"),
    (b'{"kind": "noop", "retry": {"final_errors": "ValueError"}}', "retry.final_errors"),
    (b'{"kind": "noop", "unique_states": ["PENDING"]}', "unique_states"),
    (b'{"kind": "noop", "unique_key": "u", "unique_states": ["DEAD"]}', "unique_states"),
    (b'{"kind": "noop", "unique_key": "u", "unique_states": []}', "unique_states"),
    (b'{"kind": "noop", "unique_key": "u", "debounce": "5s", "delay": "1s"}', "debounce"),
    (b'{"kind": "noop", "debounce": "5s"}', "debounce"),
    (b'{"kind": "noop", "concurrency_key": ""}', "concurrency_key"),
    (b'{"kind": "noop", "concurrency_limit": 2}', "concurrency_limit"),
    (b'{"kind": "noop", "concurrency_key": "k", "concurrency_limit": 0}', "concurrency_limit"),
    (b'{"kind": "noop", "rate": "10/1s"}', "rate"),
    (b'{"kind": "noop", "concurrency_key": "k", "rate": "fast"}', "rate"),
    (b'{"kind": "noop", "concurrency_key": "k", "rate": "0/1s"}', "rate"),
    (b'{"kind": "noop", "concurrency_key": "k", "rate": 10}', "rate"),
    (b'{"kind": "noop", "tag": "not one"}', "tag"),
    (b'{"kind": "noop", "correlation_id": "\\n"}', "correlation_id"),
    (b"{}", "kind"),
    (b"[]", ""),
])  # fmt: skip
async def test_a_bad_job_is_422_with_its_path(api: Api, body: bytes, path: str) -> None:
    reply = await api.call("POST", JOBS, data=body, headers=JSON_TYPE)
    assert is_problem(reply, 422)
    assert reply.paths == [path]
    assert (await api.get(JOBS)).json["items"] == []


async def test_a_lone_job_of_a_batch_is_named_by_its_place(api: Api) -> None:
    reply = await api.post(JOBS + "/batch", {"jobs": [{"kind": "noop", "deadline": "2020-01-31T09:30:00Z"}]})
    assert is_problem(reply, 422)
    assert reply.paths == ["jobs[0].deadline"]


async def test_a_problem_says_the_way_out(api: Api) -> None:
    body = {"kind": "noop", "retry": {"base_delay": "2h", "max_delay": "1h"}}
    reply = await api.post(JOBS, body)
    message = "base_delay (2h) is more than max_delay (1h); give a max_delay of at least 2h"
    assert reply.json["errors"] == [{"path": "retry", "message": message}]
    assert reply.json["detail"] == f"The body is not valid: retry: {message}."


async def test_details_are_sentences(api: Api) -> None:
    await api.create(workflow())
    for reply in (
        await api.get(f"{JOBS}/{ID}"),
        await api.get(f"{JOBS}/none"),
        await api.post(WORKFLOWS, workflow()),
        await api.post(JOBS, {}),
        await api.get(f"{RUNS}?limit=0"),
        await api.get("/nothing"),
        await api.call("DELETE", JOBS),
    ):
        detail = reply.json["detail"]
        assert detail[0] == detail[0].upper(), detail
        assert detail.endswith("."), detail


async def test_an_unknown_key_is_named_with_the_one_that_was_meant(api: Api) -> None:
    body = {"jobs": [{"kind": "noop"}, {"kind": "noop", "retry": {"max_attempt": 3}, "prio": 1}]}
    reply = await api.post(JOBS + "/batch", body)
    assert is_problem(reply, 422)
    told = {error["path"]: error["message"] for error in reply.json["errors"]}
    assert told["jobs[1].retry.max_attempt"] == "is not a known key; did you mean max_attempts?"
    assert set(told) == {"jobs[1].retry.max_attempt", "jobs[1].prio"}
    assert (await api.get(JOBS)).json["items"] == []


@pytest.mark.parametrize(("path", "name"), [
    (f"{RUNS}?limt=3", "limt"), (f"{RUNS}?limit=0", "limit"), (f"{RUNS}?limit=501", "limit"),
    (f"{RUNS}?limit=x", "limit"),
    (f"{RUNS}?state=DONE", "state"), (f"{RUNS}?limit=1&limit=2", "limit"), (f"{RUNS}?cursor=nope", "cursor"),
    (f"{JOBS}?run=nope", "run"), (f"{JOBS}?kind=%00", "kind"), ("/api/v1/events?after=nope", "after"),
    ("/api/v1/events/stream?after=nope", "after"), ("/api/v1/events/stream?after=1..0", "after"),
    ("/api/v1/events/stream?after=1.-0", "after"), ("/api/v1/events?after=1..0", "after"),
    ("/api/v1/events/stream?job=1", "job"), ("/api/v1/queues?x=1", "x"),
    (f"{WORKFLOWS}/greet?version=0", "version"), (f"{RUNS}/{ID}?verbose=1", "verbose"),
])  # fmt: skip
async def test_bad_query_parameters_are_422(api: Api, path: str, name: str) -> None:
    await api.create(workflow())
    reply = await api.get(path)
    assert is_problem(reply, 422)
    assert reply.paths == [name]


async def test_a_query_parameter_that_was_meant_is_named(api: Api) -> None:
    reply = await api.get(f"{RUNS}?workfow=x")
    assert reply.json["errors"][0]["message"] == "is not a known query parameter; did you mean workflow?"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
async def test_another_media_type_is_415(api: Api, kind: str) -> None:
    for path in (JOBS, WORKFLOWS):
        assert is_problem(await api.call("POST", path, data=b'{"kind":"noop"}', headers={"Content-Type": kind}), 415)


async def test_ten_megabytes_are_413_with_and_without_a_declared_length(api: Api) -> None:
    ten = 10 * 1024 * 1024
    declared = await raw(api, b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % ten)
    assert declared.startswith(b"HTTP/1.1 413")
    chunks = b"10000\r\n" + b" " * 65536 + b"\r\n"
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await raw(api, head, chunks, 160)).startswith(b"HTTP/1.1 413")
    assert (await api.get(JOBS)).json["items"] == []


async def test_a_client_that_reads_only_after_sending_all_hears_the_413(api: Api) -> None:
    request = Request(f"{api.base}/api/v1/jobs", data=b" " * (10 * 1024 * 1024), headers=JSON_TYPE)
    with pytest.raises(HTTPError) as refused:
        await asyncio.to_thread(urlopen, request)
    assert refused.value.code == 413
    refused.value.close()


async def raw(api: Api, head: bytes, chunk: bytes = b"", count: int = 0) -> bytes:
    """The start of the answer to bytes written by hand, which a client library would not send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.base.rsplit(":", 1)[1]))
    try:
        writer.write(head)
        for _ in range(count):
            if reader._buffer:  # type: ignore[attr-defined]
                break
            writer.write(chunk)
            await writer.drain()
        return await asyncio.wait_for(reader.read(12), 10)
    finally:
        writer.close()


@pytest.mark.parametrize(("text", "message"), [
    ("name: [1", "line 2, column 1"),
    ("name: a\nname: b", "line 2, column 1: the key 'name' stands twice"),
    ("--- {}\n--- {}", "line 2"),
    ("name: !!python/object:os.system x", "tag"),
    ("[" * 5000, "nested deeper"),
    ("a: &a [1,2,3,4,5,6,7,8,9]\n" + "".join(
        f"{y}: &{y} [{','.join(['*' + x] * 9)}]\n" for x, y in zip("abcdefg", "bcdefgh", strict=True)
    ), "aliases"),
])  # fmt: skip
async def test_wrong_yaml_is_400_with_its_line(api: Api, text: str, message: str) -> None:
    reply = await api.call("POST", WORKFLOWS, data=text.encode(), headers=YAML_TYPE)
    assert is_problem(reply, 400)
    assert message in reply.json["detail"]


async def test_every_problem_of_a_definition_is_told_at_once_by_create_save_and_validate(api: Api) -> None:
    await api.create(workflow())
    bad = workflow()
    bad["nodes"][0]["type"] = "tranform"
    bad["nodes"].append({"id": "first", "type": "noop"})
    bad["edges"] += [{"from": "second", "to": "nowhere"}]
    bad["extra"] = 1
    replies = [
        await api.post(WORKFLOWS, {**bad, "name": "other"}),
        await api.call("PUT", f"{WORKFLOWS}/greet", json=bad),
        await api.post(f"{WORKFLOWS}/validate", bad),
    ]
    for reply in replies:
        assert is_problem(reply, 422)
        assert {"nodes[0].type", "nodes[2].id", "edges[1].to", "extra"} <= set(reply.paths)
    listed = (await api.get(WORKFLOWS)).json["items"]
    assert [(item["name"], item["version"]) for item in listed] == [("greet", 1)]


async def test_a_fault_of_ours_is_a_500_that_tells_only_the_correlation_id(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(api.app.services.engine.store, "list_queues", broken)
    reply = await api.get("/api/v1/queues", headers={"X-Correlation-Id": "find-me"})
    assert is_problem(reply, 500)
    assert "secret" not in reply.text
    assert "find-me" in reply.json["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/runs", "/hooks/x", "/app/", "/docs", "/health/live", "/metrics"])
async def test_security_headers_and_correlation_id_are_on_everything(api: Api, path: str) -> None:
    reply = await api.get(path, headers={"X-Correlation-Id": "abc 123"})
    assert reply.headers["X-Correlation-Id"] == "abc 123"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers.getall("Content-Security-Policy") == [reply.headers["Content-Security-Policy"]]


async def test_a_correlation_id_that_is_not_sane_is_replaced(api: Api) -> None:
    for odd in ("x" * 129, "é"):
        reply = await api.get("/health/live", headers={"X-Correlation-Id": odd})
        assert reply.headers["X-Correlation-Id"] != odd
        assert len(reply.headers["X-Correlation-Id"]) == 36


async def test_unknown_parameters_and_wrong_values_are_told_together(api: Api) -> None:
    answer = await api.get("/api/v1/runs?state=FOO&limit=-1&colour=red")
    assert answer.status == 422
    assert {error["path"] for error in answer.json["errors"]} == {"state", "limit", "colour"}
