"""An engine around a real store with planned faults, its kinds and workers, for one test.

Time is the machine's, moved ahead by hand where a test needs it later; nothing is simulated.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from holdfast.cron import Crons
from holdfast.engine.broker import Broker
from holdfast.engine.callbacks import Callbacks
from holdfast.engine.drafts import JobDraft
from holdfast.engine.events import Events
from holdfast.engine.executor import Executor
from holdfast.engine.follower import EventFollower
from holdfast.engine.graphs import Graphs
from holdfast.engine.hooks import Hooks
from holdfast.engine.inputs import Inputs
from holdfast.engine.jobs import Jobs
from holdfast.engine.loop import Loop
from holdfast.engine.maintenance.rescuer import Rescuer
from holdfast.engine.maintenance.runs_on import Deliverer, RunAdmitter, WaitTimer
from holdfast.engine.offers import Takers
from holdfast.engine.rule_firing import RuleFiring
from holdfast.engine.runs import Runs
from holdfast.engine.secrets import Secrets
from holdfast.engine.starts import Starts
from holdfast.engine.triggers.rejections import RejectionWriter
from holdfast.engine.wakeups import Wakeups
from holdfast.engine.worker import Ended, Parts, Worker, WorkerConfig
from holdfast.engine.workflows import Workflows
from holdfast.model.event import Attempt, attempts_of
from holdfast.model.graph import Graph
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import DEFAULT_QUEUE, ENDED
from holdfast.model.json import JSON, JSONObject
from holdfast.model.records import JobRecord, RunRecord
from holdfast.model.run import RUN_ENDED
from holdfast.model.validate import load_workflow
from holdfast.observe.metrics import Metrics
from holdfast.outgoing.mailbox import MailboxTransport
from holdfast.ports import Store
from holdfast.schema import JsonSchemas
from holdfast.stores.postgres.store import PostgresStore
from holdfast.stores.sqlite.store import SQLiteStore
from holdfast.system import SystemClock, SystemEntropy
from holdfast.vault import KeyVault
from tests.engine.faults import Faults
from tests.engine.kinds import Kind, Kinds
from tests.support.waiting import eventually

TENANT: Final = "default"
LEASE: Final[Micros] = 30 * SECOND
GRACE: Final[Micros] = 200 * MILLISECOND
PATIENCE: Final = 20.0


def no_graphs(version_id: str, definition: JSONObject) -> Graph:
    """For stores that only see lone jobs."""
    raise AssertionError("these tests run no workflow")


class MovableClock(SystemClock):
    """The machine's time and what a test added to it."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead: Micros = 0

    def now(self) -> Instant:
        return super().now() + self._ahead

    def move(self, micros: Micros) -> None:
        self._ahead += micros


def open_at(url: str, graphs: Graphs, entropy: SystemEntropy) -> Store:
    adapter = PostgresStore if url.startswith("postgres") else SQLiteStore
    return adapter(url, graph_of=graphs.of, new_id=entropy.new_id, checked_input=Inputs(JsonSchemas()).checked)


class World:
    """The parts of one process. ``faults`` is the store that all of them use."""

    def __init__(
        self, url: str, *kinds: Kind, clock: MovableClock | None = None, wakeups: Wakeups | None = None
    ) -> None:
        self.url = url
        self.clock, self.entropy, self.metrics = clock or MovableClock(), SystemEntropy(), Metrics()
        self.wakeups, self.schemas = wakeups or Wakeups(), JsonSchemas()
        self.graphs = Graphs(lambda definition: Graph.of(load_workflow(definition, self.kinds.specs)))
        self.real = open_at(url, self.graphs, self.entropy)
        self.faults = Faults(self.real)
        self.store = self.faults.store
        self.kinds = Kinds(MailboxTransport(self.store), *kinds)
        self.takers = Takers()
        places = {kind: spec.secret_paths for kind, spec in self.kinds.specs.items()}
        self.jobs = Jobs(self.store, self.clock, self.entropy, self.wakeups, self.metrics, self.takers, places)
        self.workflows = Workflows(
            self.store, self.clock, self.entropy, self.kinds.specs, self.schemas, Crons(), self.wakeups
        )
        self.runs = Runs(
            self.store, self.clock, self.entropy, self.wakeups, self.metrics, self.graphs, self.schemas, self.takers
        )
        self.vault = KeyVault("k" * 40)
        self.secrets = Secrets(self.store, self.vault, self.clock, self.entropy)
        self.rule_firing = RuleFiring(self.store, self.clock, self.entropy, self.jobs)
        self.starts = Starts(
            self.store, self.clock, self.entropy, self.wakeups, self.graphs, self.runs, self.metrics, self.rule_firing
        )
        self.rejections = RejectionWriter(self.store, self.clock, self.entropy)
        self.hooks = Hooks(
            self.store,
            self.starts,
            self.graphs,
            self.secrets,
            self.rejections,
            self.clock,
            self.entropy,
            self.wakeups,
            self.metrics,
        )
        self.events = Events(self.store, self.clock, self.entropy, self.wakeups)
        self.callbacks = Callbacks("k" * 40, "http://here")
        self.rescuer = Rescuer(self.store, self.clock, self.entropy, self.wakeups, self.metrics, SECOND)
        self.broker: Broker | None = None
        self._going: list[asyncio.Task[None]] = []
        self._working: list[tuple[Worker, asyncio.Task[Ended]]] = []

    async def __aenter__(self) -> Self:
        await self.real.open()
        await self.real.migrate()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.faults.away = False
        for worker, _task in self._working:
            worker.stop()
        for _worker, task in self._working:
            await asyncio.wait_for(task, PATIENCE)
        for going in self._going:
            going.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)
        await self.real.close()

    # -- what goes on by itself ---------------------------------------------------------------------------------------

    def go(self, *parts: Loop) -> None:
        """Starts what keeps runs going, or the parts given instead; all are stopped at the end."""
        store, clock, entropy, wakeups = self.store, self.clock, self.entropy, self.wakeups
        for part in parts or (
            Deliverer(store, clock, entropy, wakeups),
            WaitTimer(store, clock, entropy, wakeups),
            RunAdmitter(store, clock, entropy, wakeups),
            EventFollower(store, self.graphs, clock, entropy, wakeups),
        ):
            self._going.append(asyncio.create_task(part.run(), name=part.name))

    # -- workers -----------------------------------------------------------------------------------------------------

    def work(
        self,
        *,
        concurrency: int = 10,
        lease: Micros = LEASE,
        grace: Micros = GRACE,
        heart_store: Callable[[], Awaitable[Store]] | None = None,
        queues: tuple[str, ...] = (DEFAULT_QUEUE,),
        takes: bool = False,
    ) -> Worker:
        """Starts a worker; it is stopped at the end. ``takes``: it takes over what is inserted while it works."""
        executor = Executor(self.kinds, self.graphs, self.schemas, self.clock, self.callbacks, self.secrets)
        parts = Parts(
            self.store,
            self.graphs,
            self.kinds,
            executor,
            self.clock,
            self.entropy,
            self.wakeups,
            self.metrics,
            heart_store,
            broker=self.broker,
            takers=self.takers if takes else None,
        )
        config = WorkerConfig("one", "here", 1, "boot", queues, concurrency, lease=lease, grace=grace)
        worker = Worker(config, parts)
        self.working(worker)
        return worker

    def working(self, worker: Worker) -> asyncio.Task[Ended]:
        """Runs a worker that the test made itself; it is stopped at the end."""
        task = asyncio.create_task(worker.run())
        self._working.append((worker, task))
        return task

    async def stopped(self, worker: Worker) -> None:
        """Stops a worker as an operator does, until it has ended."""
        worker.stop()
        for known, task in self._working:
            if known is worker:
                await asyncio.wait_for(asyncio.shield(task), PATIENCE)

    async def heart_store(self) -> Store:
        """A store of its own, as the heart's thread opens it."""
        store = open_at(self.url, self.graphs, self.entropy)
        await store.open()
        return store

    # -- jobs and runs -----------------------------------------------------------------------------------------------

    async def insert(self, kind: str, payload: JSON = None, **fields: Any) -> str:
        (accepted,) = await self.jobs.insert(TENANT, [JobDraft(kind, payload, **fields)], correlation_id="request-1")
        return accepted.id

    async def job(self, job_id: str) -> JobRecord:
        return await self.real.get_job(TENANT, job_id)

    async def attempts(self, job_id: str) -> list[Attempt]:
        return attempts_of((await self.job(job_id)).changes)

    async def ended(self, job_id: str) -> JobRecord:
        """The job once it has ended."""

        async def look() -> JobRecord | None:
            job = await self.job(job_id)
            return job if job.state in ENDED else None

        found = await eventually(look, PATIENCE, f"the end of job {job_id}")
        assert found is not None
        return found

    async def reaches(self, job_id: str, state: str) -> JobRecord:
        """The job once it is in that state."""

        async def look() -> JobRecord | None:
            job = await self.job(job_id)
            return job if job.state == state else None

        found = await eventually(look, PATIENCE, f"job {job_id} to be {state}")
        assert found is not None
        return found

    async def save(self, **document: JSON) -> JSONObject:
        """Saves a workflow named ``flow``; its hooks by trigger id."""
        _, record = await self.workflows.create(TENANT, {"holdfast": 1, "name": "flow", **document})
        return dict(record.hooks)

    async def start(self, run_input: JSON = None, workflow: str = "flow") -> str:
        given = {} if run_input is None else run_input
        return (await self.runs.start(TENANT, workflow, given, correlation_id="request-1")).id

    async def run(self, run_id: str) -> RunRecord:
        return await self.real.get_run(TENANT, run_id, self.clock.now())

    async def run_ended(self, run_id: str) -> RunRecord:
        record = await self.runs.wait(TENANT, run_id, int(PATIENCE * SECOND))
        assert record.state in RUN_ENDED, record
        return record

    # -- what was seen -----------------------------------------------------------------------------------------------

    def counted(self, metric: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"holdfast_{metric}_total", labels) or 0.0

    async def sound(self) -> bool:
        """Whether the store finds nothing wrong with itself."""
        found = await self.real.check_invariants(self.clock.now())
        assert found == []
        return True


@asynccontextmanager
async def world(*kinds: Kind, url: str = "memory:", clock: MovableClock | None = None) -> AsyncIterator[World]:
    async with World(url, *kinds, clock=clock) as made:
        yield made
        await made.sound()
