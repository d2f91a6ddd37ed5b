"""Every field of a definition: what it takes, and the problem at its path when it is wrong."""

from typing import Any

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.json import JSON
from holdfast.model.retry import RetryPolicy
from holdfast.model.validate import load_workflow
from holdfast.model.workflow import Join, Settings
from tests.model.definitions import NODE, SPECS, arrows, document, node, problems, read

FULL: dict[str, Any] = {
    "holdfast": 1,
    "name": "lead-qualification",
    "title": "Leads",
    "description": "Scores a lead",
    "tags": ["sales", "demo"],
    "input": {
        "type": "object",
        "required": ["email"],
        "properties": {"email": {"type": "string"}, "size": {"type": "integer", "default": 5}},
    },
    "vars": {"threshold": 80},
    "settings": {"timeout": "1h", "queue": "leads", "priority": 5, "on_failure": "drain"},
    "triggers": [
        {"id": "signup", "type": "webhook", "respond": "now", "signature": {"type": "none"}},
        {"id": "other", "type": "webhook", "input": {"email": "{{ trigger.body.mail }}"}},
        {"id": "by-hand", "type": "manual"},
    ],
    "nodes": [
        {
            "id": "enrich",
            "type": "http.request",
            "params": {"method": "POST", "url": "https://crm.example.com", "json": {"email": "{{ input.email }}"}},
            "retry": {"max_attempts": 5, "base_delay": "2s", "max_delay": "5m", "jitter": "full", "on_lost": "stop"},
            "timeout": "10s",
            "queue": "slow",
            "priority": -3,
            "title": "Enrich",
            "notes": "asks the CRM",
        },
        {"id": "hot", "type": "if", "params": {"condition": "nodes.enrich.output.score > vars.threshold"}},
        {"id": "mail", "type": "noop", "when": "input.size > 3", "on_error": "continue"},
        {"id": "note", "type": "noop"},
        {"id": "done", "type": "transform", "params": {"value": "{{ nodes.hot.output.result }}"}, "join": "any"},
    ],
    "edges": arrows("enrich>hot,hot.true>mail,hot.false>note,mail>done,note>done"),
    "output": "{{ nodes.done.output }}",
    "layout": {"enrich": {"x": 0, "y": 0.5}},
}


def test_a_full_definition_is_read() -> None:
    workflow = read(FULL)
    assert workflow.name == "lead-qualification"
    assert workflow.tags == ("sales", "demo")
    assert workflow.settings == Settings(HOUR, "leads", 5, "drain")
    assert [trigger.type for trigger in workflow.triggers] == ["webhook", "webhook", "manual"]
    assert len(workflow.edges) == 5
    enrich, hot, mail, note, done = workflow.nodes
    assert enrich.retry == RetryPolicy(5, "exponential", 2 * SECOND, 5 * MINUTE, "full", "stop")
    assert (enrich.timeout, enrich.queue, enrich.priority) == (10 * SECOND, "slow", -3)
    assert (hot.ports, hot.bare) == (("true", "false"), (("condition",),))
    assert (mail.when, mail.on_error) == ("input.size > 3", "continue")
    assert (note.queue, note.priority) == ("leads", 5)
    assert done.join == Join("any")


def test_a_round_trip_loses_nothing() -> None:
    assert read(FULL).document == FULL


def test_defaults_come_from_the_node_type() -> None:
    made = read(document([node("a", "http.request", params={"url": "https://example.com"}), node("b")]))
    assert made.nodes[0].retry == RetryPolicy(max_attempts=4)
    assert made.nodes[0].timeout == 30 * SECOND
    assert made.nodes[1].retry == SPECS["noop"].retry
    assert made.settings == Settings()


def test_the_limit_of_runs_is_a_number_or_says_what_happens_when_it_is_reached() -> None:
    most = read(document(settings={"max_concurrent_runs": 3})).settings
    assert (most.max_concurrent_runs, most.when_full) == (3, "queue")
    most = read(document(settings={"max_concurrent_runs": {"limit": 1, "when_full": "replace"}})).settings
    assert (most.max_concurrent_runs, most.when_full) == (1, "replace")
    assert read(document()).settings.max_concurrent_runs is None


def test_a_longer_base_delay_raises_an_unsaid_max_delay() -> None:
    made = read(document([node("a", retry={"strategy": "fixed", "base_delay": "5m"})]))
    assert made.nodes[0].retry.max_delay == 5 * MINUTE


@pytest.mark.parametrize("given", [None, [], "text", 3, True])
def test_a_definition_is_an_object(given: JSON) -> None:
    with pytest.raises(Invalid, match="a workflow is an object"):
        read(given)


def test_values_that_are_not_portable_json_are_refused_first() -> None:
    assert problems(document(vars={"a": float("nan")})) == {"vars.a": "is not a finite number"}
    assert problems(document(title="a\0b")) == {"title": "contains NUL"}


RUNS = "settings.max_concurrent_runs"
TOP: list[tuple[dict[str, Any], str, str]] = [
    ({"holdfast": 2}, "holdfast", "must be 1"),
    ({"holdfast": True}, "holdfast", "must be 1"),
    ({"holdfast": "1"}, "holdfast", "must be 1"),
    ({"name": "-x"}, "name", "1 to 100 letters"),
    ({"name": ""}, "name", "1 to 100 letters"),
    ({"name": "x" * 101}, "name", "1 to 100 letters"),
    ({"name": "é"}, "name", "1 to 100 letters"),
    ({"name": 5}, "name", "expected text, not a number"),
    ({"title": None}, "title", "expected text, not null"),
    ({"title": "x" * 201}, "title", "longer than 200"),
    ({"description": []}, "description", "expected text, not a list"),
    ({"tags": "sales"}, "tags", "expected a list, not text"),
    ({"tags": ["a", 3]}, "tags[1]", "expected text of 1 to 100"),
    ({"vars": []}, "vars", "expected an object, not a list"),
    ({"nodes": {}}, "nodes", "expected a list, not an object"),
    ({"nodes": []}, "nodes", "at least one node"),
    ({"nodes": ["a"]}, "nodes[0]", "expected an object, not text"),
    ({"edges": "a"}, "edges", "expected a list, not text"),
    ({"edges": [3]}, "edges[0]", "expected an object, not a number"),
    ({"nodess": []}, "nodess", 'unknown key "nodess"; did you mean "nodes"?'),
    ({"steps": {}}, "steps", "expected a list, not an object"),
    ({"input": "x"}, "input", "expected an object, not text"),
    ({"settings": 3}, "settings", "expected an object, not a number"),
    ({"settings": {"timeout": "soon"}}, "settings.timeout", "expected a duration such as"),
    ({"settings": {"timeout": "0s"}}, "settings.timeout", "longer than nothing"),
    ({"settings": {"timeout": 30}}, "settings.timeout", "expected text, not a number"),
    ({"settings": {"queue": "a b"}}, "settings.queue", "1 to 100 letters"),
    ({"settings": {"priority": 101}}, "settings.priority", "between -100 and 100"),
    ({"settings": {"priority": True}}, "settings.priority", "between -100 and 100"),
    ({"settings": {"priority": 1.5}}, "settings.priority", "between -100 and 100"),
    ({"settings": {"on_failure": "stop"}}, "settings.on_failure", "must be one of cancel, drain"),
    ({"settings": {"max_concurrent_runs": 0}}, RUNS, "must be an integer between 1 and"),
    ({"settings": {"max_concurrent_runs": "3"}}, RUNS, "must be an integer between 1 and"),
    ({"settings": {"max_concurrent_runs": {}}}, f"{RUNS}.limit", "limit is missing"),
    ({"settings": {"max_concurrent_runs": {"limit": True}}}, f"{RUNS}.limit", "must be an integer between 1 and"),
    (
        {"settings": {"max_concurrent_runs": {"limit": 1, "when_full": "drop"}}},
        f"{RUNS}.when_full",
        "must be one of queue, reject, replace",
    ),
    ({"settings": {"max_concurrent_runs": {"limit": 1, "most": 2}}}, f"{RUNS}.most", "unknown key"),
    ({"settings": {"timeuot": "1h"}}, "settings.timeuot", 'did you mean "timeout"?'),
    ({"layout": []}, "layout", "expected an object"),
    ({"layout": {"b": {"x": 0, "y": 0}}}, "layout.b", 'there is no node "b"'),
    ({"layout": {"a": {"x": 0}}}, "layout.a.y", "expected a number"),
    ({"layout": {"a": {"x": True, "y": 0}}}, "layout.a.x", "expected a number"),
    ({"layout": {"a": {"x": 0, "y": 0, "z": 0}}}, "layout.a.z", "unknown key"),
]


@pytest.mark.parametrize(("fields", "path", "message"), TOP)
def test_a_wrong_field_at_the_top(fields: dict[str, Any], path: str, message: str) -> None:
    found = problems({**document(), **fields})
    assert list(found) == [path]
    assert message in found[path]


NODE_CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"id": "a-b"}, "id", "1 to 63 letters"),
    ({"id": "1a"}, "id", "1 to 63 letters"),
    ({"id": ""}, "id", "1 to 63 letters"),
    ({"id": "x" * 64}, "id", "1 to 63 letters"),
    ({"id": "true"}, "id", "a word of the expression language"),
    ({"id": 7}, "id", "expected text, not a number"),
    ({"type": "nop"}, "type", 'unknown node type "nop"; did you mean "noop"?'),
    ({"type": None}, "type", "expected text, not null"),
    ({"type": "noob"}, "type", 'unknown node type "noob"; did you mean "noop"?'),
    ({"compensate": {}}, "compensate", "expected text, not an object"),
    ({"parms": {}}, "parms", 'unknown key "parms"; did you mean "params"?'),
    ({"params": []}, "params", "expected an object, not a list"),
    ({"retry": 3}, "retry", "expected an object, not a number"),
    ({"retry": {"max_attempts": 0}}, "retry.max_attempts", "between 1 and 1000"),
    ({"retry": {"strategy": "quadratic"}}, "retry.strategy", "must be one of fixed, linear, exponential"),
    ({"retry": {"base_delay": "1 s"}}, "retry.base_delay", "expected a duration"),
    ({"retry": {"base_delay": "10s", "max_delay": "5s"}}, "retry.max_delay", "not be shorter than base_delay"),
    ({"retry": {"jitter": "some"}}, "retry.jitter", "must be one of none, full, equal"),
    ({"retry": {"on_lost": "run"}}, "retry.on_lost", "must be one of retry, stop"),
    ({"retry": {"attempts": 3}}, "retry.attempts", "unknown key"),
    ({"timeout": "0ms"}, "timeout", "longer than nothing"),
    ({"when": True}, "when", "expected text, not true or false"),
    ({"on_error": "ignore"}, "on_error", "must be one of fail, continue"),
    ({"queue": None}, "queue", "expected text, not null"),
    ({"priority": "high"}, "priority", "between -100 and 100"),
    ({"title": 1}, "title", "expected text"),
    ({"notes": {}}, "notes", "expected text"),
]


@pytest.mark.parametrize(("fields", "path", "message"), NODE_CASES)
def test_a_wrong_field_of_a_node(fields: dict[str, Any], path: str, message: str) -> None:
    assert isinstance(NODE, dict)
    found = problems(document([node("first"), {**NODE, **fields}]))
    assert list(found) == [f"nodes[1].{path}"]
    assert message in found[f"nodes[1].{path}"]


def test_twins_are_refused() -> None:
    twin: JSON = {"id": "t", "type": "manual"}
    found = problems(document([node("a"), node("b"), node("a")], triggers=[twin, twin]))
    assert found == {
        "nodes[2].id": '"a" is already the id of nodes[0]',
        "triggers[1].id": '"t" is already the id of triggers[0]',
    }


def test_missing_fields_are_told_together() -> None:
    found = problems({"nodes": [{}]})
    assert found == {
        "holdfast": "holdfast is missing",
        "name": "name is missing",
        "nodes[0].id": "id is missing",
        "nodes[0].type": "type is missing",
    }
    assert problems({"holdfast": 1, "name": "x"}) == {"nodes": "nodes is missing"}


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        {
            "holdfast": 3,
            "name": "!",
            "nodes": [
                node("a", "nop"),
                node("b", params={}, timeout="x"),
                node("c", "log", params={"message": "{{ ( }}"}),
            ],
            "edges": arrows("a>b,b>nowhere,b.left>c"),
            "output": "{{ nodes.z.output }}",
            "colour": "red",
        }
    )
    assert set(found) == {
        "holdfast",
        "name",
        "colour",
        "nodes[0].type",
        "nodes[1].timeout",
        "nodes[2].params.message",
        "edges[1].to",
        "edges[2].from",
        "output",
    }


def test_a_stored_definition_loads_whatever_the_rules_say_now() -> None:
    stored = document([node("a", "gone", retry={"max_attempts": 0}), node("b")], arrows("a>b"), settings={"new": 1})
    workflow = load_workflow(stored, SPECS)
    assert [made.type for made in workflow.nodes] == ["gone", "noop"]
    assert len(workflow.edges) == 1
    assert load_workflow(FULL, SPECS) == read(FULL)
