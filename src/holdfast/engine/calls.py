"""Runs that a handler starts and waits for within its attempt: an agent whose tool is a workflow.

Each call has a key of its own, so that an attempt that is repeated finds the run that it started before. The run is no
child of the caller's: cancelling the caller leaves it alone, and it shows where it comes from in its trigger. Along
that trail no run is called deeper than ``MAX_DEPTH``, whatever calls itself.
"""

import json
from hashlib import sha256
from typing import Final

from holdfast.engine.graphs import Graphs
from holdfast.engine.runs import Runs
from holdfast.model.errors import Conflict, Invalid, NotFound
from holdfast.model.instant import DAY, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import RunRecord
from holdfast.model.run import RUN_ENDED, RunState
from holdfast.model.spawn import MAX_DEPTH
from holdfast.ports import Accepted, CallFailed, Clock, Dedupe, NodeContext, Store

_SCOPE: Final = "call"
# Longer than an attempt of the caller is repeated.
_REMEMBER: Final[Micros] = 7 * DAY


class Calls:
    """The ``WorkflowCalls`` of a process."""

    def __init__(self, runs: Runs, store: Store, graphs: Graphs, clock: Clock) -> None:
        self._runs = runs
        self._store = store
        self._graphs = graphs
        self._clock = clock

    async def input_schema(self, context: NodeContext, workflow: str) -> JSON:
        try:
            record = await self._store.get_workflow(context.tenant, workflow)
        except NotFound as error:
            raise CallFailed(str(error)) from None
        return self._graphs.of(record.version_id, record.definition).workflow.input_schema

    async def call(self, context: NodeContext, workflow: str, run_input: JSON, timeout: Micros) -> JSON:
        try:
            await self._check_depth(context)
            accepted = await self._start(context, workflow, run_input)
        except (NotFound, Conflict, Invalid) as error:
            raise CallFailed(str(error)) from None
        if accepted.conflict:
            raise CallFailed(f"the key of this call of {workflow} was used for another call")
        return _output(await self._runs.wait(context.tenant, accepted.id, timeout))

    async def _start(self, context: NodeContext, workflow: str, run_input: JSON) -> Accepted:
        record = await self._store.get_workflow(context.tenant, workflow)
        if not record.enabled:
            raise Conflict(f"the workflow {record.name} is switched off")
        version = (record.name, record.version, record.version_id)
        view = self._runs.new_view(
            context.tenant, version, _trigger(context), context.correlation_id, self._clock.now()
        )
        graph = self._graphs.of(record.version_id, record.definition)
        return await self._runs.begin(record.id, view, graph, run_input, self._dedupe(context, workflow, run_input))

    def _dedupe(self, context: NodeContext, workflow: str, run_input: JSON) -> Dedupe:
        text = json.dumps([workflow, run_input], sort_keys=True, separators=(",", ":"))
        fingerprint = sha256(text.encode()).hexdigest()
        return Dedupe(context.tenant, _SCOPE, context.idempotency_key, fingerprint, self._clock.now() + _REMEMBER)

    async def _check_depth(self, context: NodeContext) -> None:
        """Follows the calls back to where they began. Raises ``CallFailed``."""
        run_id, depth = context.run_id, 1
        while run_id is not None:
            try:
                run = await self._store.get_run(context.tenant, run_id, self._clock.now())
            except NotFound:  # pruned: old enough to be no part of a chain that never ends
                return
            # A body's run is part of its parent.
            depth += run.body is None
            if depth > MAX_DEPTH:
                raise CallFailed(f"runs call each other more than {MAX_DEPTH} levels deep")
            run_id = run.parent or _caller(run)


def _trigger(context: NodeContext) -> JSONObject:
    return {"type": "workflow", "id": None, "run": context.run_id, "node": context.node_id}


def _caller(run: RunRecord) -> str | None:
    """The run that called this one, if it was called. A rerun keeps its trigger and so its place."""
    caller = run.trigger.get("run") if run.trigger.get("type") == "workflow" else None
    return caller if isinstance(caller, str) else None


def _output(run: RunRecord) -> JSON:
    if run.state is RunState.SUCCEEDED:
        return run.output
    if run.state not in RUN_ENDED:
        raise CallFailed(f"the run {run.id} of {run.workflow} didn't end in time; it goes on")
    kind = run.error.get("type") if isinstance(run.error, dict) else None
    told = f" ({kind})" if isinstance(kind, str) else ""
    raise CallFailed(f"the run {run.id} of {run.workflow} ended {run.state}{told}")
