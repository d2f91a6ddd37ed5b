"""Test runs over HTTP: drafts tried whole or one node of them, with pins, and never a trace among versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.flows import RUNS, definition, in_state, run_of, started
from tests.http.serving import Api, Reply, parked, workflow

TESTS = "/api/v1/workflows/lead/tests"
LEAD: dict[str, Any] = definition(
    "lead",
    {"id": "fetch", "type": "fail", "params": {"message": "no network here"}},
    {"id": "hot", "type": "if", "params": {"condition": "nodes.fetch.output.score > vars.threshold"}},
    {"id": "mail", "type": "transform", "params": {"value": "hello {{ input.name }}"}},
    {"id": "note", "type": "transform", "params": {"value": "cold"}},
    {"id": "done", "type": "transform", "params": {"value": "{{ [nodes.mail.output, nodes.note.output] }}"}},
    edges="fetch>hot hot.true>mail hot.false>note mail>done note>done",
    vars={"threshold": 50},
    output="{{ nodes.done.output }}",
)


async def trying(api: Api, body: dict[str, Any] | None = None, path: str = TESTS, **options: Any) -> Reply:
    return await api.post(path, {"wait": 20, **(body or {})}, **options)


async def ended(api: Api, body: dict[str, Any] | None = None, path: str = TESTS) -> Any:
    reply = await trying(api, body, path)
    assert reply.status == 200, reply.text
    await well(api)
    return reply.json


async def well(api: Api) -> None:
    services = api.app.services
    assert await services.store.check_invariants(services.now()) == []


def states(run: Any) -> dict[str, str]:
    return {node: shown["state"] for node, shown in run["nodes"].items()}


# -- whole drafts ------------------------------------------------------------------------------------------------------


async def test_a_draft_runs_and_is_no_version(each: Api) -> None:
    created = await each.create(workflow("lead"))
    draft = workflow("lead", output="{{ 'draft: ' + nodes.second.output.word }}", triggers=[])
    run = await ended(each, {"definition": draft})
    assert (run["state"], run["output"]) == ("SUCCEEDED", "draft: hello")
    assert (run["test"], run["version"], run["workflow"]) == (True, 0, "lead")
    assert run["trigger"]["test"] == {"pinned": [], "only": None}
    found = (await each.get("/api/v1/workflows/lead")).json
    assert (found["version"], found["definition"], found["triggers"]) == (1, created["definition"], created["triggers"])
    assert [one["version"] for one in (await each.get("/api/v1/workflows/lead/versions")).json["items"]] == [1]
    assert (await each.get("/api/v1/workflows/lead?version=0")).status == 422
    shown = (await each.get(f"{RUNS}/{run['id']}/definition")).json
    assert shown == {"version": 0, "test": True, "definition": draft}
    saved = await each.call("PUT", "/api/v1/workflows/lead", json=workflow("lead", title="Lead"))
    assert saved.json["version"] == 2


async def test_what_a_test_tells_of_itself_says_so(each: Api) -> None:
    real = await started(each, workflow("lead"))
    await in_state(each, real, "SUCCEEDED")
    test = (await ended(each))["id"]
    for run_id, expected in ((test, True), (real, None)):
        events = (await each.get(f"{RUNS}/{run_id}/events")).json["items"]
        told = [event["data"].get("test") for event in events if event["type"].startswith("workflow.")]
        assert told == [expected, expected]


async def test_the_newest_version_is_tried_when_none_is_given(each: Api) -> None:
    await each.create(workflow("lead"))
    run = await ended(each)
    assert (run["state"], run["output"], run["test"]) == ("SUCCEEDED", {"word": "hello"}, True)
    assert list(run["nodes"]) == ["first", "second"]
    assert (await each.get(f"{RUNS}/{run['id']}/definition")).json["definition"] == workflow("lead")


async def test_equal_drafts_are_kept_once(each: Api) -> None:
    await each.create(workflow("lead"))
    await each.create(workflow("other"))
    draft = workflow("lead", output="{{ nodes.second.output.word }}", triggers=[])
    other = "/api/v1/workflows/other/tests"
    tried = [
        await ended(each, {"definition": given}, path) for given in (draft, None) for path in (TESTS, TESTS, other)
    ]
    store, now = each.app.services.store, each.app.services.now()
    runs = [await store.get_run("default", run["id"], now) for run in tried]
    assert [[run.version_id for run in runs].index(one.version_id) for one in runs] == [0, 0, 2, 3, 3, 5]
    compiled = each.app.services.engine.graphs
    assert all(compiled.known(run.version_id) for run in runs)


async def test_tests_that_are_refused_fill_no_memory(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await api.create(workflow("lead"))
    made: list[Any] = []
    of = api.app.services.engine.graphs.of

    def noted(version_id: str, definition: Any) -> Any:
        made.append(version_id)
        return of(version_id, definition)

    monkeypatch.setattr(api.app.services.engine.graphs, "of", noted)
    for _ in range(3):
        assert (await trying(api, {"pins": {"ghost": 1}})).status == 422
    assert (len(made), len(set(made))) == (3, 1)


async def test_the_nodes_of_a_test_are_shown_when_the_workflow_is_gone(each: Api) -> None:
    await each.create(workflow("lead"))
    run = await ended(each, {"definition": LEAD, "pins": {"fetch": {"score": 1}}})
    await each.call("DELETE", "/api/v1/workflows/lead")
    assert list((await run_of(each, run["id"]))["nodes"]) == ["fetch", "hot", "mail", "note", "done"]
    assert (await trying(each)).status == 404


async def test_a_test_of_a_workflow_that_is_off_begins(each: Api) -> None:
    await each.create(workflow("lead"))
    await each.call("PATCH", "/api/v1/workflows/lead", json={"enabled": False})
    assert (await ended(each))["state"] == "SUCCEEDED"


async def test_bodies_of_a_test_are_tests(each: Api) -> None:
    body = {"nodes": [{"id": "twice", "type": "transform", "params": {"value": "{{ item * 2 }}"}}], "edges": []}
    nodes = [{"id": "each", "type": "map", "params": {"items": "{{ [1, 2] }}", "body": body}}]
    await each.create(workflow("lead"))
    run = await ended(each, {"definition": definition("lead", *nodes, output="{{ nodes.each.output }}")})
    assert run["output"] == [2, 4]
    items = (await each.get(f"{RUNS}/{run['id']}/nodes/each/items")).json["items"]
    inner = await run_of(each, items[0]["run"])
    assert (inner["test"], list(inner["nodes"])) == (True, ["twice"])
    shown = (await each.get(f"{RUNS}/{inner['id']}/definition")).json
    assert (shown["test"], shown["definition"]["nodes"]) == (True, body["nodes"])


async def test_lists_show_tests_unless_told_not_to(each: Api) -> None:
    real = await started(each, workflow("lead"))
    test = (await ended(each))["id"]
    found = {
        query: [run["id"] for run in (await each.get(f"{RUNS}{query}")).json["items"]]
        for query in ("", "?test=true", "?test=false", "?workflow=lead&test=false", "?workflow=lead&test=true")
    }
    assert list(found.values()) == [[test, real], [test], [real], [real], [test]]


# -- pins --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "output"), [(80, ["hello Ada", None]), (3, [None, "cold"])])
async def test_a_pinned_node_never_runs_and_gives_its_output(each: Api, score: int, output: Any) -> None:
    await each.create(LEAD)
    run = await ended(each, {"input": {"name": "Ada"}, "pins": {"fetch": {"score": score}}})
    assert (run["state"], run["output"]) == ("SUCCEEDED", output)
    fetch = run["nodes"]["fetch"]
    assert (fetch["state"], fetch["output"], fetch["job_id"], fetch["attempts"]) == (
        "SUCCEEDED", {"score": score}, None, 0,
    )  # fmt: skip
    assert run["trigger"]["test"] == {"pinned": ["fetch"], "only": None}
    jobs = (await each.get(f"/api/v1/jobs?run={run['id']}")).json["items"]
    assert {job["node"] for job in jobs} == {"hot", "mail" if score > 50 else "note", "done"}


@pytest.mark.parametrize(("result", "taken"), [(True, "mail"), (False, "note")])
async def test_a_pinned_decision_goes_on_by_the_port_that_it_tells(each: Api, result: bool, taken: str) -> None:
    await each.create(LEAD)
    run = await ended(each, {"input": {"name": "Ada"}, "pins": {"fetch": {}, "hot": {"result": result}}})
    assert {node for node, state in states(run).items() if state == "SUCCEEDED"} == {"fetch", "hot", taken, "done"}


async def test_a_pin_in_the_middle_leaves_what_leads_to_it_alone(each: Api) -> None:
    """The nodes before it run all the same: others may need them."""
    await each.create(LEAD)
    run = await ended(each, {"pins": {"hot": {"result": False}}})
    assert run["state"] == "FAILED"
    assert run["error"]["node"] == "fetch"


async def test_a_run_of_pins_alone_ends_at_once(each: Api) -> None:
    await each.create(LEAD)
    pins = {"fetch": {}, "hot": {"result": True}, "mail": "m", "note": None, "done": [1]}
    run = await ended(each, {"pins": pins})
    assert (run["state"], run["output"]) == ("SUCCEEDED", [1])
    assert (await each.get(f"/api/v1/jobs?run={run['id']}")).json["items"] == []


async def test_a_large_pin_is_read_by_what_follows(each: Api) -> None:
    await each.create(LEAD)
    text = "x" * 600_000
    draft = definition(
        "lead",
        {"id": "big", "type": "fail", "params": {"message": "pinned"}},
        {"id": "length", "type": "transform", "params": {"value": "{{ size(nodes.big.output.text) }}"}},
        edges="big>length",
        output="{{ nodes.length.output }}",
    )
    run = await ended(each, {"definition": draft, "pins": {"big": {"text": text}}})
    assert run["output"] == 600_000


async def test_nothing_undoes_what_is_pinned(each: Api) -> None:
    draft = definition(
        "lead",
        {"id": "charge", "type": "noop", "compensate": "refund"},
        {"id": "reserve", "type": "noop", "compensate": "release"},
        {"id": "ship", "type": "fail", "params": {"message": "no van"}},
        {"id": "refund", "type": "noop"},
        {"id": "release", "type": "noop"},
        edges="charge>reserve reserve>ship",
    )
    await each.create(draft)
    run = await ended(each, {"pins": {"charge": {"paid": 900}}})
    assert run["state"] == "FAILED"
    assert states(run) == {
        "charge": "SUCCEEDED", "reserve": "SUCCEEDED", "ship": "FAILED", "refund": "SKIPPED", "release": "SUCCEEDED",
    }  # fmt: skip
    whole = await ended(each, {"pins": {"charge": {}, "reserve": {}, "ship": {}}})
    assert states(whole)["refund"] == states(whole)["release"] == "SKIPPED"
    assert whole["state"] == "SUCCEEDED"


# -- one node ----------------------------------------------------------------------------------------------------------


async def test_one_node_runs_alone_on_pins(each: Api) -> None:
    await each.create(LEAD)
    run = await ended(each, {"only": "hot", "pins": {"fetch": {"score": 80}}})
    assert (run["state"], run["output"]) == ("SUCCEEDED", {"result": True})
    assert states(run) == {
        "fetch": "SUCCEEDED", "hot": "SUCCEEDED", "mail": "SKIPPED", "note": "SKIPPED", "done": "SKIPPED",
    }  # fmt: skip
    assert run["trigger"]["test"] == {"pinned": ["fetch"], "only": "hot"}


async def test_one_node_runs_alone_on_what_a_run_gave(each: Api) -> None:
    await each.create(LEAD)
    before = await ended(each, {"input": {"name": "Ada"}, "pins": {"fetch": {"score": 80}}})
    run = await ended(each, {"only": "done", "run": before["id"], "pins": {"note": "pinned"}})
    assert (run["state"], run["output"], run["input"]) == ("SUCCEEDED", ["hello Ada", "pinned"], {"name": "Ada"})
    assert states(run) == dict.fromkeys(("fetch", "hot", "mail", "note", "done"), "SUCCEEDED")
    jobs = (await each.get(f"/api/v1/jobs?run={run['id']}")).json["items"]
    assert [job["node"] for job in jobs] == ["done"]


async def test_one_node_runs_whatever_its_join_and_guard_say(each: Api) -> None:
    draft = definition(
        "lead",
        {"id": "first", "type": "fail", "params": {"message": "no"}},
        {"id": "second", "type": "transform", "when": "false", "params": {"value": 7}},
        edges="first>second",
        output="{{ nodes.first.output.deep.down }}",
    )
    await each.create(draft)
    run = await ended(each, {"only": "second"})
    assert (run["state"], run["output"]) == ("SUCCEEDED", 7)
    assert states(run) == {"first": "SKIPPED", "second": "SUCCEEDED"}


async def test_one_node_that_fails_fails_the_test(each: Api) -> None:
    await each.create(LEAD)
    run = await ended(each, {"only": "fetch"})
    assert (run["state"], run["error"]["message"]) == ("FAILED", "no network here")


async def test_one_node_that_undoes_another_runs_alone(each: Api) -> None:
    draft = definition(
        "lead",
        {"id": "charge", "type": "noop", "compensate": "refund"},
        {"id": "refund", "type": "transform", "params": {"value": "back: {{ nodes.charge.output.paid }}"}},
    )
    await each.create(draft)
    run = await ended(each, {"only": "refund", "pins": {"charge": {"paid": 900}}})
    assert (run["state"], run["output"]) == ("SUCCEEDED", "back: 900")
    assert run["nodes"]["charge"]["job_id"] is None


async def test_an_error_of_a_run_is_there_for_the_node_that_handles_it(each: Api) -> None:
    handling = definition(
        "lead",
        {"id": "first", "type": "fail", "params": {"message": "it broke"}},
        {"id": "tell", "type": "transform", "params": {"value": "{{ nodes.first.error.message }}"}},
        edges="first.error>tell",
    )
    run_id = await started(each, handling)
    await in_state(each, run_id, "SUCCEEDED")
    run = await ended(each, {"only": "tell", "run": run_id})
    assert (run["output"], run["nodes"]["first"]["state"]) == ("it broke", "FAILED")
    assert run["nodes"]["first"]["error"]["message"] == "it broke"


async def test_a_trigger_can_be_given(each: Api) -> None:
    await each.create(LEAD)
    draft = definition("lead", {"id": "read", "type": "transform", "params": {"value": "{{ trigger.body.email }}"}})
    trigger = {"type": "webhook", "id": "hook", "body": {"email": "ada@example.com"}}
    run = await ended(each, {"definition": draft, "only": "read", "trigger": trigger})
    assert run["output"] == "ada@example.com"
    assert (run["trigger"]["type"], run["trigger"]["test"]["only"]) == ("webhook", "read")


# -- again -------------------------------------------------------------------------------------------------------------


async def test_a_test_is_repeated_with_its_draft_and_its_pins(each: Api) -> None:
    await each.create(workflow("lead"))
    draft = {**LEAD, "vars": {"threshold": 10}}
    first = await ended(each, {"definition": draft, "input": {"name": "Ada"}, "pins": {"fetch": {"score": 20}}})
    for start in ("start", "hot", "fetch"):
        reply = await each.post(f"{RUNS}/{first['id']}/rerun", {"from": start})
        assert reply.status == 201, reply.text
        run = await in_state(each, reply.json["id"], "SUCCEEDED")
        assert (run["test"], run["rerun_of"], run["output"]) == (True, first["id"], ["hello Ada", None])
        assert run["nodes"]["fetch"]["job_id"] is None
        assert run["nodes"]["hot"]["job_id"] is not None
    refused = await each.post(f"{RUNS}/{first['id']}/rerun", {"from": "start", "version": "newest"})
    assert refused.status == 409
    assert "test" in refused.json["detail"]
    await well(each)


async def test_a_failed_test_goes_on_from_what_failed(each: Api) -> None:
    draft = definition(
        "lead",
        {"id": "pinned", "type": "fail", "params": {"message": "never"}, "compensate": "undo"},
        {"id": "done", "type": "noop"},
        {"id": "broken", "type": "fail", "params": {"message": "it broke"}},
        {"id": "undo", "type": "noop"},
        edges="pinned>done done>broken",
    )
    await each.create(draft)
    first = await ended(each, {"pins": {"pinned": 1}})
    again = (await each.post(f"{RUNS}/{first['id']}/rerun", {"from": "failed"})).json
    run = await in_state(each, again["id"], "FAILED")
    assert states(run) == {"pinned": "SUCCEEDED", "done": "SUCCEEDED", "broken": "FAILED", "undo": "SKIPPED"}
    assert run["nodes"]["done"]["job_id"] is None
    assert run["nodes"]["pinned"]["output"] == 1
    await well(each)


async def test_one_node_alone_is_repeated_alone(each: Api) -> None:
    await each.create(LEAD)
    first = await ended(each, {"only": "hot", "pins": {"fetch": {"score": 80}}})
    again = (await each.post(f"{RUNS}/{first['id']}/rerun", {"from": "failed"})).json
    run = await in_state(each, again["id"], "SUCCEEDED")
    assert (run["output"], states(run)) == (first["output"], states(first))
    assert run["nodes"]["hot"]["job_id"] is not None
    await well(each)


async def test_an_idempotency_key_starts_one_test(each: Api) -> None:
    await each.create(workflow("lead"))
    headers = {"Idempotency-Key": "once"}
    first = await trying(each, headers=headers)
    second = await trying(each, headers=headers)
    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (await trying(each, {"input": {"n": 1}}, headers=headers)).status == 409
    assert len((await each.get(RUNS)).json["items"]) == 1


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when_full", ["reject", "queue", "replace"])
async def test_tests_take_no_place_and_wait_for_none(each: Api, when_full: str) -> None:
    limited = {**parked("lead"), "settings": {"max_concurrent_runs": {"limit": 1, "when_full": when_full}}}
    await each.create(limited)
    first = (await trying(each, {"wait": 0})).json
    second = (await trying(each, {"wait": 0})).json
    real = (await each.post("/api/v1/workflows/lead/runs")).json
    third = (await trying(each, {"wait": 0})).json
    going = [(await run_of(each, run["id"]))["state"] for run in (first, second, real, third)]
    assert "PENDING" not in going
    assert "CANCELLED" not in going
    await well(each)


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"definition": {"holdfast": 1, "name": "lead", "nodes": [{"id": "a", "type": "none"}], "edges": [{}]}}, None),
        ({"pins": {"ghost": 1, "fetch": {}}}, ["pins.ghost"]),
        ({"pins": {"inner": 1}}, ["pins.inner"]),
        ({"pins": {"hot": {}}}, ["pins.hot"]),
        ({"pins": {"way": {"case": "left"}}}, ["pins.way"]),
        ({"pins": {"fetch": {"text": "\0"}}}, ["pins.fetch.text"]),
        ({"only": "ghost"}, ["only"]),
        ({"only": "inner"}, ["only"]),
        ({"only": "hot", "pins": {"hot": {"result": True}}}, ["only"]),
        ({"run": "{run}"}, ["run"]),
        ({"run": "nothing", "only": "hot"}, ["run"]),
        ({"wait": 61}, ["wait"]),
        ({"pins": {"ghost": 1}, "only": "ghost"}, ["pins.ghost", "only"]),
        ({"input": {"name": 1}}, ["input.name"]),
        ({"nodes": []}, ["nodes"]),
    ],
)
async def test_what_is_wrong_is_told_by_its_place(api: Api, body: dict[str, Any], paths: list[str] | None) -> None:
    body_of_each = {"nodes": [{"id": "inner", "type": "noop"}], "edges": []}
    nodes = [
        *LEAD["nodes"],
        {"id": "way", "type": "switch", "params": {"cases": {"up": "true"}}},
        {"id": "each", "type": "map", "params": {"items": "{{ [] }}", "body": body_of_each}},
    ]
    document = {**LEAD, "nodes": nodes, "input": {"type": "object", "properties": {"name": {"type": "string"}}}}
    await api.create(document)
    made = (await api.post("/api/v1/workflows/lead/runs", {"input": {}})).json["id"]
    sent = {**body, "run": made} if body.get("run") == "{run}" else body
    reply = await api.post(TESTS, sent)
    assert reply.status == 422, reply.text
    if paths is None:
        validated = await api.post("/api/v1/workflows/validate", body["definition"])
        assert reply.paths == validated.paths
        assert len(reply.paths) > 1
    else:
        assert reply.paths == paths
    assert [run["id"] for run in (await api.get(RUNS)).json["items"]] == [made]


async def test_editors_may_test_and_operators_may_not(locked: Api) -> None:
    editor, operator = await locked.key("editor"), await locked.key("operator")
    other = await locked.key("editor", tenant="other")
    await locked.post("/api/v1/workflows", workflow("lead"), headers=editor)
    assert (await trying(locked, headers=operator)).status == 403
    assert (await trying(locked, headers=other)).status == 404
    run = await trying(locked, headers=editor)
    assert run.status == 200
    await locked.post("/api/v1/workflows", workflow("lead"), headers=other)
    stolen = await trying(locked, {"only": "second", "run": run.json["id"]}, headers=other)
    assert stolen.status == 404
