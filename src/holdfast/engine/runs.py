"""Runs as callers see them: start, wait, cancel.

A start that returns has committed: the run, its first jobs and its events, in one transaction shared with others who
start runs at that moment. ``advance`` decides what starts before the transaction, since a new run has no rivals.
"""

from collections.abc import Sequence
from dataclasses import replace

from holdfast.engine.batcher import Batcher
from holdfast.engine.graphs import Graphs
from holdfast.engine.wakeups import CANCEL, EVENTS, Wakeups, queue_topic
from holdfast.model.advance import advance
from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.instant import SECOND, Instant, Micros, format_instant
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.node_spec import SchemaPort
from holdfast.model.records import RunRecord
from holdfast.model.run import RUN_ENDED, Plan, RunStarted, RunState, RunView
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewRun, Observer, Store

# How often a waiting caller looks by itself, should a wake-up get lost.
_LOOK_AGAIN: Micros = SECOND


class Runs:
    """The entrance for runs."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        observer: Observer,
        graphs: Graphs,
        schemas: SchemaPort,
    ) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._observer = observer
        self._graphs = graphs
        self._schemas = schemas
        self._starts: Batcher[NewRun, Accepted] = Batcher("start_run", self._commit, clock, entropy, observer)

    async def start(
        self, tenant: str, workflow: str, run_input: JSON, *, correlation_id: str, dedupe: Dedupe | None = None
    ) -> Accepted:
        """Starts the newest version by hand. Raises ``NotFound``, ``Conflict`` (switched off) or ``Invalid``."""
        record = await self._store.get_workflow(tenant, workflow)
        if not record.enabled:
            raise Conflict(f"the workflow {record.name} is switched off")
        graph = self._graphs.of(record.version_id, record.definition)
        now = self._clock.now()
        version = (record.name, record.version, record.version_id)
        view = self.new_view(tenant, version, {"type": "manual", "id": None}, correlation_id, now)
        return await self.begin(record.id, view, graph, run_input, dedupe)

    async def begin(
        self, workflow_id: str, view: RunView, graph: Graph, run_input: JSON, dedupe: Dedupe | None = None
    ) -> Accepted:
        """Commits a new run of ``graph``.

        Raises ``Invalid`` when the input breaks the workflow's schema, or the trigger holds what no store can keep.
        """
        run_input = self._checked(graph, run_input)
        _check_trigger(view.trigger)
        now = view.created_at
        plan = advance(replace(view, input=run_input), RunStarted(), graph, now)
        if not isinstance(plan, Plan):
            raise RuntimeError("a run that starts can't need outputs of its nodes")
        jobs = tuple(
            graph.job_of(plan.view, start.node_id, now, lambda: self._entropy.new_id(now)) for start in plan.starts
        )
        timeout = graph.workflow.settings.timeout
        deadline = None if timeout is None else now + timeout
        new = NewRun(plan, jobs, workflow_id, deadline_at=deadline, dedupe=dedupe)
        accepted = await self._starts.submit(new)
        self._wakeups.notify({queue_topic(job.queue) for job in jobs} | {EVENTS})
        self._observer.accepted("run", _verdict(accepted))
        return accepted

    def new_view(
        self,
        tenant: str,
        workflow: tuple[str, int, str],
        trigger: JSONObject,
        correlation_id: str,
        now: Instant,
    ) -> RunView:
        """A run that doesn't exist yet; ``workflow`` is (name, version, version id)."""
        name, version, version_id = workflow
        return RunView(
            id=self._entropy.new_id(now),
            tenant=tenant,
            workflow=name,
            version=version,
            version_id=version_id,
            state=RunState.PENDING,
            input=None,
            trigger={**trigger, "at": format_instant(now)},
            correlation_id=correlation_id,
            created_at=now,
        )

    async def wait(self, tenant: str, run_id: str, timeout: Micros) -> RunRecord:
        """The run as soon as it has ended, or as it is when ``timeout`` has passed. Raises ``NotFound``."""
        until = self._clock.now() + timeout
        async with self._wakeups.subscribe(EVENTS) as news:
            while True:
                now = self._clock.now()
                record = await self._store.get_run(tenant, run_id, now)
                if record.state in RUN_ENDED or now >= until:
                    return record
                await news.wait(min(_LOOK_AGAIN, until - now))

    async def cancel(self, tenant: str, run_id: str) -> RunRecord:
        """Raises ``NotFound``, or ``Conflict`` when the run has ended."""
        record, finished = await self._store.cancel_run(tenant, run_id, self._clock.now())
        self._wakeups.notify({CANCEL, EVENTS} | {queue_topic(queue) for queue in finished.queues})
        return record

    async def _commit(self, batch: Sequence[NewRun]) -> list[Accepted]:
        return await self._store.start_runs(batch, self._clock.now())

    def _checked(self, graph: Graph, given: JSON) -> JSON:
        problems = [Problem(pointer(path), message) for path, message in problems_of(given, ("input",))]
        filled = graph.with_defaults(given)
        schema = graph.workflow.input_schema
        if schema is not None and not problems:
            breaches = self._schemas.check(schema, filled)
            problems = [Problem(pointer(("input", *path)), message) for path, message in breaches]
        if problems:
            raise Invalid(problems, "The run's input is not valid")
        return filled


def _check_trigger(trigger: JSONObject) -> None:
    """The whole trigger is kept with the run, also what no template takes into the input."""
    if problems := problems_of(trigger, ("trigger",)):
        raise Invalid([Problem(pointer(path), message) for path, message in problems], "The request is not valid")


def _verdict(accepted: Accepted) -> str:
    if accepted.conflict:
        return "conflict"
    return "duplicate" if accepted.duplicate else "started"
