"""Expressions over HTTP: the words of the language, and expressions tried on the data of runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.http.flows import RUNS, definition, failing, in_state, started
from tests.http.serving import Api, workflow

EVALUATE = "/api/v1/expressions/evaluate"


async def tried(api: Api, source: str, form: str = "expression", **more: Any) -> Any:
    reply = await api.post(EVALUATE, {"source": source, "as": form, **more})
    assert reply.status == 200, reply.text
    return reply.json


async def test_the_vocabulary_tells_functions_with_their_signatures(api: Api) -> None:
    functions = (await api.get("/api/v1/expressions/vocabulary")).json["functions"]
    sizes = [word for word in functions if word["name"] == "size"]
    assert [(word["signature"], word["method"]) for word in sizes] == [
        ("size(value) -> int", False),
        ("value.size() -> int", True),
    ]
    assert all(word["description"] for word in functions)


@pytest.mark.parametrize(
    ("source", "form", "value", "kind"),
    [
        ("1 + 2", "expression", 3, "int"),
        ("double(input.n) * 1.5", "expression", 6.0, "double"),
        ("[input.n]", "expression", [4], "list"),
        ("{'n': input.n}", "expression", {"n": 4}, "map"),
        ("null", "expression", None, "null"),
        ("timestamp('2026-01-31T09:30:00Z')", "expression", "2026-01-31T09:30:00Z", "timestamp"),
        ("duration('90s')", "expression", "90s", "duration"),
        ("{{ input.n > 3 }}", "template", True, "bool"),
        ("n is {{ input.n }}", "template", "n is 4", "string"),
        ("no braces", "template", "no braces", "string"),
        ("", "template", "", "string"),
    ],
)
async def test_a_value_comes_with_its_type(api: Api, source: str, form: str, value: Any, kind: str) -> None:
    assert await tried(api, source, form, scope={"input": {"n": 4}}) == {"ok": True, "value": value, "type": kind}


async def test_an_expression_sees_what_a_run_has(each: Api) -> None:
    run_id = await started(each, {**failing(), "vars": {"limit": 9}}, {"n": 4})
    await in_state(each, run_id, "FAILED")
    told = await tried(
        each,
        "[input.n, vars.limit, nodes.first.output.n, nodes.broken.output, nodes.broken.error.message, run.id,"
        " workflow.name, trigger.type]",
        run=run_id,
    )
    assert told["value"] == [4, 9, 4, None, "it broke", run_id, "failing", "manual"]


async def test_what_is_given_lies_over_the_run(each: Api) -> None:
    run_id = await started(each, failing(), {"n": 4})
    await in_state(each, run_id, "FAILED")
    scope = {"nodes": {"broken": {"output": {"paid": True}}}, "vars": {"limit": 1}}
    source = "[input.n, vars.limit, nodes.first.output.n, nodes.broken.output.paid, nodes.broken.error]"
    assert (await tried(each, source, run=run_id, scope=scope))["value"] == [4, 1, 4, True, None]


async def test_a_bodys_run_knows_its_item_and_what_is_around(each: Api) -> None:
    body = {
        "nodes": [{"id": "twice", "type": "transform", "params": {"value": "{{ item * nodes.by.output.factor }}"}}],
        "edges": [],
    }
    nodes = [
        {"id": "by", "type": "noop", "params": {"factor": 2}},
        {"id": "each", "type": "map", "params": {"items": "{{ [5, 6] }}", "body": body}},
    ]
    run_id = await started(each, definition("doubled", *nodes, edges="by>each"))
    await in_state(each, run_id, "SUCCEEDED")
    items = (await each.get(f"{RUNS}/{run_id}/nodes/each/items")).json["items"]
    source = "[item, index, nodes.twice.output, nodes.by.output.factor]"
    assert (await tried(each, source, run=items[1]["run"]))["value"] == [6, 1, 12, 2]
    assert (await tried(each, "item", scope={"item": 3}))["value"] == 3
    assert (await tried(each, "item", run=run_id))["ok"] is False


async def test_a_workflow_without_a_run_gives_its_vars_and_nodes(api: Api) -> None:
    await api.create(workflow(vars={"limit": 9}))
    told = await tried(api, "[vars.limit, nodes.first.output, workflow.name, workflow.version]", workflow="greet")
    assert told["value"] == [9, None, "greet", 1]


async def test_an_event_can_be_given(api: Api) -> None:
    told = await tried(api, "event.data.total > 9", scope={"event": {"data": {"total": 10}}})
    assert told["value"] is True


@pytest.mark.parametrize(
    ("source", "form", "position"),
    [
        ("1 +", "expression", {"offset": 3, "end": 3, "line": 1, "column": 4}),
        ("input.nn > 1", "expression", {"offset": 6, "end": 8, "line": 1, "column": 7}),
        ("1 +\n  sise('a')", "expression", {"offset": 6, "end": 10, "line": 2, "column": 3}),
        ("a {{ 1 }}\nb {{ input.nn }}", "template", {"offset": 21, "end": 23, "line": 2, "column": 12}),
    ],
)
async def test_an_error_has_its_place(api: Api, source: str, form: str, position: Any) -> None:
    told = await tried(api, source, form, scope={"input": {"n": 1}})
    assert told["ok"] is False
    assert told["message"]
    assert told["position"] == position


async def test_an_error_may_have_a_hint(api: Api) -> None:
    told = await tried(api, "len('a')")
    assert (told["message"], told["hint"]) == ("unknown function 'len'", "did you mean 'size'?")


async def test_secrets_stand_as_they_are_written(api: Api) -> None:
    await api.call("PUT", "/api/v1/secrets/TOKEN", json={"value": "hush"})
    told = await tried(api, "Bearer {{ secrets.TOKEN }}", "template")
    assert told == {"ok": True, "value": "Bearer {{ secrets.TOKEN }}", "type": "string"}


async def test_addresses_of_callbacks_stand_as_they_are_written(api: Api) -> None:
    asked = definition("asked", {"id": "reply", "type": "wait.callback"})
    run_id = await started(api, asked)
    for where in ({"run": run_id}, {"workflow": "asked"}):
        told = await tried(api, "run.callbacks.reply", **where)
        assert told == {"ok": True, "value": "{{ run.callbacks.reply }}", "type": "string"}


async def test_endless_work_is_ended(api: Api) -> None:
    told = await tried(api, "input.map(a, input.map(b, input.map(c, a)))", scope={"input": list(range(1000))})
    assert told["ok"] is False
    assert "limit" in told["message"] or "steps" in told["message"]


async def test_a_long_text_holds_nobody_else_up(api: Api) -> None:
    text = f"{{{{ [{'1 + 1, ' * 500}1] }}}}" * 15
    trying = asyncio.create_task(tried(api, text, "template"))
    others = 0
    while not trying.done():
        assert (await api.get("/health/live")).status == 200
        others += 1
    assert (await trying)["ok"] is True
    assert others > 3


async def test_a_text_that_is_too_long_is_refused(api: Api) -> None:
    reply = await api.post(EVALUATE, {"source": "x" * 65_537, "as": "template"})
    assert (reply.status, reply.paths) == (422, ["source"])
    assert (await tried(api, "x" * 65_536, "template"))["ok"] is True


async def test_a_run_of_another_tenant_is_unknown(locked: Api) -> None:
    ours, theirs = await locked.key("editor"), await locked.key("viewer", tenant="other")
    await locked.post("/api/v1/workflows", workflow(), headers=ours)
    run = (await locked.post("/api/v1/workflows/greet/runs", {}, headers=ours)).json
    asked = {"source": "1", "as": "expression"}
    assert (await locked.post(EVALUATE, {**asked, "run": run["id"]}, headers=theirs)).status == 404
    assert (await locked.post(EVALUATE, {**asked, "workflow": "greet"}, headers=theirs)).status == 404
    assert (await locked.post(EVALUATE, {**asked, "run": run["id"]}, headers=ours)).status == 200
    assert (await locked.post(EVALUATE, asked, headers=theirs)).status == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"as": "expression"}, "source"),
        ({"source": "1"}, "as"),
        ({"source": "1", "as": "text"}, "as"),
        ({"source": "1", "as": "expression", "run": "x"}, "run"),
        ({"source": "1", "as": "expression", "scope": {"nodes": {"a": {"value": 1}}}}, "scope.nodes.a.value"),
    ],
)
async def test_odd_requests_are_refused(api: Api, body: dict[str, Any], path: str) -> None:
    reply = await api.post(EVALUATE, body)
    assert (reply.status, reply.paths) == (422, [path])
