"""Events over HTTP: pages, and the live stream that loses nothing and repeats nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from holdfast.http import sse
from tests.http.serving import Api, parked, workflow
from tests.support.waiting import eventually

EVENTS, STREAM, JOBS = "/api/v1/events", "/api/v1/events/stream", "/api/v1/jobs"


class Stream:
    """The frames of an open stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def block(self) -> dict[str, str]:
        """The next frame or comment as its fields."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            while line := (await self.response.content.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                fields[name or "comment"] = value
        return fields

    async def event(self) -> dict[str, Any]:
        while "data" not in (block := await self.block()):
            pass
        event: dict[str, Any] = json.loads(block["data"])
        assert (block["id"], block["event"]) == (event["id"], event["type"])
        return event


@asynccontextmanager
async def stream(api: Api, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    async with api.session.get(api.base + STREAM + query, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        opened = Stream(response)
        assert "retry" in await opened.block()
        yield opened


async def test_pages_follow_commit_order_to_the_end(api: Api) -> None:
    await api.create(workflow())
    run = (await api.post("/api/v1/workflows/greet/runs", {"wait": 10})).json
    whole = (await api.get(f"{EVENTS}?run={run['id']}&limit=500")).json
    assert whole["next"] is None
    paged: list[Any] = []
    after = ""
    while True:
        page = (await api.get(f"{EVENTS}?run={run['id']}&limit=2{after}")).json
        paged += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert paged == whole["items"]
    job = next(event["job"] for event in paged if event["job"])
    of_job = (await api.get(f"{EVENTS}?job={job}")).json["items"]
    assert {event["job"] for event in of_job} == {job}
    finished = (await api.get(f"{EVENTS}?type=workflow.finished")).json["items"]
    assert [event["run"] for event in finished] == [run["id"]]
    assert set(finished[0]) == {"id", "type", "at", "run", "node", "job", "subject", "data"}


async def test_a_stream_starts_now_and_tells_what_follows(api: Api) -> None:
    await api.post(JOBS, {"kind": "noop", "delay": "1h"})
    async with stream(api, "?type=job.scheduled") as opened:
        job = (await api.post(JOBS, {"kind": "noop", "delay": "1h"})).json
        assert (await opened.event())["job"] == job["id"]


async def test_a_stream_of_one_run_tells_it_to_the_end(api: Api) -> None:
    await api.create(parked())
    await api.create(workflow())
    run = (await api.post("/api/v1/workflows/parked/runs", {})).json
    async with stream(api, f"?run={run['id']}&type=workflow.finished") as opened:
        await api.post("/api/v1/workflows/greet/runs", {"wait": 10})
        await api.post(f"/api/v1/runs/{run['id']}/cancel")
        event = await opened.event()
    assert (event["run"], event["data"]["state"]) == (run["id"], "CANCELLED")


@pytest.mark.parametrize("by_header", [True, False])
async def test_a_stream_resumes_without_a_gap(api: Api, by_header: bool) -> None:
    jobs = [(await api.post(JOBS, {"kind": "noop", "delay": "1h"})).json["id"] for _ in range(4)]
    seen = next(event["id"] for event in (await api.get(EVENTS)).json["items"] if event["job"] == jobs[0])
    opening = stream(api, **{"Last-Event-ID": seen}) if by_header else stream(api, f"?after={seen}")
    async with opening as opened:
        jobs.append((await api.post(JOBS, {"kind": "noop", "delay": "1h"})).json["id"])
        told = [(await opened.event())["job"] for _ in range(4)]
    assert told == jobs[1:]


async def test_many_readers_and_one_that_never_reads(api: Api) -> None:
    async with stream(api, "?type=job.scheduled"), stream(api, "?type=job.scheduled") as reading:
        body = {"jobs": [{"kind": "noop", "delay": "1h", "payload": "x" * 1000} for _ in range(300)]}
        await api.post(f"{JOBS}/batch", body)
        told = {(await reading.event())["job"] for _ in range(300)}
    assert len(told) == 300


async def test_a_quiet_stream_is_kept_open_by_comments(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.0)
    monkeypatch.setattr(sse, "_LOOK_AGAIN", 1000)
    async with stream(api, "?type=nothing") as opened:
        assert await opened.block() == {"comment": "still here"}


async def test_streams_end_when_the_server_stops(api: Api) -> None:
    async with stream(api) as opened:
        api.app.close_streams()
        async with asyncio.timeout(5):
            await opened.response.content.read()


async def test_a_reader_that_leaves_is_forgotten(api: Api) -> None:
    tails = api.app.services.tails
    async with stream(api, "?type=nothing"):
        assert tails.followed == {"default"}
    await eventually(lambda: not tails.followed)


async def test_an_event_of_ones_own_is_on_record_once(each: Api) -> None:
    body = {"type": "order.paid", "subject": "order-7", "data": {"amount": 9}, "id": "pay-7"}
    first, second = await each.post(EVENTS, body), await each.post(EVENTS, body)
    assert (first.status, second.status) == (201, 200)
    assert set(first.json) == {"id", "type", "at", "subject", "data"}
    assert second.json["id"] == first.json["id"]
    assert (await each.post(EVENTS, {**body, "data": {"amount": 10}})).status == 409
    (event,) = (await each.get(f"{EVENTS}?type=order.paid")).json["items"]
    assert (event["subject"], event["data"], event["run"]) == ("order-7", {"amount": 9}, None)


async def test_an_idempotency_key_is_an_events_id(api: Api) -> None:
    replies = [await api.post(EVENTS, {"type": "order.paid"}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[1].headers["Idempotency-Replayed"] == "true"
    assert len((await api.get(f"{EVENTS}?type=order.paid")).json["items"]) == 1


@pytest.mark.parametrize(("body", "path"), [
    ({}, "type"), ({"type": "job.succeeded"}, "type"), ({"type": "workflow.started"}, "type"), ({"type": ""}, "type"),
    ({"type": "a b"}, "type"), ({"type": "a", "data": [1]}, "data"), ({"type": "a", "subject": 7}, "subject"),
    ({"type": "a", "id": ""}, "id"), ({"type": "a", "dta": {}}, "dta"),
])  # fmt: skip
async def test_a_wrong_event_is_422_and_not_on_record(api: Api, body: dict[str, Any], path: str) -> None:
    reply = await api.post(EVENTS, body)
    assert (reply.status, reply.paths) == (422, [path])
    assert (await api.get(EVENTS)).json["items"] == []
