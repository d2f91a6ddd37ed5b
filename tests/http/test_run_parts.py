"""What is told of a run beside the run: children of its nodes, bodies, the timeline."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.flows import RUNS, definition, failing, in_state, node_in_state, started, told
from tests.http.serving import Api, parked, workflow

HALF_BAD: dict[str, Any] = definition(
    "half-bad",
    {
        "id": "each",
        "type": "map",
        "params": {
            "items": "{{ input.items }}",
            "on_item_error": "continue",
            "concurrency": 2,
            "body": {
                "nodes": [
                    {"id": "odd", "type": "if", "params": {"condition": "item % 2 == 1"}},
                    {"id": "bad", "type": "fail", "params": {"message": "odd"}},
                    {"id": "good", "type": "transform", "params": {"value": "{{ item * 10 }}"}},
                ],
                "edges": [{"from": "odd.true", "to": "bad"}, {"from": "odd.false", "to": "good"}],
                "output": "{{ nodes.good.output }}",
            },
        },
    },
    output="{{ nodes.each.output }}",
)


async def test_the_children_of_a_map_are_paged_and_filtered(each: Api) -> None:
    run_id = await started(each, HALF_BAD, {"items": [0, 1, 2, 3]})
    run = await in_state(each, run_id, "SUCCEEDED")
    assert run["output"] == [0, None, 20, None]
    assert run["nodes"]["each"]["items"] == {"total": 4, "done": 4, "failed": 2, "live": 0}
    path = f"{RUNS}/{run_id}/nodes/each/items"
    first = (await each.get(f"{path}?limit=3")).json
    rest = (await each.get(f"{path}?limit=3&cursor={first['next']}")).json
    whole = first["items"] + rest["items"]
    assert rest["next"] is None
    assert [(item["index"], item["state"], item["item"], item["output"]) for item in whole] == [
        (0, "SUCCEEDED", 0, 0),
        (1, "FAILED", 1, None),
        (2, "SUCCEEDED", 2, 20),
        (3, "FAILED", 3, None),
    ]
    failed = (await each.get(f"{path}?state=FAILED")).json["items"]
    assert [(item["index"], item["error"]["message"]) for item in failed] == [(1, "odd"), (3, "odd")]


async def test_the_run_of_a_body_is_shown_but_not_listed(each: Api) -> None:
    run_id = await started(each, HALF_BAD, {"items": [5]})
    await in_state(each, run_id, "SUCCEEDED")
    (item,) = (await each.get(f"{RUNS}/{run_id}/nodes/each/items")).json["items"]
    child = (await each.get(f"{RUNS}/{item['run']}")).json
    links = (child["parent"], child["parent_node"], child["parent_index"], child["body"])
    assert links == (run_id, "each", 0, "each")
    assert list(child["nodes"]) == ["odd", "bad", "good"]
    assert (child["nodes"]["bad"]["state"], child["nodes"]["good"]["state"]) == ("FAILED", "SKIPPED")
    assert [run["id"] for run in (await each.get(RUNS)).json["items"]] == [run_id]
    refused = await told(each, item["run"], "rerun")
    assert refused.status == 409


async def test_a_run_keeps_the_definition_that_it_executes(each: Api) -> None:
    document = {**HALF_BAD, "vars": {"limit": 3}}
    run_id = await started(each, document, {"items": [5]})
    await in_state(each, run_id, "SUCCEEDED")
    await each.call("PUT", f"/api/v1/workflows/{document['name']}", json=workflow(document["name"]))
    await each.call("DELETE", f"/api/v1/workflows/{document['name']}")
    shown = (await each.get(f"{RUNS}/{run_id}/definition")).json
    assert shown == {"version": 1, "test": False, "definition": document}
    (item,) = (await each.get(f"{RUNS}/{run_id}/nodes/each/items")).json["items"]
    inner = (await each.get(f"{RUNS}/{item['run']}/definition")).json["definition"]
    body = document["nodes"][0]["params"]["body"]
    assert inner == {"holdfast": 1, "name": "half-bad", "vars": {"limit": 3}, **body}


async def test_a_runs_definition_is_its_tenants(locked: Api) -> None:
    ours, theirs = await locked.key("editor"), await locked.key("viewer", tenant="other")
    await locked.post("/api/v1/workflows", workflow(), headers=ours)
    run = (await locked.post("/api/v1/workflows/greet/runs", {}, headers=ours)).json
    assert (await locked.get(f"{RUNS}/{run['id']}/definition", headers=theirs)).status == 404


async def test_a_retry_of_a_bodys_job_repeats_the_whole_run_from_there(each: Api) -> None:
    document = {**HALF_BAD, "name": "strict"}
    document["nodes"] = [
        {**HALF_BAD["nodes"][0], "params": {**HALF_BAD["nodes"][0]["params"], "on_item_error": "fail"}}
    ]
    run_id = await started(each, document, {"items": [1]})
    await in_state(each, run_id, "FAILED")
    (item,) = (await each.get(f"{RUNS}/{run_id}/nodes/each/items")).json["items"]
    job = (await each.get(f"{RUNS}/{item['run']}")).json["nodes"]["bad"]["job_id"]
    reply = await each.post(f"/api/v1/jobs/{job}/retry")
    assert (reply.status, reply.json["rerun_of"]) == (201, run_id)


async def test_a_called_workflow_is_linked_both_ways(each: Api) -> None:
    await each.create(workflow("inner"))
    call = {"id": "call", "type": "workflow.call", "params": {"workflow": "inner", "input": {"a": 1}}}
    run_id = await started(each, definition("outer", call, output="{{ nodes.call.output }}"))
    assert (await in_state(each, run_id, "SUCCEEDED"))["output"] == {"word": "hello"}
    (item,) = (await each.get(f"{RUNS}/{run_id}/nodes/call/items")).json["items"]
    child = (await each.get(f"{RUNS}/{item['run']}")).json
    assert (child["workflow"], child["parent"], child["parent_node"], child["body"]) == ("inner", run_id, "call", None)
    assert (child["trigger"]["type"], child["input"]) == ("workflow", {"a": 1})


async def test_the_timeline_tells_waiting_running_and_backoff(each: Api) -> None:
    retry = {"max_attempts": 2, "strategy": "fixed", "base_delay": "20ms", "jitter": "none"}
    document = failing()
    document["nodes"][1] = {**document["nodes"][1], "params": {"message": "no", "retryable": True}, "retry": retry}
    run_id = await started(each, document, {"n": 1})
    await in_state(each, run_id, "FAILED")
    spans = (await each.get(f"{RUNS}/{run_id}/timeline")).json["items"]
    told_of = [
        (span["kind"], span["outcome"]) for span in spans if span["node"] == "broken" and span["kind"] != "waiting"
    ]
    assert told_of == [("running", "failed"), ("backoff", None), ("running", "failed")]
    assert all(span["from"] <= span["to"] for span in spans)
    assert [span["from"] for span in spans] == sorted(span["from"] for span in spans)
    assert {span["attempt"] for span in spans if span["node"] == "broken"} == {1, 2}


async def test_a_parked_node_is_open_in_the_timeline(api: Api) -> None:
    run_id = await started(api, definition("asking", {"id": "ask", "type": "approval"}))
    await node_in_state(api, run_id, "ask", "WAITING")
    last = (await api.get(f"{RUNS}/{run_id}/timeline")).json["items"][-1]
    assert (last["node"], last["kind"], last["to"], last["outcome"]) == ("ask", "parked", None, None)


@pytest.mark.parametrize("what", ["timeline", "waits", "nodes/first/items"])
async def test_what_does_not_exist_is_404(api: Api, what: str) -> None:
    assert (await api.get(f"{RUNS}/01890000-0000-7000-8000-000000000000/{what}")).status == 404


async def test_a_node_without_children_has_no_items(api: Api) -> None:
    run_id = await started(api, parked())
    for node in ("later", "end"):
        assert (await api.get(f"{RUNS}/{run_id}/nodes/{node}/items")).json == {"items": [], "next": None}
    assert (await api.get(f"{RUNS}/{run_id}/nodes/nowhere/items")).status == 404
    wrong = await api.get(f"{RUNS}/{run_id}/nodes/later/items?state=DONE")
    assert (wrong.status, wrong.paths) == (422, ["state"])


async def test_odd_addresses_and_cursors_are_refused_and_never_a_fault(each: Api) -> None:
    run_id = await started(each, HALF_BAD, {"items": [1]})
    await in_state(each, run_id, "SUCCEEDED")
    run = f"{RUNS}/{run_id}"
    statuses = {
        f"{run}/nodes/%00/items": 404,
        f"{run}/nodes/%ff/items": 404,
        f"{run}/nodes/{'x' * 500}/items": 404,
        f"{run}/nodes/each/items?cursor=x": 422,
        f"{run}/nodes/each/items?cursor=%00": 422,
        f"{run}/nodes/each/items?limit=0": 422,
        f"{run}/waits?cursor=x": 422,
        f"{run}/waits?state=x": 422,
        f"{run}/timeline?limit=5": 422,
        "/callbacks/%ff": 404,
        f"/callbacks/{'A' * 2_000}": 404,
    }
    assert {path: (await each.get(path)).status for path in statuses} == statuses


async def test_odd_signals_and_reruns_are_refused_and_never_a_fault(each: Api) -> None:
    run_id = await started(each, definition("asking", {"id": "ask", "type": "approval"}))
    for name in ("%00", "%ff", "a b", "nodes.ask"):
        assert (await told(each, run_id, f"signals/{name}", {})).status == 404, name
    assert (await told(each, run_id, f"signals/{'x' * 201}", {})).status == 422
    form = await each.call("POST", f"{RUNS}/{run_id}/signals/ask", data={"approved": "true"})
    assert form.status == 415
    for body in ({"approved": True, "comment": "\0"}, {"approved": True, "comment": "\ud800"}):
        assert (await told(each, run_id, "signals/ask", body)).status in (400, 422), body
    await told(each, run_id, "cancel")
    for start in ("", "\0", "a.b", "x" * 64, 7, None):
        assert (await told(each, run_id, "rerun", {"from": start})).status in (400, 422), start
    assert (await told(each, run_id, "rerun", [])).status == 422
