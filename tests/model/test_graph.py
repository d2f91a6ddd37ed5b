"""What a graph answers: edges, reads, filled params, trigger input, jobs."""

from copy import deepcopy

import pytest

from holdfast.model.expression import ExpressionError
from holdfast.model.graph import Graph, replaced, value_at
from holdfast.model.graph_scope import scope_of
from holdfast.model.instant import SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.retry import RetryPolicy
from holdfast.model.validate import load_workflow
from holdfast.model.workflow import EdgeDef
from tests.model.definitions import SPECS, arrows, document, graph, node
from tests.model.driving import NOW, new_view

HOT = node("hot", "if", params={"condition": "nodes.a.output.n > vars.limit"})
SAMPLE = graph(
    [
        node(
            "a", "http.request", params={"url": "https://example.com/{{ input.id }}", "json": {"k": [1, "{{ now }}"]}}
        ),
        HOT,
        node(
            "b", "log", params={"message": "{{ nodes.a.output.n }} {{ nodes.hot.error }}"}, when="nodes.hot.output != 1"
        ),
        node(
            "c",
            "http.request",
            params={"url": "https://example.com", "options": {"only_if": "input.id > 3", "limit": 1}},
        ),
        node("d", "task", params={"name": "bill", "args": {}}, queue="slow", priority=7),
    ],
    arrows("a>hot,hot.true>b,a.error>c"),
    vars={"limit": 3},
    output={"from": "{{ nodes.b.output }}"},
    settings={"queue": "leads", "priority": -2},
)


def scope(given: JSON = None, **outputs: JSON) -> dict[str, object]:
    return scope_of(
        run_id="r",
        workflow="sample",
        version=2,
        correlation_id="c",
        created_at=NOW,
        run_input=given,
        trigger={"type": "manual"},
        variables=SAMPLE.workflow.vars,
        reads=["a", "hot", "b"],
        outputs=outputs,
        errors={"hot": {"type": "boom"}},
        now=NOW + SECOND,
    )


def test_edges_are_indexed_both_ways() -> None:
    assert SAMPLE.roots == ("a", "d")
    assert SAMPLE.edges_from("hot", "true") == (EdgeDef("hot", "true", "b"),)
    assert SAMPLE.edges_from("hot", "false") == ()
    assert SAMPLE.in_edges["c"] == (EdgeDef("a", "error", "c"),)
    assert (SAMPLE.handles_error("a"), SAMPLE.handles_error("hot")) == (True, False)
    places = [SAMPLE.rank[name] for name in ("a", "hot", "b")]
    assert places == sorted(places)


def test_reads_tell_apart_params_guard_and_output() -> None:
    assert SAMPLE.reads_of("a") == frozenset()
    assert SAMPLE.reads_of("hot") == {"a"}
    assert SAMPLE.reads_of("b") == {"a", "hot"}
    assert SAMPLE.guard_reads("b") == {"hot"}
    assert SAMPLE.guard_reads("a") == frozenset()
    assert SAMPLE.output_reads == {"b"}


def test_params_are_filled() -> None:
    assert SAMPLE.fill_params("a", scope({"id": 7})) == {
        "url": "https://example.com/7",
        "json": {"k": [1, "2023-11-14T22:13:21Z"]},
    }
    assert SAMPLE.fill_params("b", scope(a={"n": 4})) == {"message": '4 {"type":"boom"}'}


def test_a_bare_expression_is_filled_with_its_value() -> None:
    assert SAMPLE.fill_params("hot", scope(a={"n": 4})) == {"condition": True}
    assert SAMPLE.fill_params("hot", scope(a={"n": 3})) == {"condition": False}
    filled = SAMPLE.fill_params("c", scope({"id": 4}))
    assert value_at(filled, ("options",)) == {"only_if": True, "limit": 1}


def test_filling_leaves_the_definition_as_it_is() -> None:
    before = deepcopy(SAMPLE.workflow.document)
    SAMPLE.fill_params("hot", scope(a={"n": 4}))
    SAMPLE.fill_params("c", scope({"id": 4}))
    assert SAMPLE.workflow.document == before


def test_a_failing_expression_raises_its_error() -> None:
    with pytest.raises(ExpressionError, match="no such key"):
        SAMPLE.fill_params("a", scope({}))


def test_a_stored_expression_that_no_longer_parses_raises_where_it_is_used() -> None:
    stored: JSONObject = document([node("a", "log", params={"message": "{{ ( }}"}, when="((")], output="{{ ) }}")
    made = Graph.of(load_workflow(stored, SPECS))
    with pytest.raises(ExpressionError):
        made.fill_params("a", scope())
    with pytest.raises(ExpressionError):
        made.guard("a", scope())
    with pytest.raises(ExpressionError):
        made.output(scope())


GATHERED: JSON = {"events": [{"data": {"a": 1}}, {"data": {"a": 2}}]}


@pytest.mark.parametrize(
    ("trigger", "given"),
    [
        ({"type": "webhook", "body": {"a": 1}}, {"a": 1}),
        ({"type": "webhook", "body": [1]}, {}),
        ({"type": "webhook", "body": "text"}, {}),
        ({"type": "webhook"}, {}),
        ({"type": "manual", "body": {"a": 1}}, {}),
        ({"type": "cron", "fire_at": "2026-01-01T00:00:00Z"}, {}),
        ({"type": "event", "event": {"type": "t", "data": {"a": 1}}}, {"a": 1}),
        ({"type": "event", "event": {"type": "t", "data": [1]}}, {}),
        ({"type": "event", "event": {"data": {"a": 2}}, "events": [{"data": {"a": 1}}, {"data": {"a": 2}}]}, GATHERED),
    ],
)
def test_the_default_input_of_a_trigger(trigger: JSONObject, given: JSON) -> None:
    made = graph(triggers=[{"id": "t", "type": "webhook"}])
    assert made.trigger_input("t", trigger) == given


def test_a_trigger_input_is_a_template_over_the_trigger() -> None:
    hook: JSON = {"id": "t", "type": "webhook", "input": {"mail": "{{ trigger.body.m }}", "limit": "{{ vars.l }}"}}
    made = graph(triggers=[hook], vars={"l": 3})
    assert made.trigger_input("t", {"type": "webhook", "body": {"m": "x"}}) == {"mail": "x", "limit": 3}
    with pytest.raises(ExpressionError):
        made.trigger_input("t", {"type": "webhook", "body": {}})


def test_defaults_fill_what_was_left_out() -> None:
    made = graph(input={"properties": {"a": {"default": 1}, "b": {"default": None}, "c": {}}})
    assert made.with_defaults({"a": 5}) == {"a": 5, "b": None}
    assert made.with_defaults([1]) == [1]
    assert graph().with_defaults({"a": 5}) == {"a": 5}


def test_the_job_of_a_node() -> None:
    view = new_view(SAMPLE)
    job = SAMPLE.job_of(view, "a", NOW, lambda: "j-1")
    assert (job.id, job.kind, job.tenant, job.payload) == ("j-1", "http.request", "default", None)
    assert (job.queue, job.priority, job.timeout, job.retry) == ("leads", -2, 30 * SECOND, RetryPolicy(max_attempts=4))
    assert (job.run_id, job.node_id, job.correlation_id) == (view.id, "a", "c-1")
    assert (job.created_at, job.due_at, job.state) == (NOW, NOW, JobState.PENDING)
    task = SAMPLE.job_of(view, "d", NOW, lambda: "j-2")
    assert (task.kind, task.queue, task.priority) == ("task:bill", "slow", 7)


def test_places_in_a_value() -> None:
    value: JSON = {"a": {"b": 1, "c": 2}}
    assert value_at(value, ("a", "b")) == 1
    assert value_at(value, ("x", "y")) is None
    assert replaced(value, ("a", "b"), 5) == {"a": {"b": 5, "c": 2}}
    assert replaced(value, (), 5) == 5
    assert value == {"a": {"b": 1, "c": 2}}
