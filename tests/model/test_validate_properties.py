"""Whatever a document is: reading it gives a workflow or ``Invalid`` within bounded time, and loading never fails."""

import copy
import time
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.model.errors import Invalid
from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject
from holdfast.model.rule import Rule
from holdfast.model.validate import load_rule, load_workflow, read_rule, read_workflow
from holdfast.model.validate.problems import MOST
from holdfast.model.validate.steps import expanded
from holdfast.model.workflow import Workflow
from tests.model.definitions import CRONS, SCHEMAS, document
from tests.model.random_definitions import KEYS, RICH, VALUES, change
from tests.model.validate_kinds import KINDS
from tests.support.examples import examples

# CPU seconds for one small document, whatever it holds; in order it takes about a millisecond.
BOUND: Final = 1.0


def outcome(given: JSON) -> Workflow | Invalid:
    """What reading gives, in time; anything but ``Invalid`` goes through."""
    begin = time.process_time()
    try:
        made: Workflow | Invalid = read_workflow(given, KINDS, SCHEMAS, CRONS)
    except Invalid as invalid:
        made = invalid
    assert isinstance(made, Workflow) or 0 < len(made.problems) <= MOST + 1
    assert time.process_time() - begin < BOUND
    return made


def test_the_rich_definition_is_in_order() -> None:
    assert isinstance(outcome(RICH), Workflow)


@given(st.one_of(VALUES, st.dictionaries(KEYS, VALUES).map(lambda value: {**document(), **value})))
@settings(deadline=None, max_examples=examples(300), suppress_health_check=list(HealthCheck))
def test_any_value_is_a_workflow_or_invalid(value: JSON) -> None:
    outcome(value)


@given(st.data())
@settings(deadline=None, max_examples=examples(300), suppress_health_check=list(HealthCheck))
def test_a_definition_with_faults_is_read_and_loaded(data: st.DataObject) -> None:
    changed = copy.deepcopy(RICH)
    for _ in range(data.draw(st.integers(1, 4))):
        change(data, changed)
    made = outcome(changed)
    if isinstance(made, Workflow):
        check_ready(made)
        assert set(made.edges) == set(read_workflow(expanded(changed), KINDS, SCHEMAS, CRONS).edges)
    elif not any(problem.message.startswith(("is not", "contains", "nested")) for problem in made.problems):
        load_workflow(changed, KINDS)
        load_workflow(changed, {})


RULE: Final[JSONObject] = {
    "name": "r",
    "trigger": {"type": "event", "event": "job.*", "kind": "x", "batch": {"within": "1m"}},
    "conditions": ["tenant.plan == 'pro'", "event.data.x != previous.x"],
    "for_each": "tenant",
    "jobs": [
        {
            "kind": "k",
            "payload": {"a": ["{{ tenant.x }}"]},
            "retry": {"max_attempts": 2},
            "unique_key": "{{ rule.id }}",
        },
        {"kind": "{{ event.data.kind }}", "delay": "5m", "concurrency_key": "c", "rate": "1/1s"},
    ],
}


@given(st.data())
@settings(deadline=None, max_examples=examples(300), suppress_health_check=list(HealthCheck))
def test_a_rule_with_faults_is_read_and_loaded(data: st.DataObject) -> None:
    changed = copy.deepcopy(RULE)
    for _ in range(data.draw(st.integers(0, 4))):
        change(data, changed)
    begin = time.process_time()
    try:
        made: Rule | Invalid = read_rule(changed, CRONS)
    except Invalid as invalid:
        made = invalid
    assert made == load_rule(changed) if isinstance(made, Rule) else 0 < len(made.problems) <= MOST + 1
    assert time.process_time() - begin < BOUND
    load_rule(changed)


def check_ready(workflow: Workflow) -> None:
    """Whatever is valid compiles: no node of a run can meet an expression that doesn't parse."""
    graphs = [Graph.of(workflow)]
    for graph in graphs:  # grows while it is walked
        assert len(graph.order) == len(graph.nodes)
        for name in graph.nodes:
            graph.reads_of(name)
            graph.guard_reads(name)
            graph.later_reads(name)
        assert graph.output_reads is not None
        graphs += graph.bodies.values()
