"""A backlog of no-op jobs on one store, drained by one worker with the shipped defaults.

Jobs go in through the engine's own entrance, in bulk, and are finished by the engine's own worker. The rate is taken
between two commits: the one that ended the warm-up and the one that reached the count. Afterwards the store is asked
for a random sample of the finished jobs: each must have SUCCEEDED at its first attempt, with its transitions on record.
"""

import random
from dataclasses import dataclass, field
from typing import Final

from bench.instance import TASKS, TENANT, engine_on
from bench.noise import Meter
from bench.progress import Progress
from holdfast.engine.drafts import JobDraft
from holdfast.engine.engine import Engine
from holdfast.model.job import DEFAULT_QUEUE, JobState
from holdfast.model.records import JobFilter, JobRecord

JOBS: Final = 50_000
WARM_UP: Final = 3_000
BATCH: Final = 1_000
# Every so manieth id is remembered for the check at the end, and so many of these are looked at.
_EVERY: Final = 97
_LOOKED_AT: Final = 50
_TRANSITIONS: Final = (
    (None, JobState.PENDING),
    (JobState.PENDING, JobState.RUNNING),
    (JobState.RUNNING, JobState.SUCCEEDED),
)
NOOP: Final = JobDraft("noop")


@dataclass(slots=True)
class Backlog:
    """What was inserted and finished so far in the store at ``url``, in order. ``queues``: those that are served.

    ``redis``: a broker over which the work is offered to the worker.
    """

    url: str
    queues: tuple[str, ...] = (DEFAULT_QUEUE,)
    inserted: int = 0
    finished: int = 0
    sample: list[tuple[int, str]] = field(default_factory=list)
    redis: str | None = None

    async def insert(self, engine: Engine, count: int) -> None:
        """Adds no-op jobs that are due."""
        for begin in range(0, count, BATCH):
            size = min(BATCH, count - begin)
            accepted = await engine.jobs.insert(TENANT, [NOOP] * size, correlation_id="bench")
            self.sample.extend(
                (self.inserted + i, accepted[i].id) for i in range(-self.inserted % _EVERY, size, _EVERY)
            )
            self.inserted += size

    async def add(self, count: int) -> None:
        """As ``insert``, with an engine for this alone."""
        async with engine_on(self.url) as engine:
            await self.insert(engine, count)

    async def drain(self, jobs: int, meter: Meter) -> float:
        """Finished a second by one worker, over ``jobs`` jobs that are added first. Others may wait behind them."""
        async with engine_on(self.url, queues=self.queues, tasks=TASKS, redis=self.redis) as engine:
            await self.insert(engine, WARM_UP + jobs)
            progress = Progress(engine)
            await engine.start()
            first, began = await progress.reach(WARM_UP)
            with meter.timing():
                last, ended = await progress.reach(WARM_UP + jobs)
            await self.check(engine, self.finished + last)
        self.finished += progress.finished
        return (last - first) / (ended - began)

    async def check(self, engine: Engine, finished: int) -> None:
        """Raises when a job among the first ``finished`` isn't on record as it must be, or any job went wrong."""
        slack = 2_000 if finished < self.inserted else 0  # claimed in order, finished in any
        ended = [job for ordinal, job in self.sample if ordinal < finished - slack]
        for job_id in random.sample(ended, min(_LOOKED_AT, len(ended))):
            _check_record(await engine.store.get_job(TENANT, job_id))
        for state in (JobState.FAILED, JobState.DEAD, JobState.CANCELLED):
            wrong = await engine.store.list_jobs(TENANT, JobFilter(state=state), engine.clock.now(), None, 1)
            if wrong.items:
                raise RuntimeError(f"a no-op job ended {state}")


async def fill(url: str, count: int, draft: JobDraft, tenant: str = TENANT) -> None:
    """Adds jobs that aren't looked after here: others drain them, or nobody does."""
    async with engine_on(url) as engine:
        for begin in range(0, count, BATCH):
            await engine.jobs.insert(tenant, [draft] * min(BATCH, count - begin), correlation_id="bench")


def _check_record(job: JobRecord) -> None:
    moves = tuple((change.before, change.after) for change in job.changes)
    if job.state is not JobState.SUCCEEDED or job.attempt != 1 or moves != _TRANSITIONS:
        raise RuntimeError(f"job {job.id} is {job.state} after {job.attempt} attempts, with the transitions {moves}")
