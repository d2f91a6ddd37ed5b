"""Runs over HTTP: pause, resume, rerun, cancel with compensation, run limits; each on both stores where it matters."""

from __future__ import annotations

import pytest

from tests.http.flows import RUNS, asking, definition, failing, in_state, node_in_state, run_of, started, told
from tests.http.serving import Api, parked, workflow

ID = "01890000-0000-7000-8000-000000000000"


async def worked(api: Api, run_id: str) -> list[str]:
    """The nodes of the run that a worker ran, in order; what was kept from an earlier run isn't among them."""
    spans = (await api.get(f"{RUNS}/{run_id}/timeline")).json["items"]
    return [span["node"] for span in spans if span["kind"] == "running"]


async def test_a_paused_run_holds_back_what_follows_until_it_is_resumed(each: Api) -> None:
    run_id = await started(each, asking())
    await node_in_state(each, run_id, "ask", "WAITING")
    paused = await told(each, run_id, "pause")
    assert (paused.status, paused.json["state"]) == (200, "PAUSED")
    assert (await told(each, run_id, "pause")).status == 409
    kept = await told(each, run_id, "signals/ask", {"approved": True})
    assert (kept.status, kept.json["state"], kept.json["nodes"]["ask"]["state"]) == (200, "PAUSED", "WAITING")
    assert (await told(each, run_id, "resume")).status == 200
    run = await in_state(each, run_id, "SUCCEEDED")
    assert run["output"] == {"approved": True, "by": "local", "comment": None}
    assert (await told(each, run_id, "resume")).status == 409


async def test_a_rerun_from_what_failed_keeps_what_succeeded(each: Api) -> None:
    run_id = await started(each, failing(), {"n": 1})
    old = await in_state(each, run_id, "FAILED")
    reply = await told(each, run_id, "rerun")
    assert reply.status == 201
    assert (reply.json["rerun_of"], reply.json["workflow"], reply.json["input"]) == (run_id, "failing", {"n": 1})
    new = await in_state(each, reply.json["id"], "FAILED")
    assert new["nodes"]["first"]["output"] == old["nodes"]["first"]["output"] == {"n": 1}
    assert await worked(each, new["id"]) == ["broken"]
    assert new["nodes"]["broken"]["job_id"] != old["nodes"]["broken"]["job_id"]


async def test_a_rerun_from_the_start_or_a_node_with_the_newest_version(api: Api) -> None:
    run_id = await started(api, failing(), {"n": 2})
    await in_state(api, run_id, "FAILED")
    mended = failing()
    mended["nodes"][1] = {"id": "broken", "type": "noop"}
    assert (await api.call("PUT", "/api/v1/workflows/failing", json=mended)).status == 200
    same = (await told(api, run_id, "rerun", {"from": "start"})).json
    assert same["version"] == 1
    await in_state(api, same["id"], "FAILED")
    assert await worked(api, same["id"]) == ["first", "broken"]
    newest = (await told(api, run_id, "rerun", {"from": "broken", "version": "newest"})).json
    assert newest["version"] == 2
    await in_state(api, newest["id"], "SUCCEEDED")
    assert await worked(api, newest["id"]) == ["broken"]


async def test_a_rerun_is_once_per_idempotency_key(api: Api) -> None:
    run_id = await started(api, failing())
    await in_state(api, run_id, "FAILED")
    first, second = [await told(api, run_id, "rerun", headers={"Idempotency-Key": "again"}) for _ in range(2)]
    assert (first.status, second.status, second.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json["id"] == second.json["id"]
    other = await told(api, run_id, "rerun", {"from": "start"}, headers={"Idempotency-Key": "again"})
    assert other.status == 409


async def test_what_can_not_be_rerun_is_told(api: Api) -> None:
    going = await started(api, parked())
    assert (await told(api, going, "rerun")).status == 409
    await told(api, going, "cancel")
    unknown = await told(api, going, "rerun", {"from": "nowhere"})
    assert (unknown.status, unknown.paths) == (422, ["from"])
    wrong = await told(api, going, "rerun", {"version": "oldest", "form": "start"})
    assert (wrong.status, set(wrong.paths)) == (422, {"version", "form"})
    assert wrong.json["errors"][-1]["message"] == "is not a known key; did you mean from?"
    await api.call("DELETE", "/api/v1/workflows/parked")
    assert (await told(api, going, "rerun", {"version": "newest"})).status == 404
    assert (await told(api, going, "rerun", {"version": "same"})).status == 201


@pytest.mark.parametrize("what", ["pause", "resume", "rerun", "cancel", "signals/x"])
async def test_nothing_can_be_done_to_a_run_that_does_not_exist(api: Api, what: str) -> None:
    assert (await told(api, ID, what)).status == 404
    assert (await told(api, "none", what)).status == 404


async def test_a_retry_of_a_runs_job_is_a_rerun(each: Api) -> None:
    retry = {"max_attempts": 1}
    dying = {"id": "bad", "type": "fail", "params": {"message": "no", "retryable": True}, "retry": retry}
    run_id = await started(each, definition("dying", {"id": "ok", "type": "noop"}, dying, edges="ok>bad"))
    job = (await in_state(each, run_id, "FAILED"))["nodes"]["bad"]["job_id"]
    for path in (f"/api/v1/jobs/{job}/retry", f"/api/v1/dead-letters/{job}/replay"):
        reply = await each.post(path)
        assert (reply.status, reply.json["rerun_of"]) == (201, run_id), reply.text
        await in_state(each, reply.json["id"], "FAILED")
        assert await worked(each, reply.json["id"]) == ["bad"]


async def test_a_retry_of_a_job_whose_run_is_going_is_409(api: Api) -> None:
    run_id = await started(api, parked())
    job = (await run_of(api, run_id))["nodes"]["later"]["job_id"]
    assert (await api.post(f"/api/v1/jobs/{job}/retry")).status == 409


async def test_cancel_with_compensation_undoes_what_succeeded(each: Api) -> None:
    document = definition(
        "booking",
        {"id": "book", "type": "noop", "compensate": "unbook"},
        {"id": "unbook", "type": "noop", "params": {"undone": "{{ nodes.book.output }}"}},
        {"id": "wait", "type": "delay", "params": {"for": "1h"}},
        edges="book>wait",
    )
    run_id = await started(each, document)
    await node_in_state(each, run_id, "book", "SUCCEEDED")
    reply = await told(each, run_id, "cancel", {"compensate": True})
    assert reply.status == 200
    run = await in_state(each, run_id, "CANCELLED")
    assert {node: shown["state"] for node, shown in run["nodes"].items()} == {
        "book": "SUCCEEDED",
        "unbook": "SUCCEEDED",
        "wait": "CANCELLED",
    }
    wrong = await told(each, run_id, "cancel", {"compensate": "yes"})
    assert (wrong.status, wrong.paths) == (422, ["compensate"])


async def test_a_full_workflow_refuses_with_a_way_out(each: Api) -> None:
    limit = {"limit": 1, "when_full": "reject"}
    first = await started(each, {**parked(), "settings": {"max_concurrent_runs": limit}})
    refused = await each.post("/api/v1/workflows/parked/runs")
    assert refused.status == 409
    assert "1 run of it is going" in refused.json["detail"]
    assert "when_full: queue" in refused.json["detail"]
    await told(each, first, "cancel")
    assert (await each.post("/api/v1/workflows/parked/runs")).status == 201


async def test_runs_are_listed_with_their_links(api: Api) -> None:
    run_id = await started(api, failing())
    await in_state(api, run_id, "FAILED")
    again = (await told(api, run_id, "rerun")).json["id"]
    listed = {run["id"]: run for run in (await api.get(RUNS)).json["items"]}
    assert (listed[again]["rerun_of"], listed[run_id]["rerun_of"]) == (run_id, None)
    assert (listed[again]["parent"], listed[again]["parent_node"], listed[again]["body"]) == (None, None, None)


async def test_a_viewer_changes_nothing(locked: Api) -> None:
    owner, viewer = await locked.key("owner"), await locked.key("viewer")
    await locked.post("/api/v1/workflows", workflow(), headers=owner)
    run_id = (await locked.post("/api/v1/workflows/greet/runs", headers=owner)).json["id"]
    for what in ("pause", "resume", "rerun", "cancel", "signals/x"):
        assert (await told(locked, run_id, what, headers=viewer)).status == 403, what
