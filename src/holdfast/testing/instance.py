"""An instance of Holdfast inside one test.

``drain`` returns when nothing is due any more. Work that can't get done (a kind without a task, a paused queue) makes
it fail with the jobs' names instead of waiting for ever.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from secrets import token_hex
from types import ModuleType
from typing import Any, Final, Unpack, cast

from holdfast.compose import MEMORY, build
from holdfast.definition_yaml import read_yaml
from holdfast.engine.engine import Engine
from holdfast.engine.follower import EventFollower
from holdfast.engine.wakeups import EVENTS, news_of, queue_topic
from holdfast.http.node_order import node_order
from holdfast.http.shapes.jobs import job_shape
from holdfast.http.shapes.runs import run_shape
from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, MILLISECOND, Instant, Micros
from holdfast.model.job import ALL_QUEUES, JobState
from holdfast.model.json import JSON
from holdfast.model.records import JobFilter, JobRecord, RunRecord
from holdfast.sdk.arguments import jsonable
from holdfast.sdk.shapes import Job, Run
from holdfast.sdk.work import TITLE, JobOptions, Work, job_body, kind_of
from holdfast.settings import load
from holdfast.tasks import TaskRegistry, registry_of
from holdfast.testing.clock import MovableClock
from holdfast.transactional import draft_of

TENANT: Final = "default"
# No test takes so long, however far it moves the clock.
_LEASE: Final[Micros] = 36_500 * DAY
_LOOK_AGAIN: Final[Micros] = 20 * MILLISECOND
_PAGE: Final = 200

Tasks = Iterable[Callable[..., Any] | ModuleType]


@asynccontextmanager
async def engine(
    tasks: Tasks = (), *, concurrency: int = 20, secrets: Mapping[str, str] | None = None
) -> AsyncIterator["Instance"]:
    """A fresh instance that knows these tasks (functions, or modules of them), gone at the end of the block.

    ``secrets``: their values, by name. Raises ``Invalid`` for one that can't be set.
    """
    clock = MovableClock()
    settings = load(database_url=MEMORY, secret_key=token_hex(16), log_level="warning")
    # Whatever the environment says: no test sends a mail.
    settings = settings.model_copy(update={"lease": _LEASE, "smtp_url": None})
    built = await build(
        settings,
        role="all",
        queues=(ALL_QUEUES,),
        concurrency=concurrency,
        clock=clock,
        tasks=_registry(tasks),
        maintained=False,
    )
    await built.start()
    try:
        for name, value in (secrets or {}).items():
            await built.secrets.put(TENANT, name, value)
        yield Instance(built, clock)
    finally:
        await built.stop()


class Instance:
    """What a test does with it. ``clock.move`` makes later work due; ``drain`` runs all that is due."""

    def __init__(self, built: Engine, clock: MovableClock) -> None:
        self._engine = built
        self._follower = EventFollower(built.store, built.graphs, clock, built.entropy, built.wakeups)
        self.clock = clock
        clock.on_move(lambda: built.wakeups.notify({queue_topic(ALL_QUEUES)}))

    # -- jobs --------------------------------------------------------------------------------------------------------

    async def enqueue(self, work: Work, args: Any = None, **options: Unpack[JobOptions]) -> Job:
        """Inserts a job, as ``Client.enqueue`` does. Raises ``holdfast.Invalid`` when that would."""
        draft = draft_of(job_body(work, args, **options))
        (accepted,) = await self._engine.jobs.insert(TENANT, [draft], correlation_id="test")
        return replace(await self.job(accepted.id), duplicate=accepted.duplicate)

    async def job(self, job: Job | str) -> Job:
        """The job as it is now, with its attempts and transitions."""
        record = await self._engine.store.get_job(TENANT, job if isinstance(job, str) else job.id)
        return _job(record)

    async def jobs(self, work: Work | None = None, *, state: str | None = None) -> list[Job]:
        """All jobs, oldest first; those of a task or kind, or in a state."""
        kind = None if work is None else kind_of(work)
        wanted = JobFilter(kind=kind, state=None if state is None else JobState(state))
        return [_job(record) for record in await self._list(wanted)]

    async def cancel(self, job: Job | str) -> Job:
        """Raises ``Conflict`` when it has ended."""
        return _job(await self._engine.jobs.cancel(TENANT, job if isinstance(job, str) else job.id))

    # -- workflows ---------------------------------------------------------------------------------------------------

    async def apply(self, definition: Mapping[str, Any] | str) -> None:
        """Makes a workflow, or saves its next version; ``definition`` is an object or YAML. Raises ``Invalid``."""
        document = cast(JSON, read_yaml(definition) if isinstance(definition, str) else dict(definition))
        name = self._engine.workflows.validate(document).name
        try:
            await self._engine.workflows.save(TENANT, name, document)
        except NotFound:
            await self._engine.workflows.create(TENANT, document)

    async def start(self, workflow: str, run_input: JSON = None) -> Run:
        """Starts a run. Raises ``NotFound``, ``Conflict`` or ``Invalid``."""
        given: JSON = {} if run_input is None else run_input
        accepted = await self._engine.runs.start(TENANT, workflow, given, correlation_id="test")
        return await self.run(accepted.id)

    async def run(self, run: Run | str) -> Run:
        """The run as it is now, with its nodes."""
        run_id = run if isinstance(run, str) else run.id
        return await self._run_of(await self._engine.store.get_run(TENANT, run_id, self.clock.now()))

    async def signal(self, run: Run | str, name: str, payload: Any = None, *, by: str = "test") -> Run:
        """Ends the node that waits under ``name``, or the one that will: an approval takes ``{"approved": bool}``.

        Raises as the API would: ``NotFound``, ``Conflict``, ``Invalid``, or ``Forbidden`` for who is no approver.
        """
        run_id = run if isinstance(run, str) else run.id
        sent = jsonable(payload, ("payload",), TITLE)
        return await self._run_of(await self._engine.runs.signal(TENANT, run_id, name, sent, by=by))

    async def post_event(self, event_type: str, data: Any = None, *, subject: str | None = None) -> None:
        """Makes an event known. Raises ``holdfast.Invalid``."""
        await self._engine.events.post(TENANT, event_type, jsonable(data, ("data",), TITLE), subject=subject)

    # -- going on ----------------------------------------------------------------------------------------------------

    async def drain(self, timeout: float = 30.0) -> None:
        """Until nothing is due or running. Raises ``AssertionError`` naming what is left after ``timeout`` seconds.

        What is scheduled for later stays there; move the clock to make it due.
        """
        store = self._engine.store
        try:
            async with asyncio.timeout(timeout), self._engine.wakeups.subscribe(EVENTS) as news:
                while True:
                    now, seen = self.clock.now(), await store.last_cursor()
                    await store.fail_overdue_jobs(now)
                    await store.expire_runs(now)
                    await store.admit(now)
                    # Before and after: what a job leaves behind is looked at once it has ended, and may be more work.
                    busy, moved = await self._busy(), await self._move_runs(now)
                    if not (busy or moved or await self._busy()) and seen == await store.last_cursor():
                        return  # and nothing was told meanwhile that others may follow
                    self._engine.wakeups.notify({queue_topic(ALL_QUEUES)})
                    await news.wait(_LOOK_AGAIN)
        except TimeoutError:
            raise AssertionError(f"still not done after {timeout:g} s: {await self._left()}") from None

    # -- asserting ---------------------------------------------------------------------------------------------------

    async def assert_enqueued(self, work: Work, args: Any = None) -> Job:
        """That there is a job of this task or kind (with exactly these arguments, if given); the newest such."""
        payload = jsonable(args, ("payload",), TITLE)
        found = await self.jobs(work)
        fitting = [job for job in found if args is None or job.payload == payload]
        if not fitting:
            others = ", ".join(repr(job.payload) for job in found) or "none at all"
            raise AssertionError(f"no job of {kind_of(work)} with {payload!r}; there are: {others}")
        return fitting[-1]

    async def assert_succeeded(self, job: Job | str) -> Job:
        """That the job ended SUCCEEDED; otherwise the error tells what it came to, with its handler's traceback."""
        return await self._assert_state(job, "SUCCEEDED")

    async def assert_failed(self, job: Job | str, error_type: str | None = None) -> Job:
        """That the job ended FAILED or DEAD (with an error of this type, if given)."""
        found = await self.job(job)
        if found.state not in ("FAILED", "DEAD"):
            raise AssertionError(f"{_told(found)}, not FAILED or DEAD")
        if error_type is not None and (found.error or {}).get("type") != error_type:
            raise AssertionError(f"{_told(found)}, not with an error of type {error_type}")
        return found

    async def _assert_state(self, job: Job | str, state: str) -> Job:
        found = await self.job(job)
        if found.state != state:
            raise AssertionError(f"{_told(found)}, not {state}")
        return found

    # -- how ---------------------------------------------------------------------------------------------------------

    async def _move_runs(self, now: Instant) -> bool:
        """What goes on without a worker: triggers that fire, events that end waits, mail from children, timeouts, free
        places."""
        store = self._engine.store
        while await self._follower.run_once():
            pass
        fired = False
        for starter in self._engine.starters:
            while await starter.run_once():
                fired = True
        rounds = [await store.deliver(now), await store.expire_waits(now), await store.admit_runs(now)]
        for done in rounds:
            self._engine.wakeups.notify(news_of(done))
        return fired or any(done.ended for done in rounds)

    async def _busy(self) -> bool:
        queues = await self._engine.store.list_queues(self.clock.now())
        return any(queue.pending - queue.blocked + queue.running for queue in queues)

    async def _left(self) -> str:
        left = [
            *await self._list(JobFilter(state=JobState.PENDING)),
            *await self._list(JobFilter(state=JobState.RUNNING)),
        ]
        return ", ".join(f"{job.kind} {job.id} ({job.state}, queue {job.queue})" for job in left)

    async def _list(self, wanted: JobFilter) -> list[JobRecord]:
        records: list[JobRecord] = []
        cursor: str | None = None
        while True:
            page = await self._engine.store.list_jobs(TENANT, wanted, self.clock.now(), cursor, _PAGE)
            records += page.items
            cursor = page.next
            if cursor is None:
                return records[::-1]

    async def _run_of(self, record: RunRecord) -> Run:
        version = await self._engine.store.get_version(record.version_id)
        return Run.of(cast(Mapping[str, Any], run_shape(record, node_order(version.definition))))


def _job(record: JobRecord) -> Job:
    return Job.of(cast(Mapping[str, Any], job_shape(record, "")))


def _told(job: Job) -> str:
    lines = [f"job {job.id} of {job.kind} is {job.state}"]
    if job.error:
        lines.append(f" ({job.error.get('type')}: {job.error.get('message')})")
    tracebacks = [attempt.get("error_traceback") for attempt in job.attempts]
    lines += [f"\n{text}\n" for text in tracebacks[-1:] if text]
    return "".join(lines)


def _registry(tasks: Tasks) -> TaskRegistry:
    given = ModuleType("tasks")
    modules = [given]
    for index, task in enumerate(tasks):
        if isinstance(task, ModuleType):
            modules.append(task)
        else:
            setattr(given, f"task_{index}", task)
    return registry_of(modules)
