"""A drain really drains: its jobs are finished and on record, and a wrong record is found."""

from __future__ import annotations

import pytest

from bench.backlog import WARM_UP, Backlog, fill
from bench.instance import TENANT, engine_on
from bench.noise import Meter
from bench.workers import Report, rate
from holdfast.engine.drafts import JobDraft
from holdfast.model.job import JobState
from holdfast.model.records import JobFilter


async def test_a_drain_finishes_what_it_inserted(store_url: str) -> None:
    backlog = Backlog(store_url)
    assert await backlog.drain(500, Meter()) > 0
    assert backlog.finished == backlog.inserted == WARM_UP + 500
    async with engine_on(store_url) as engine:
        queues = await engine.store.list_queues(engine.clock.now())
        assert sum(queue.pending + queue.running for queue in queues) == 0


async def test_others_may_wait_behind_a_drain(sqlite_url: str) -> None:
    await fill(sqlite_url, 300, JobDraft("noop", delay=3_600_000_000))
    backlog = Backlog(sqlite_url)
    await backlog.drain(500, Meter())
    async with engine_on(sqlite_url) as engine:
        queues = await engine.store.list_queues(engine.clock.now())
        assert sum(queue.scheduled for queue in queues) == 300


async def test_a_job_that_went_wrong_is_found(sqlite_url: str) -> None:
    backlog = Backlog(sqlite_url)
    async with engine_on(sqlite_url) as engine:
        await backlog.insert(engine, 100)
        with pytest.raises(RuntimeError, match="PENDING after 0 attempts"):
            await backlog.check(engine, 100)
        job = (await engine.store.list_jobs(TENANT, JobFilter(), engine.clock.now(), None, 1)).items[0]
        await engine.jobs.cancel(TENANT, job.id)
        backlog.sample.clear()
        with pytest.raises(RuntimeError, match=JobState.CANCELLED):
            await backlog.check(engine, 100)


def test_the_rate_of_several_workers_is_that_of_their_sum() -> None:
    one = [Report(1.0, 50), Report(2.0, 150), Report(3.0, 250)]
    other = [Report(1.5, 50), Report(2.5, 150), Report(3.5, 260)]
    assert rate([one, other], 100, 500) == (510 - 100) / (3.5 - 1.5)
