"""Runs over HTTP: starting, waiting, what is shown of nodes, cancelling."""

from __future__ import annotations

import asyncio

import pytest

from tests.http.serving import Api, parked, workflow

START = "/api/v1/workflows/{}/runs"


async def test_a_run_is_shown_whole(api: Api) -> None:
    await api.create(workflow())
    reply = await api.post(START.format("greet"), {"input": {"a": 1}, "wait": 10})
    run = reply.json
    assert (reply.status, run["state"], run["workflow"], run["version"]) == (200, "SUCCEEDED", "greet", 1)
    assert (run["input"], run["output"], run["error"], run["parent"]) == ({"a": 1}, {"word": "hello"}, None, None)
    assert run["trigger"]["type"] == "manual"
    assert run["correlation_id"] == reply.headers["X-Correlation-Id"]
    assert list(run["nodes"]) == ["first", "second"]
    first = run["nodes"]["first"]
    assert set(first) == {"state", "attempts", "output", "error", "job_id", "started_at", "finished_at"}
    assert (first["state"], first["attempts"], first["output"]) == ("SUCCEEDED", 1, {"word": "hello"})
    job = (await api.get(f"/api/v1/jobs/{first['job_id']}")).json
    assert (job["run"], job["node"], job["kind"], job["correlation_id"]) == (
        run["id"], "first", "noop", run["correlation_id"],
    )  # fmt: skip
    assert (await api.get(f"/api/v1/runs/{run['id']}")).json == run


async def test_a_start_without_wait_is_201_and_input_is_an_object_by_default(api: Api) -> None:
    await api.create(parked())
    reply = await api.call("POST", START.format("parked"))
    assert reply.status == 201
    assert reply.json["input"] == {}


async def test_a_wait_that_ends_first_is_202_with_nodes_not_reached(api: Api) -> None:
    await api.create(parked())
    reply = await api.post(START.format("parked"), {"wait": 0})
    assert reply.status == 202
    end = reply.json["nodes"]["end"]
    assert (end["state"], end["job_id"], end["attempts"]) == ("PENDING", None, 0)


@pytest.mark.parametrize("wait", [-1, 60.5, "5", True])
async def test_a_wait_outside_its_bounds_is_422(api: Api, wait: object) -> None:
    await api.create(workflow())
    reply = await api.post(START.format("greet"), {"wait": wait})
    assert (reply.status, reply.paths) == (422, ["wait"])
    assert (await api.get("/api/v1/runs")).json["items"] == []


async def test_a_workflow_that_is_off_starts_nothing(api: Api) -> None:
    await api.create(workflow())
    await api.call("PATCH", "/api/v1/workflows/greet", json={"enabled": False})
    assert (await api.post(START.format("greet"), {})).status == 409


async def test_cancel_ends_a_run_once(api: Api) -> None:
    await api.create(parked())
    run = (await api.post(START.format("parked"), {})).json
    reply = await api.post(f"/api/v1/runs/{run['id']}/cancel")
    assert (reply.status, reply.json["state"]) == (200, "CANCELLED")
    assert {node: shown["state"] for node, shown in reply.json["nodes"].items()} == {
        "later": "CANCELLED",
        "end": "SKIPPED",
    }
    assert (await api.post(f"/api/v1/runs/{run['id']}/cancel")).status == 409


async def test_lists_are_filtered_and_paged_without_nodes(api: Api) -> None:
    await api.create(workflow())
    await api.create(parked())
    done = (await api.post(START.format("greet"), {"wait": 10})).json
    going = [(await api.post(START.format("parked"), {})).json["id"] for _ in range(3)]
    succeeded = (await api.get("/api/v1/runs?state=SUCCEEDED")).json["items"]
    assert [run["id"] for run in succeeded] == [done["id"]]
    assert "nodes" not in succeeded[0]
    first = (await api.get("/api/v1/runs?workflow=parked&limit=2")).json
    second = (await api.get(f"/api/v1/runs?workflow=parked&limit=2&cursor={first['next']}")).json
    assert [run["id"] for run in first["items"] + second["items"]] == going[::-1]


async def test_the_events_of_a_run_are_its_history(api: Api) -> None:
    await api.create(workflow())
    run = (await api.post(START.format("greet"), {"wait": 10})).json
    events = (await api.get(f"/api/v1/runs/{run['id']}/events?limit=500")).json["items"]
    types = [event["type"] for event in events]
    assert types[0] == "workflow.started"
    assert types[-1] == "workflow.finished"
    assert types.count("node.completed") == 2
    assert {event["run"] for event in events} == {run["id"]}


async def test_a_waiting_caller_is_answered_when_the_server_stops(api: Api) -> None:
    await api.create(parked())
    waiting = asyncio.create_task(api.post(START.format("parked"), {"wait": 60}))
    while not (await api.get("/api/v1/runs")).json["items"]:
        pass
    api.app.close_streams()
    reply = await asyncio.wait_for(waiting, 5)
    assert reply.status == 202
