"""Drain: how many no-op jobs a second one worker claims, runs and finishes, full audit kept."""

import asyncio
from time import perf_counter

from bench.instance import TENANT, engine_on
from holdfast.engine.engine import Engine
from holdfast.engine.jobs import JobDraft
from holdfast.engine.wakeups import EVENTS
from holdfast.model.instant import SECOND
from holdfast.model.job import JobState
from holdfast.model.records import JobFilter

JOBS = 10_000
_CHUNK = 500


async def drain(url: str, jobs: int = JOBS) -> tuple[float, float]:
    """(inserted per second in bulk, drained per second). The worker starts when all jobs are in."""
    async with engine_on(url) as engine:
        began = perf_counter()
        for _ in range(jobs // _CHUNK):
            await engine.jobs.insert(TENANT, [JobDraft("noop")] * _CHUNK, correlation_id="bench")
        inserted = jobs / (perf_counter() - began)
        began = perf_counter()
        await engine.start()
        async with engine.wakeups.subscribe(EVENTS) as news:
            while await _left(engine):
                await news.wait(SECOND // 20)
                await asyncio.sleep(0.02)
        took = perf_counter() - began
        ended = await engine.store.list_jobs(TENANT, JobFilter(state=JobState.SUCCEEDED), engine.clock.now(), None, 1)
        if not ended.items:
            raise RuntimeError("the worker finished nothing")
        return inserted, jobs / took


async def _left(engine: Engine) -> int:
    queues = await engine.store.list_queues(engine.clock.now())
    return sum(queue.pending + queue.running + queue.scheduled for queue in queues)
