"""The step engine's addresses: what its document's bodies mean, and how runs are shown in its words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.flows import definition
from tests.http.serving import Api
from tests.support.waiting import eventually

ONE, ALL = "/api/workflow", "/api/workflows"
KEY = {"Idempotency-Key": "once"}


def task(name: str, **params: Any) -> dict[str, Any]:
    return {"name": name, "params": params}


def step(kind: str, *tasks: dict[str, Any]) -> dict[str, Any]:
    return {"execution_type": kind, "tasks": list(tasks)}


def steps(*each: dict[str, Any], name: str = "sample") -> dict[str, Any]:
    return {"name": name, "steps": list(each)}


async def ended(api: Api, run_id: str) -> Any:
    async def over() -> Any:
        run = (await api.get(f"{ONE}/{run_id}")).json
        return run if run["status"] in {"SUCCEEDED", "FAILED"} else None

    return await eventually(over, 20)


async def nodes_of(api: Api, name: str) -> dict[str, Any]:
    """The nodes that a posted workflow has, by id, however its steps are grouped."""
    document = (await api.get(f"/api/v1/workflows/{name}")).json["definition"]
    found: dict[str, Any] = {}

    def look(steps: list[Any]) -> None:
        for each in steps:
            inner = each.get("parallel") or each.get("steps")
            if inner:
                look(inner)
            else:
                found[each["id"]] = each

    look(document["steps"])
    return found


async def test_it_is_made_and_run_at_once(each: Api) -> None:
    body = steps(step("sequential", task("task_a", colour="red"), task("task_b")), step("parallel", task("task_c")))
    made = await each.post(ONE, body)
    assert made.status == 201, made.text
    assert set(made.json) == {"id", "name", "status", "steps"}
    run = await ended(each, made.json["id"])
    assert run == {
        "id": made.json["id"],
        "name": "sample",
        "status": "SUCCEEDED",
        "steps": [
            {
                "execution_type": "sequential",
                "tasks": [{"name": "task_a", "status": "SUCCEEDED"}, {"name": "task_b", "status": "SUCCEEDED"}],
            },
            {"execution_type": "parallel", "tasks": [{"name": "task_c", "status": "SUCCEEDED"}]},
        ],
    }
    nodes = (await each.get(f"/api/v1/runs/{run['id']}")).json["nodes"]
    assert nodes["task_a"]["output"] == {"attempt": 1, "params": {"colour": "red"}}
    assert nodes["task_a"]["finished_at"] <= nodes["task_b"]["started_at"]
    assert nodes["task_b"]["finished_at"] <= nodes["task_c"]["started_at"]
    assert (await each.get(ALL)).json == {"items": [run], "next": None}


async def test_params_bound_the_task_and_the_others_are_its_arguments(api: Api) -> None:
    body = steps(
        step(
            "parallel",
            task("task_a", timeout=30, retry_count=3, priority="high", colour="red"),
            task("task_a", timeout=0.5, retry_count=0, priority="low"),
            task("task_a", timeout="2m", priority="normal"),
            task("task_a"),
        )
    )
    made = await api.post(ONE, body)
    assert made.status == 201, made.text
    nodes = await nodes_of(api, "sample")
    assert nodes == {
        "task_a": {
            "id": "task_a",
            "type": "task",
            "params": {"name": "task_a", "args": {"colour": "red"}},
            "timeout": "30s",
            "retry": {"max_attempts": 4},
            "priority": 10,
        },
        "task_a_2": {
            "id": "task_a_2",
            "type": "task",
            "params": {"name": "task_a"},
            "timeout": "500ms",
            "retry": {"max_attempts": 1},
            "priority": -10,
        },
        "task_a_3": {"id": "task_a_3", "type": "task", "params": {"name": "task_a"}, "timeout": "2m", "priority": 0},
        "task_a_4": {"id": "task_a_4", "type": "task", "params": {"name": "task_a"}},
    }
    run = await ended(api, made.json["id"])
    assert [each["name"] for each in run["steps"][0]["tasks"]] == ["task_a"] * 4
    shown = (await api.get(f"/api/v1/runs/{run['id']}")).json["nodes"]
    job = (await api.get(f"/api/v1/jobs/{shown['task_a']['job_id']}")).json
    assert (job["timeout"], job["max_attempts"], job["priority"], job["kind"]) == ("30s", 4, 10, "task:task_a")


async def test_sequential_steps_in_a_row_stay_apart(api: Api) -> None:
    groups = [
        step("sequential", task("task_a"), task("task_b")),
        step("sequential", task("task_c")),
        step("parallel", task("task_a"), task("task_b")),
        step("sequential", task("task_c")),
    ]
    run = await ended(api, (await api.post(ONE, steps(*groups))).json["id"])
    assert [(each["execution_type"], [t["name"] for t in each["tasks"]]) for each in run["steps"]] == [
        ("sequential", ["task_a", "task_b"]),
        ("sequential", ["task_c"]),
        ("parallel", ["task_a", "task_b"]),
        ("sequential", ["task_c"]),
    ]


async def test_a_name_again_is_a_new_version_and_a_run_of_it(api: Api) -> None:
    first = await api.post(ONE, steps(step("sequential", task("task_a"))))
    second = await api.post(ONE, steps(step("parallel", task("task_b"), task("task_c"))))
    assert (first.status, second.status) == (201, 201)
    assert first.json["id"] != second.json["id"]
    assert (await api.get("/api/v1/workflows/sample")).json["version"] == 2
    # The run under way keeps the version that it started with.
    assert [len(each["tasks"]) for each in (await ended(api, first.json["id"]))["steps"]] == [1]
    assert [len(each["tasks"]) for each in (await ended(api, second.json["id"]))["steps"]] == [2]
    assert [run["id"] for run in (await api.get(ALL)).json["items"]] == [second.json["id"], first.json["id"]]


async def test_the_same_key_gives_the_same_run(api: Api) -> None:
    body = steps(step("sequential", task("task_a")))
    first, again = await api.post(ONE, body, headers=KEY), await api.post(ONE, body, headers=KEY)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await api.get("/api/v1/workflows/sample")).json["version"] == 1


async def test_names_that_no_node_may_have_get_one_that_it_may(api: Api) -> None:
    reply = await api.post(ONE, steps(step("parallel", task("7.up"), task("in"), task("a-b"), task("a_b"))))
    assert reply.status == 201, reply.text
    assert list(await nodes_of(api, "sample")) == ["_7_up", "_in", "a_b", "a_b_2"]


async def test_a_task_that_fails_is_shown_so(api: Api) -> None:
    document = definition(
        "broken",
        {"id": "first", "type": "noop"},
        {"id": "second", "type": "fail", "params": {"message": "no"}},
        {"id": "aside", "type": "noop"},
        {"id": "last", "type": "noop"},
        edges="first>second first>aside second>last aside>last",
    )
    await api.create(document)
    started = (await api.post("/api/v1/workflows/broken/runs", {"input": {}, "wait": 20})).json
    run = (await api.get(f"{ONE}/{started['id']}")).json
    assert (run["name"], run["status"]) == ("broken", "FAILED")
    assert [(each["execution_type"], [t["name"] for t in each["tasks"]]) for each in run["steps"]] == [
        ("sequential", ["first"]),
        ("parallel", ["second", "aside"]),
        ("sequential", ["last"]),
    ]
    assert [run["steps"][index]["tasks"][0]["status"] for index in range(3)] == ["SUCCEEDED", "FAILED", "PENDING"]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["name", "steps"]),
        (steps(), ["steps"]),
        (steps(step("sequential")), ["steps[0].tasks"]),
        (steps(step("random", task("task_a"))), ["steps[0].execution_type"]),
        (steps(step("sequential", task(""))), ["steps[0].tasks[0].name"]),
        (steps(step("sequential", task("a", timeout=0))), ["steps[0].tasks[0].params.timeout"]),
        (steps(step("sequential", task("a", retry_count=-1))), ["steps[0].tasks[0].params.retry_count"]),
        (steps(step("sequential", task("a", priority="urgent"))), ["steps[0].tasks[0].params.priority"]),
        (steps(step("sequential", task("a")), name="no name"), ["name"]),
        ({**steps(step("sequential", task("a"))), "extra": 1}, ["extra"]),
    ],
)
async def test_a_wrong_body_names_the_place_and_changes_nothing(api: Api, body: Any, paths: list[str]) -> None:
    reply = await api.post(ONE, body)
    assert (reply.status, reply.paths) == (422, paths)
    assert (await api.get("/api/v1/workflows")).json["items"] == []


async def test_too_much_is_refused_as_anywhere(api: Api) -> None:
    wide = step("parallel", *(task("task_a") for _ in range(80)))
    reply = await api.post(ONE, steps(wide, wide))
    assert (reply.status, reply.paths) == (422, ["steps"])


async def test_unknown_runs_and_parameters(api: Api) -> None:
    assert (await api.get(f"{ONE}/nothing")).status == 404
    assert (await api.get(f"{ONE}/01890000-0000-7000-8000-000000000000")).status == 404
    assert (await api.get(f"{ALL}?page=2")).paths == ["page"]


async def test_making_needs_an_editor(locked: Api) -> None:
    body = steps(step("sequential", task("task_a")))
    operator, editor = await locked.key("operator"), await locked.key("editor")
    assert (await locked.post(ONE, body, headers=operator)).status == 403
    assert (await locked.post(ONE, body, headers=editor)).status == 201
