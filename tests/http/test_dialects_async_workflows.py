"""The asynchronous workflow engine's addresses: definitions, their runs, and the log of one."""

from __future__ import annotations

from typing import Any

from tests.http.flows import definition, in_state
from tests.http.serving import Api, parked, workflow
from tests.support.waiting import eventually

WORKFLOWS = "/workflows"
ID = "01890000-0000-7000-8000-000000000000"


async def started(api: Api, document: dict[str, Any], run_input: Any = None) -> Any:
    """Saves the workflow and starts a run of it; the answer."""
    assert (await api.post(WORKFLOWS, document)).status == 201
    reply = await api.post(f"{WORKFLOWS}/{document['name']}/execute-async", {"input": run_input or {}})
    assert reply.status == 202, reply.text
    return reply.json


async def test_definitions_are_made_seen_changed_and_deleted(each: Api) -> None:
    made = await each.post(WORKFLOWS, workflow())
    assert (made.status, made.json["version"]) == (201, 1)
    assert [one["name"] for one in (await each.get(WORKFLOWS)).json["items"]] == ["greet"]
    for name in ("greet", made.json["id"]):
        assert (await each.get(f"{WORKFLOWS}/{name}")).json == made.json
    saved = await each.call("PUT", f"{WORKFLOWS}/greet", json=workflow(title="Hello"))
    assert (saved.status, saved.json["version"]) == (200, 2)
    assert (await each.get(f"{WORKFLOWS}/greet?version=1")).json["definition"] == workflow()
    assert (await each.call("DELETE", f"{WORKFLOWS}/greet")).status == 204
    assert (await each.get(f"{WORKFLOWS}/greet")).status == 404


async def test_a_run_is_started_followed_and_told_with_its_log(each: Api) -> None:
    run = await started(each, workflow())
    assert (run["runId"], run["status"]) == (run["id"], run["state"])
    address = f"{WORKFLOWS}/greet/runs/{run['runId']}/status"

    async def over() -> Any:
        told = (await each.get(address)).json
        return told if told["status"] == "SUCCEEDED" else None

    status = await eventually(over, 20)
    assert status["output"] == {"word": "hello"}
    assert {name: node["state"] for name, node in status["nodes"].items()} == {
        "first": "SUCCEEDED",
        "second": "SUCCEEDED",
    }
    told = [line["message"] for line in status["logs"]]
    assert (told[0], told[-1]) == ("workflow.started", "workflow.finished")
    assert told.index("node.completed first") < told.index("node.started second")
    assert [one["id"] for one in (await each.get(f"{WORKFLOWS}/greet/runs")).json["items"]] == [run["id"]]


async def test_a_failure_stands_in_the_log(api: Api) -> None:
    document = definition("broken", {"id": "stop", "type": "fail", "params": {"message": "no price"}})
    run = await started(api, document)
    await in_state(api, run["id"], "FAILED")
    status = (await api.get(f"{WORKFLOWS}/broken/runs/{run['id']}/status")).json
    assert status["status"] == "FAILED"
    assert "node.failed stop - no price" in [line["message"] for line in status["logs"]]


async def test_a_run_is_cancelled_once(api: Api) -> None:
    run = await started(api, parked())
    address = f"{WORKFLOWS}/parked/runs/{run['id']}/cancel"
    cancelled = await api.post(address)
    assert (cancelled.status, cancelled.json["status"]) == (200, "CANCELLED")
    assert (await api.post(address)).status == 409


async def test_a_run_is_found_at_its_own_workflow_only(api: Api) -> None:
    run = await started(api, parked())
    await api.post(WORKFLOWS, workflow())
    for path in (f"greet/runs/{run['id']}", f"parked/runs/{ID}", f"nothing/runs/{run['id']}", "parked/runs/x"):
        assert (await api.get(f"{WORKFLOWS}/{path}/status")).status == 404
        assert (await api.post(f"{WORKFLOWS}/{path}/cancel")).status == 404
    assert (await api.get(f"{WORKFLOWS}/nothing/runs")).status == 404
    assert (await in_state(api, run["id"], "WAITING", "RUNNING"))["id"] == run["id"]


async def test_the_second_names_of_kinds(api: Api) -> None:
    ask = {"id": "city", "type": "inputText", "params": {"title": "City", "required": True}}
    call = {
        "id": "weather",
        "type": "httpCall",
        "params": {"url": f"{api.base}/workflows/api/test-weather", "query": {"city": "{{ nodes.city.output.city }}"}},
    }
    document = {
        "name": "weather",
        "nodes": [ask, call],
        "edges": [{"from": "city", "to": "weather"}],
        "output": "{{ nodes.weather.output.json.condition }}",
    }
    run = await started(api, document, {"city": "Ulm"})
    assert (await in_state(api, run["id"], "SUCCEEDED"))["output"] == "clear"
    saved = (await api.get(f"{WORKFLOWS}/weather")).json["definition"]
    assert saved["holdfast"] == 1
    assert [node["type"] for node in saved["nodes"]] == ["form.input", "http.request"]
    assert (await api.post("/api/v1/workflows", {**document, "holdfast": 1})).status == 422


async def test_the_second_names_stand_in_steps_and_bodies_but_not_in_values(api: Api) -> None:
    text = {"type": "inputText", "id": "kept"}
    body = {"nodes": [{"id": "inner", "type": "inputText"}], "output": "{{ index }}"}
    document = {
        "name": "deep",
        "steps": [
            {"id": "one", "type": "inputText"},
            {"parallel": [{"id": "two", "type": "inputText"}, {"steps": [{"id": "three", "type": "inputText"}]}]},
            {"id": "many", "type": "map", "params": {"items": [1, 2], "body": body}},
            {"id": "value", "type": "noop", "params": text},
        ],
        "output": "{{ nodes.value.output }}",
    }
    run = await started(api, document)
    assert (await in_state(api, run["id"], "SUCCEEDED"))["output"] == text


async def test_what_is_wrong_is_told_as_everywhere(api: Api) -> None:
    bad = {"name": "bad", "nodes": [{"id": "a", "type": "inputTxt"}, 3, {"id": "b", "type": "map", "params": 1}]}
    reply = await api.post(WORKFLOWS, bad)
    assert reply.status == 422
    assert {"nodes[0].type", "nodes[1]", "nodes[2].params"} <= set(reply.paths)
    assert (await api.post(WORKFLOWS, [1])).status == 422
    assert (await api.get(f"{WORKFLOWS}?limit=2&page=2")).paths == ["page"]
    assert (await api.post(f"{WORKFLOWS}/nothing/execute-async")).status == 404
