"""A store to work on, with a clock that only the test moves, and short ways to insert, claim and finish."""

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import asyncpg

from holdfast.model.advance import advance
from holdfast.model.errors import NotFound
from holdfast.model.graph import Graph
from holdfast.model.ids import uuid7
from holdfast.model.instant import SECOND, Instant, Micros
from holdfast.model.job import ClaimedJob, NewJob, settle
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.model.records import JobRecord, RunRecord
from holdfast.model.rule import NewRule
from holdfast.model.run import Plan, RunStarted, RunState, RunView
from holdfast.model.trigger import NewFiring, NewTrigger, Owner, TriggerRecord, Verdict
from holdfast.model.validate import load_workflow
from holdfast.nodes.approval import SPEC as APPROVAL
from holdfast.nodes.loop import SPEC as LOOP
from holdfast.nodes.map_ import SPEC as MAP
from holdfast.nodes.wait_callback import SPEC as CALLBACK
from holdfast.nodes.wait_event import SPEC as EVENT
from holdfast.nodes.workflow_call import SPEC as CALL
from holdfast.ports import Accepted, ClaimRequest, Dedupe, Finished, NewJobs, NewRun, NewVersion, NewWorker, Store
from holdfast.stores.codec import encode
from holdfast.stores.postgres.store import PostgresStore
from holdfast.stores.sqlite.store import SQLiteStore
from tests.model.definitions import SPECS

START: Final[Instant] = 1_800_000_000 * SECOND
LEASE: Final[Micros] = 30 * SECOND
TENANT: Final = "default"
# The kinds of the model's tests, and those that park: what their handlers would answer is said by the tests.
ALL_SPECS: Final = {**SPECS, **{spec.type: spec for spec in (MAP, LOOP, CALL, CALLBACK, APPROVAL, EVENT)}}
KINDS: Final = frozenset({*ALL_SPECS, "task:work"})

_numbers = itertools.count()
_random = random.Random(7)


def new_id(now: Instant) -> str:
    """Ordered like the engine's ids, also those of one instant."""
    return uuid7(now, next(_numbers) << 40 | _random.getrandbits(40))


@lru_cache(maxsize=100)
def _graph(text: str, version_id: str) -> Graph:
    return Graph.of(load_workflow(_definitions[text], ALL_SPECS))


_definitions: dict[str, JSONObject] = {}


def graph_of(version_id: str, definition: JSONObject) -> Graph:
    text = encode(definition)
    _definitions[text] = definition
    return _graph(text, version_id)


async def open_store(url: str, graphs: Callable[[str, JSONObject], Graph] = graph_of) -> Store:
    store: Store
    if url.startswith("postgres"):
        store = PostgresStore(url, graph_of=graphs, new_id=new_id, pool_size=4)
    else:
        store = SQLiteStore(url, graph_of=graphs, new_id=new_id)
    await store.open()
    return store


@dataclass
class HandClock:
    """Stands still until it is moved."""

    now: Instant = START

    def move(self, micros: Micros) -> Instant:
        self.now += micros
        return self.now


class Scene:
    """What tests do to a store. ``clock.now`` is the time of every call."""

    def __init__(self, store: Store, url: str, clock: HandClock | None = None) -> None:
        self.store = store
        self.url = url
        self.clock = clock or HandClock()

    @property
    def now(self) -> Instant:
        return self.clock.now

    # -- jobs --------------------------------------------------------------------------------------------------------

    def job(self, kind: str = "noop", *, due_in: Micros = 0, tenant: str = TENANT, **fields: Any) -> NewJob:
        return NewJob(
            id=new_id(self.now),
            tenant=tenant,
            kind=kind,
            created_at=self.now,
            due_at=self.now + due_in,
            correlation_id="correlated",
            **fields,
        )

    async def insert(self, *jobs: NewJob) -> list[Accepted]:
        """Each job as a caller of its own."""
        answers = await self.store.insert_jobs([NewJobs((job,)) for job in jobs], self.now)
        return [answer for group in answers for answer in group]

    async def worker(self, name: str = "w", queues: tuple[str, ...] = ("default",), host: str = "host") -> str:
        worker_id = new_id(self.now)
        worker = NewWorker(worker_id, name, host, 4711, "boot", queues, 10)
        await self.store.register_worker(worker, self.now, LEASE)
        return worker_id

    async def claim(
        self,
        worker_id: str,
        limit: int = 100,
        *,
        queues: tuple[str, ...] = ("default",),
        kinds: Iterable[str] = KINDS,
    ) -> list[ClaimedJob]:
        return await self.store.claim(ClaimRequest(worker_id, queues, frozenset(kinds), limit), self.now)

    async def finish(self, worker_id: str, *outcomes: tuple[ClaimedJob, Outcome]) -> Finished:
        moves = [settle(job, outcome, self.now, 0.5) for job, outcome in outcomes]
        return await self.store.finish(worker_id, moves, self.now)

    async def started(self, job: NewJob) -> tuple[str, ClaimedJob]:
        """Inserts the job and claims it with a fresh worker."""
        await self.insert(job)
        worker_id = await self.worker()
        (claimed,) = await self.claim(worker_id, queues=(job.queue,), kinds={job.kind})
        assert claimed.id == job.id
        return worker_id, claimed

    async def get(self, job: NewJob | ClaimedJob | str, tenant: str = TENANT) -> JobRecord:
        return await self.store.get_job(tenant, job if isinstance(job, str) else job.id)

    # -- runs --------------------------------------------------------------------------------------------------------

    async def save(
        self,
        definition: JSONObject,
        *,
        hooks: Iterable[str] = (),
        triggers: Iterable[NewTrigger] = (),
        tenant: str = TENANT,
    ) -> str:
        """Creates the workflow, or adds a version to it; the workflow's id."""
        name = str(definition["name"])
        made = (*(webhook(name, new_id(self.now)) for name in hooks), *triggers)
        version = NewVersion(tenant, new_id(self.now), new_id(self.now), name, definition, made)
        try:
            await self.store.get_workflow(tenant, name)
        except NotFound:
            return (await self.store.create_workflow(version, self.now, None)).id
        return (await self.store.save_version(tenant, name, version, self.now)).id

    async def new_run(
        self,
        workflow: str,
        run_input: JSON = None,
        *,
        tenant: str = TENANT,
        timeout: Micros | None = None,
        dedupe: Dedupe | None = None,
        **fields: Any,
    ) -> NewRun:
        """A run of the newest version, as the engine would hand it to the store; ``fields`` are further ones of it."""
        record = await self.store.get_workflow(tenant, workflow)
        view = RunView(
            id=new_id(self.now),
            tenant=tenant,
            workflow=record.name,
            version=record.version,
            version_id=record.version_id,
            state=RunState.PENDING,
            input=run_input,
            trigger={"type": "manual"},
            correlation_id="correlated",
            created_at=self.now,
        )
        graph = graph_of(record.version_id, record.definition)
        plan = advance(view, RunStarted(), graph, self.now)
        assert isinstance(plan, Plan)
        jobs = tuple(
            graph.job_of(plan.view, start.node_id, self.now, lambda: new_id(self.now)) for start in plan.starts
        )
        deadline = None if timeout is None else self.now + timeout
        return NewRun(plan, jobs, record.id, deadline_at=deadline, dedupe=dedupe, **fields)

    async def start(self, workflow: str, run_input: JSON = None, **options: Any) -> str:
        """Starts a run; its id."""
        (accepted,) = await self.store.start_runs([await self.new_run(workflow, run_input, **options)], self.now)
        return accepted.id

    async def run(self, run_id: str, tenant: str = TENANT) -> RunRecord:
        return await self.store.get_run(tenant, run_id, self.now)

    async def states(self, run_id: str) -> dict[str, str]:
        """The states of the run's reached nodes."""
        return {name: node.state for name, node in ((await self.run(run_id)).nodes or {}).items()}

    # -- triggers ----------------------------------------------------------------------------------------------------

    async def add_rule(self, name: str, trigger: NewTrigger, **fields: Any) -> NewRule:
        """Creates an enabled rule; what was saved."""
        rule = self.rule(name, **fields)
        await self.store.create_rule(rule, trigger, None, self.now)
        return rule

    def rule(self, name: str, *, tenant: str = TENANT, enabled: bool = True, priority: int = 0) -> NewRule:
        document: JSONObject = {"name": name, "enabled": enabled, "priority": priority}
        return NewRule(new_id(self.now), tenant, name, enabled, priority, document)

    async def trigger(self, workflow_id: str, trigger_id: str) -> TriggerRecord:
        """A present trigger of a workflow."""
        page = await self.store.list_triggers(TENANT, Owner("workflow", workflow_id), (), None, 100)
        (record,) = (one for one in page.items if one.id == trigger_id)
        return record

    async def rule_trigger(self, rule_id: str, tenant: str = TENANT) -> TriggerRecord:
        (record,) = (await self.store.list_triggers(tenant, Owner("rule", rule_id), (), None, 100)).items
        return record

    def firing(self, owner: Owner, verdict: Verdict = "started", **fields: Any) -> NewFiring:
        """Of the owner's trigger ``t`` unless ``trigger_id`` says otherwise, now."""
        given: dict[str, Any] = {"trigger_id": "t", "type": "webhook", "tenant": TENANT, "at": self.now, **fields}
        return NewFiring(new_id(self.now), owner=owner, verdict=verdict, **given)

    # -- behind the port ---------------------------------------------------------------------------------------------

    async def execute(self, statement: str) -> None:
        """Changes what no method of the port changes yet: limits, weights, a pause, damage."""
        if self.url.startswith("postgres"):
            connection = await asyncpg.connect(self.url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()
        else:
            database = sqlite3.connect(self.url.removeprefix("sqlite:///"))
            try:
                database.execute(statement)
                database.commit()
            finally:
                database.close()

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        (count,) = await self.column(f"SELECT count(*) FROM {table}")
        return int(count)

    async def open_runs(self) -> list[str]:
        """Every run that hasn't ended, also of bodies."""
        return [str(run_id) for run_id in await self.column("SELECT id FROM runs WHERE finished_at IS NULL")]

    async def column(self, statement: str) -> list[Any]:
        """The first column of what a statement finds."""
        if self.url.startswith("postgres"):
            connection = await asyncpg.connect(self.url)
            try:
                return [row[0] for row in await connection.fetch(statement)]
            finally:
                await connection.close()
        database = sqlite3.connect(self.url.removeprefix("sqlite:///"))
        try:
            return [row[0] for row in database.execute(statement)]
        finally:
            database.close()

    async def sound(self) -> bool:
        """Whether every invariant holds; shows those that don't."""
        violations = await self.store.check_invariants(self.now)
        assert violations == []
        return True


def webhook(name: str, key: str) -> NewTrigger:
    return NewTrigger(name, "webhook", {"id": name, "type": "webhook"}, key)


def cron(name: str, text: str = "0 7 * * *") -> NewTrigger:
    return NewTrigger(name, "cron", {"id": name, "type": "cron", "cron": text}, timing=text)


def every(name: str, text: str = "15m") -> NewTrigger:
    return NewTrigger(name, "every", {"id": name, "type": "every", "every": text}, timing=text)


def on_event(name: str, event: str = "order.*") -> NewTrigger:
    return NewTrigger(name, "event", {"id": name, "type": "event", "event": event})


def failed(message: str = "broken", **options: Any) -> Failed:
    return Failed(ErrorInfo("test", message), **options)


OK: Final = Succeeded({"done": True})
