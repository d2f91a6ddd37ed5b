"""Blocked: the drain while 100,000 due jobs can't go on behind a limit that is reached, beside a drain without them.

Behind a concurrency key with limit 1 that a running job holds, behind a tenant at its ``max_running``, behind a queue
at its limit, and in a paused queue. The worker serves the blocked queue too, so each of its claims meets the limit.
"""

from dataclasses import dataclass
from typing import Final

from bench.backlog import JOBS, Backlog, fill
from bench.bench import Bench
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from holdfast.engine.drafts import JobDraft
from holdfast.engine.engine import Engine
from holdfast.model.job import DEFAULT_QUEUE, PRIORITY_RANGE
from holdfast.ports import NewTenant, QueueChange

BLOCKED: Final = 100_000
_OTHER: Final = "blocked"
_LONG: Final = {"seconds": 86_400}


@dataclass(frozen=True, slots=True)
class Limit:
    """What blocks: ``queue``, ``tenant`` and ``key`` are those of the blocked jobs."""

    name: str
    queue: str = DEFAULT_QUEUE
    tenant: str = TENANT
    key: str | None = None
    concurrency: int | None = None
    max_running: int | None = None
    paused: bool = False

    async def set_up(self, engine: Engine) -> None:
        """Sets the limit, and inserts the job that will use it up unless a pause needs none."""
        now = engine.clock.now()
        if self.tenant != TENANT:
            await engine.store.create_tenant(NewTenant(self.tenant, self.tenant, max_running=self.max_running), now)
        if self.queue != DEFAULT_QUEUE:
            await engine.store.change_queue(
                self.queue, QueueChange(paused=self.paused, concurrency=self.concurrency), now
            )
        if not self.paused:
            # First in its queue again when it is given back between two repetitions.
            holder = JobDraft(
                "task:sleep",
                payload=dict(_LONG),
                queue=self.queue,
                concurrency_key=self.key,
                priority=PRIORITY_RANGE[1],
            )
            await engine.jobs.insert(self.tenant, [holder], correlation_id="bench")

    @property
    def draft(self) -> JobDraft:
        return JobDraft("noop", queue=self.queue, concurrency_key=self.key)


LIMITS: Final = (
    Limit("a concurrency key", key="one-at-a-time"),
    Limit("a tenant's max_running", tenant="full", max_running=1),
    Limit("a queue's limit", queue=_OTHER, concurrency=1),
    Limit("a paused queue", queue=_OTHER, paused=True),
)


async def measure(store: str, bench: Bench) -> None:
    jobs, blocked = bench.scale.of(JOBS), bench.scale.of(BLOCKED)

    async def alone(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return {"rate": await Backlog(url).drain(jobs, meter)}

    before = await bench.repeat(store, f"drain of {jobs:,}, none blocked", {"rate": "jobs/s"}, alone)
    for limit in LIMITS:
        with bench.stores.fresh(store) as (url, _):
            async with engine_on(url) as engine:
                await limit.set_up(engine)
            await fill(url, blocked, limit.draft, limit.tenant)
            backlog = Backlog(url, queues=tuple(dict.fromkeys((DEFAULT_QUEUE, limit.queue))))

            async def behind(meter: Meter, backlog: Backlog = backlog) -> dict[str, float]:
                return {"rate": await backlog.drain(jobs, meter)}

            after = await bench.repeat(store, f"{blocked:,} behind {limit.name}", {"rate": "jobs/s"}, behind)
            await _check(url, blocked)
        bench.derive(store, f"{limit.name} against none blocked", "ratio", after["rate"] / before["rate"])


async def _check(url: str, blocked: int) -> None:
    """Raises when a job went past its limit."""
    async with engine_on(url, role="server") as engine:
        queues = await engine.store.list_queues(engine.clock.now())
    left = sum(queue.pending for queue in queues)
    if left < blocked:
        raise RuntimeError(f"{blocked - left} of {blocked} blocked jobs went past the limit")
