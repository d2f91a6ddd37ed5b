"""Test runs: a definition that nobody saved is tried, with outputs pinned to nodes, or one node of it alone.

The run is a real one, with jobs, events and effects; only its definition is a draft, which is kept with the run and is
no version of the workflow. The workflow itself, its triggers and its limit of runs stay as they are, and it may be
switched off. What is wrong with the definition, the pins or the input is told before anything begins.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.engine.graphs import Graphs
from holdfast.engine.reruns import as_it_was
from holdfast.engine.runs import Runs
from holdfast.engine.started import derived_id
from holdfast.engine.workflows import Workflows
from holdfast.model.errors import Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.pins import TEST, beforehand, known_before, pinned, told_test
from holdfast.model.records import RunRecord, WorkflowRecord
from holdfast.model.run import DRAFT, NodeDecision, NodeState
from holdfast.ports import Accepted, Clock, Dedupe, Store

_TAKEN = frozenset({NodeState.SUCCEEDED, NodeState.FAILED, NodeState.DEAD})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to try. ``definition``: None for the newest version. ``only``: a node to run alone; what leads to it and
    isn't pinned is taken from ``run``. ``run_input`` and ``trigger``: None for those of ``run``, else for an empty
    input and a start by hand.
    """

    definition: JSON = None
    run_input: JSON = None
    trigger: JSONObject | None = None
    pins: Mapping[str, JSON] = field(default_factory=dict)
    only: str | None = None
    run: str | None = None


class RunTrials:
    """Starts test runs."""

    def __init__(self, store: Store, clock: Clock, graphs: Graphs, workflows: Workflows, runs: Runs) -> None:
        self._store = store
        self._clock = clock
        self._graphs = graphs
        self._workflows = workflows
        self._runs = runs

    async def start(
        self, tenant: str, workflow: str, wanted: Wanted, *, correlation_id: str, dedupe: Dedupe | None = None
    ) -> Accepted:
        """Raises ``NotFound`` (workflow, run) or ``Invalid`` (definition, pins, ``only``, input)."""
        record = await self._store.get_workflow(tenant, workflow)
        now = self._clock.now()
        # A big definition takes a while.
        version_id, graph = await asyncio.to_thread(self._draft, tenant, record, wanted.definition)
        _check(graph, wanted)
        run = None if wanted.run is None else await self._store.get_run(tenant, wanted.run, now)
        given = {**await self._taken(graph, wanted.only, run), **_pinned(graph, wanted.pins)}
        trigger = {**_trigger(wanted, run), TEST: told_test(given, wanted.only)}
        view = self._runs.new_view(tenant, (record.name, DRAFT, version_id), trigger, correlation_id, now)
        view = view._replace(input=_input(wanted, run))
        decided = beforehand(graph, given, wanted.only)
        return await self._runs.begin_test(record.id, view, graph, decided, wanted.only, dedupe)

    def _draft(self, tenant: str, record: WorkflowRecord, definition: JSON) -> tuple[str, Graph]:
        """Equal drafts of a workflow are one, however often they are tried: kept once, compiled once."""
        document = record.definition if definition is None else self._workflows.validate(definition).document
        version_id = derived_id("draft", tenant, record.id, json.dumps(document))
        return version_id, self._graphs.of(version_id, document)

    async def _taken(self, graph: Graph, only: str | None, run: RunRecord | None) -> dict[str, NodeDecision]:
        """What a run has of the nodes before the one that is tried alone."""
        if run is None or only is None:
            return {}
        before = (await self._graphs.load(run.version_id, self._store)).of_body(run.body)
        leading = known_before(graph, only)
        return {
            node_id: as_it_was(node)
            for node_id, node in (run.nodes or {}).items()
            if node.state in _TAKEN and node_id in leading and node_id in before.nodes
            if before.nodes[node_id].type == graph.nodes[node_id].type
        }


def _input(wanted: Wanted, run: RunRecord | None) -> JSON:
    if wanted.run_input is not None:
        return wanted.run_input
    return {} if run is None else run.input


def _trigger(wanted: Wanted, run: RunRecord | None) -> JSONObject:
    """By hand, unless it is to look like something else."""
    if wanted.trigger is not None:
        return {"type": "manual", "id": None, **wanted.trigger}
    return {"type": "manual", "id": None} if run is None else run.trigger


def _check(graph: Graph, wanted: Wanted) -> None:
    """Raises ``Invalid`` with every problem of the pins and the node that is tried alone."""
    problems: list[Problem] = []
    for node_id, output in wanted.pins.items():
        problems += _problems_of_pin(graph, node_id, output)
    if wanted.only is not None:
        rule = _unknown(graph, wanted.only)
        if rule is None and wanted.only in wanted.pins:
            rule = "is pinned, and so never runs; take its pin away"
        problems += [] if rule is None else [Problem("only", rule)]
    elif wanted.run is not None:
        problems.append(Problem("run", "goes with only: what leads to that node is taken from this run"))
    if problems:
        raise Invalid(problems, "The test is not valid")


def _problems_of_pin(graph: Graph, node_id: str, output: JSON) -> list[Problem]:
    path = ("pins", node_id)
    rule = _unknown(graph, node_id)
    if rule is not None:
        return [Problem(pointer(path), rule)]
    unfit = [Problem(pointer(place), message) for place, message in problems_of(output, path)]
    try:
        pinned(graph.nodes[node_id], output)
    except ValueError as error:
        unfit.append(Problem(pointer(path), str(error)))
    return unfit


def _unknown(graph: Graph, node_id: str) -> str | None:
    """Why a name is none of a node that a test may name."""
    if node_id in graph.nodes:
        return None
    try:
        graph.containing(node_id)
    except KeyError:
        return "the definition has no such node"
    return "stands in the body of a map or loop; name the node around it"


def _pinned(graph: Graph, pins: Mapping[str, JSON]) -> dict[str, NodeDecision]:
    return {node_id: pinned(graph.nodes[node_id], output) for node_id, output in pins.items()}
