"""An expression tried on the data of a run, or on data that somebody gives. Changes nothing, starts nothing.

The scope is that of a step: every node of the graph is there, with null for what it hasn't given. What is given lies
over what the run has. Secrets and callback addresses stay as they are written: nobody reads them here.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from holdfast.engine.graphs import Graphs
from holdfast.model.expression import Expression, Template
from holdfast.model.expression.trial import Form, Tried, read_source, try_out
from holdfast.model.graph import Graph
from holdfast.model.graph_scope import NODE_FIELDS, scope_of
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord, WorkflowRecord
from holdfast.ports import Clock, Store

# What lies over the run's data as it is given; `nodes` node by node.
GIVEN: Final = ("input", "trigger", "vars", "item", "index", "event")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to try, and on what: a run's data with ``given`` over it. ``workflow``: whose names, without a run."""

    source: str
    form: Form
    workflow: str | None = None
    run: str | None = None
    given: JSONObject = field(default_factory=dict)


class ExpressionTrials:
    """Tries expressions."""

    def __init__(self, store: Store, clock: Clock, graphs: Graphs) -> None:
        self._store = store
        self._clock = clock
        self._graphs = graphs

    async def evaluate(self, tenant: str, wanted: Wanted) -> Tried:
        """Raises ``ExpressionError``; ``NotFound`` for an unknown run or workflow."""
        scope = await self._scope(tenant, wanted)
        return await asyncio.to_thread(_tried, wanted, scope)  # a text full of expressions takes a while

    async def _scope(self, tenant: str, wanted: Wanted) -> dict[str, object]:
        now = self._clock.now()
        if wanted.run is not None:
            run = await self._store.get_run(tenant, wanted.run, now)
            graph = (await self._graphs.load(run.version_id, self._store)).of_body(run.body)
            scope = _of_run(run, graph, now, await self._around(run))
        else:
            workflow = None if wanted.workflow is None else await self._store.get_workflow(tenant, wanted.workflow)
            known = None if workflow is None else self._graphs.of(workflow.version_id, workflow.definition)
            scope = _of_nothing(workflow, known, now)
        return _under(scope, wanted.given)

    async def _around(self, run: RunRecord) -> JSONObject | None:
        """What a body's run sees of its surroundings."""
        if run.body is None:
            return None
        return (await self._store.run_contexts([(run.id, frozenset())]))[0].around


def _tried(wanted: Wanted, scope: Mapping[str, object]) -> Tried:
    read = read_source(wanted.source, wanted.form)
    return try_out(read, _with_names_kept(scope, read))


def _of_run(run: RunRecord, graph: Graph, now: Instant, around: JSONObject | None) -> dict[str, object]:
    nodes = run.nodes or {}
    return scope_of(
        run_id=run.id,
        workflow=run.workflow,
        version=run.version,
        correlation_id=run.correlation_id,
        created_at=run.created_at,
        run_input=run.input,
        trigger=run.trigger,
        variables=graph.workflow.vars,
        reads=graph.nodes,
        outputs={node_id: node.output for node_id, node in nodes.items()},
        errors={node_id: node.error for node_id, node in nodes.items()},
        now=now,
        around=around,
        callbacks=_addresses_kept(graph),
    )


def _of_nothing(workflow: WorkflowRecord | None, graph: Graph | None, now: Instant) -> dict[str, object]:
    """As if a run began now: nothing has been given yet."""
    return scope_of(
        run_id="",
        workflow="" if workflow is None else workflow.name,
        version=0 if workflow is None else workflow.version,
        correlation_id="",
        created_at=now,
        run_input={},
        trigger={},
        variables={} if graph is None else graph.workflow.vars,
        reads=() if graph is None else graph.nodes,
        outputs={},
        errors={},
        now=now,
        callbacks=None if graph is None else _addresses_kept(graph),
    )


def _addresses_kept(graph: Graph) -> dict[str, str]:
    """Each callback address stands there as it is written."""
    return {node: f"{{{{ run.callbacks.{node} }}}}" for node in graph.callback_nodes}


def _under(scope: dict[str, object], given: JSONObject) -> dict[str, object]:
    """The scope with what is given over it."""
    nodes, known = given.get("nodes"), scope["nodes"]
    if isinstance(nodes, dict) and isinstance(known, dict):
        scope["nodes"] = {**known, **{node: _node(value) for node, value in nodes.items()}}
    return {**scope, **{name: given[name] for name in GIVEN if name in given}}


def _node(given: JSON) -> JSONObject:
    found = given if isinstance(given, dict) else {}
    return {name: found.get(name) for name in NODE_FIELDS}


def _with_names_kept(scope: Mapping[str, object], read: Expression | Template) -> Mapping[str, object]:
    """Each secret that is named stands there as it is written."""
    names = {path[1] for path in read.reads if path[0] == "secrets" and len(path) > 1}
    return {**scope, "secrets": {name: f"{{{{ secrets.{name} }}}}" for name in names}} if names else scope
