"""Runs as callers see them: start, rerun, wait; what is done to one that exists is in ``run_control``.

A start that returns has committed: the run, its first jobs and its events, in one transaction shared with others who
start runs at that moment. ``advance`` decides what starts before the transaction, since a new run has no rivals; under
a limit of its workflow the store decides whether it starts now, later or not at all.
"""

from collections.abc import Sequence
from dataclasses import replace

from holdfast.engine.batcher import Batcher
from holdfast.engine.graphs import Graphs
from holdfast.engine.inputs import Inputs
from holdfast.engine.offers import Takers
from holdfast.engine.reruns import Version, check_can_be_repeated, repeated_test, repeated_view
from holdfast.engine.run_control import RunControl
from holdfast.engine.shared_reads import SharedReads
from holdfast.engine.wakeups import CANCEL, ENDS, EVENTS, INBOX, RUNS, Wakeups, queue_topic
from holdfast.model.advance import advance
from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros, format_instant
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.node_spec import SchemaPort
from holdfast.model.pins import Given, with_given
from holdfast.model.records import JobRecord, RunRecord, WorkflowRecord
from holdfast.model.rerun import FROM_FAILED
from holdfast.model.run import RUN_ENDED, Plan, RunStarted, RunState, RunView
from holdfast.model.statistics import NO_QUEUE, Count
from holdfast.model.trigger import NewFiring
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, NewRun, Observer, Store

# How often a waiting caller looks by itself, should a wake-up get lost.
_LOOK_AGAIN: Micros = SECOND
# A waiting caller learns of the end by such a share of the run's own time too late, and at most so much.
_SHARE: int = 20
_LONGEST_REST: Micros = 100 * MILLISECOND
_BEGUN = RunStarted()


class Runs(RunControl):
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
        takers: Takers | None = None,
    ) -> None:
        super().__init__(store, clock, wakeups, graphs)
        self._takers = takers or Takers()
        self._entropy = entropy
        self._observer = observer
        self._inputs = Inputs(schemas)
        self._newest: SharedReads[tuple[str, str], WorkflowRecord] = SharedReads(self._read_workflow)
        self._starts: Batcher[NewRun, Accepted] = Batcher("start_run", self._commit, clock, entropy, observer)

    async def start(
        self,
        tenant: str,
        workflow: str,
        run_input: JSON,
        *,
        correlation_id: str,
        dedupe: Dedupe | None = None,
        trigger: JSONObject | None = None,
    ) -> Accepted:
        """Starts the newest version; by hand, unless ``trigger`` says what else starts it.

        Raises ``NotFound``, ``Conflict`` (switched off, or refused by the workflow's limit) or ``Invalid``.
        """
        record = await self._newest.get((tenant, workflow))
        if not record.enabled:
            raise Conflict(f"the workflow {record.name} is switched off")
        graph = self._graphs.of(record.version_id, record.definition)
        now = self._clock.now()
        version = (record.name, record.version, record.version_id)
        view = self.new_view(tenant, version, trigger or {"type": "manual", "id": None}, correlation_id, now)
        return await self.begin(record.id, view, graph, run_input, dedupe)

    async def begin(
        self,
        workflow_id: str,
        view: RunView,
        graph: Graph,
        run_input: JSON,
        dedupe: Dedupe | None = None,
        firing: NewFiring | None = None,
    ) -> Accepted:
        """Commits a new run of ``graph``, together with the ``firing`` that started it.

        Raises ``Invalid`` when the input breaks the workflow's schema, or the trigger holds what no store can keep;
        ``Conflict`` when the workflow's limit refuses it.
        """
        run_input = self._inputs.checked(graph, run_input)
        _check_trigger(view.trigger)
        new = self._new_run(workflow_id, view._replace(input=run_input), graph, dedupe, firing)
        return await self._submit(new, graph)

    async def rerun(
        self,
        tenant: str,
        run_id: str,
        *,
        start: str = FROM_FAILED,
        version: Version = "same",
        correlation_id: str,
        dedupe: Dedupe | None = None,
    ) -> Accepted:
        """Repeats an ended run as a new one, linked to it: from its ``start``, from what ``failed``, or from a node.

        Raises ``NotFound`` (also for the newest version of a deleted workflow); ``Conflict`` (the run is going, is the
        body of another's node, or a test that shall run as something else); ``Invalid`` (an unknown node, or an input
        that the version refuses).
        """
        run = await self._store.get_run(tenant, run_id, self._clock.now())
        check_can_be_repeated(run, version)
        before = await self._graphs.load(run.version_id, self._store)
        known, graph = (run.workflow, run.version, run.version_id), before
        if version == "newest":
            newest = await self._store.get_workflow(tenant, run.workflow_id)
            known = (newest.name, newest.version, newest.version_id)
            graph = self._graphs.of(newest.version_id, newest.definition)
        now = self._clock.now()
        view = self.new_view(tenant, known, run.trigger, correlation_id, now)._replace(
            input=self._inputs.checked(graph, run.input),
            trigger=run.trigger,
        )
        view = repeated_view(view, run, before, graph, start)
        if run.test:
            test = repeated_test(view, run, graph)
            return await self.begin_test(run.workflow_id, view, graph, *test, dedupe, repeats=(run.id, start))
        new = replace(
            self._new_run(run.workflow_id, view, graph, dedupe),
            rerun_of=run.id,
            kept=tuple(sorted(view.nodes)),
            keep_items=start == FROM_FAILED,
        )
        return await self._submit(new, graph)

    async def begin_test(
        self,
        workflow_id: str,
        view: RunView,
        graph: Graph,
        decided: Given,
        alone: str | None,
        dedupe: Dedupe | None = None,
        *,
        repeats: tuple[str, str] | None = None,
    ) -> Accepted:
        """Commits a run of a draft, with nodes that are ``decided`` beforehand, or with all but the one tried alone.

        It waits for no place, and takes none. ``repeats``: the test that it repeats, and from where. Raises ``Invalid``
        when the input breaks the draft's schema, or the trigger holds what no store can keep.
        """
        _check_trigger(view.trigger)
        view = with_given(view._replace(input=self._inputs.checked(graph, view.input)), decided)
        new = self._new_run(workflow_id, view, graph, dedupe, begun=RunStarted(alone))
        earlier, start = repeats or (None, None)
        new = replace(
            new,
            plan=new.plan._replace(decisions=(*decided.values(), *new.plan.decisions)),
            limit=None,
            rerun_of=earlier,
            keep_items=start == FROM_FAILED,
            draft=graph.workflow.document,
        )
        return await self._submit(new, graph)

    async def retry_job(
        self, tenant: str, job: JobRecord, *, correlation_id: str, dedupe: Dedupe | None = None
    ) -> Accepted:
        """What a retry of a run's job is: a rerun of its run (of the outermost, for one in a body) from what failed.

        Raises as ``rerun`` does.
        """
        run = await self._store.get_run(tenant, job.run_id or "", self._clock.now())
        while run.body is not None and run.parent is not None:
            run = await self._store.get_run(tenant, run.parent, self._clock.now())
        return await self.rerun(tenant, run.id, correlation_id=correlation_id, dedupe=dedupe)

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
        began = self._clock.now()
        until = began + timeout
        async with self._wakeups.subscribe(ENDS) as news:
            while True:
                now = self._clock.now()
                record = await self._store.get_run(tenant, run_id, now)
                if record.state in RUN_ENDED or now >= until:
                    return record
                # Mostly the ends of other runs are news: the longer it takes, the more of them are taken together.
                await self._clock.sleep(min((now - began) // _SHARE, _LONGEST_REST, until - now))
                await news.wait(max(min(_LOOK_AGAIN, until - self._clock.now()), 0))

    def _new_run(
        self,
        workflow_id: str,
        view: RunView,
        graph: Graph,
        dedupe: Dedupe | None,
        firing: NewFiring | None = None,
        begun: RunStarted = _BEGUN,
    ) -> NewRun:
        now = view.created_at
        plan = advance(view, begun, graph, now)
        if not isinstance(plan, Plan):
            raise RuntimeError("a run that starts can't need outputs of its nodes")
        jobs = tuple(
            graph.job_of(plan.view, start.node_id, now, lambda: self._entropy.new_id(now)) for start in plan.starts
        )
        settings = graph.workflow.settings
        deadline = None if settings.timeout is None else now + settings.timeout
        return NewRun(
            plan,
            jobs,
            workflow_id,
            deadline_at=deadline,
            dedupe=dedupe,
            limit=settings.max_concurrent_runs,
            when_full=settings.when_full,
            firing=firing,
        )

    async def _submit(self, new: NewRun, graph: Graph) -> Accepted:
        accepted = await self._starts.submit(new)
        self._observer.accepted("run", _verdict(accepted))
        if not (accepted.refused or accepted.conflict or accepted.duplicate or accepted.waiting):
            self._wakeups.count(_counts(new.plan.view))
        if accepted.refused:
            raise Conflict(_refusal(graph.workflow.name, new.limit or 0))
        # One that ends at once, or takes the place of others, frees places and sends mail.
        moved = {RUNS, ENDS, INBOX, CANCEL} if new.limit is not None or new.plan.ended else set()
        begun = () if accepted.handed is None else {job.id for job in accepted.handed.claimed}
        self._wakeups.notify({queue_topic(job.queue) for job in new.jobs if job.id not in begun} | {EVENTS} | moved)
        return accepted

    async def _read_workflow(self, key: tuple[str, str]) -> WorkflowRecord:
        tenant, workflow = key
        return await self._store.get_workflow(tenant, workflow)

    async def _commit(self, batch: Sequence[NewRun]) -> list[Accepted]:
        now = self._clock.now()
        return await self._takers.insert(
            sum(len(new.jobs) for new in batch),
            now,
            lambda taker: self._store.start_runs(batch, now, taker),
            lambda accepted: accepted,
        )


def _counts(view: RunView) -> list[Count]:
    """What the start of a run did: one without anything to do has ended with it."""
    states = [f"runs_{view.state.value.lower()}"] if view.state in RUN_ENDED else []
    return [Count(view.tenant, NO_QUEUE, what) for what in ("runs_started", *states)]


def _check_trigger(trigger: JSONObject) -> None:
    """The whole trigger is kept with the run, also what no template takes into the input."""
    if problems := problems_of(trigger, ("trigger",)):
        raise Invalid([Problem(pointer(path), message) for path, message in problems], "The request is not valid")


def _refusal(workflow: str, limit: int) -> str:
    going = "1 run of it is going" if limit == 1 else f"{limit} runs of it are going"
    return (
        f"the workflow {workflow} is full: {going}, as many as max_concurrent_runs allows; start it again when one has "
        "ended, cancel one, or let runs wait for their place (when_full: queue)"
    )


def _verdict(accepted: Accepted) -> str:
    if accepted.refused:
        return "refused"
    if accepted.conflict:
        return "conflict"
    return "duplicate" if accepted.duplicate else "started"
