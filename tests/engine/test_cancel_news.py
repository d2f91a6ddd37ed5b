"""A cancel reaches a running handler soon, also where no notification can tell of it."""

import asyncio

from holdfast.engine.wakeups import queue_topic
from holdfast.model.instant import SECOND
from holdfast.model.job import JobState
from tests.engine.test_late import Stoppable
from tests.engine.world import TENANT, world


async def test_a_cancel_that_nobody_tells_of_reaches_its_handler() -> None:
    """Another process cancels, on a store without notifications, long before the next beat is due."""
    handler = Stoppable()
    async with world(handler.kind) as w:
        w.work(lease=600 * SECOND)
        job_id = await w.insert("stoppable")
        await handler.began.wait()
        await w.real.cancel_job("default", job_id, w.clock.now())
        async with asyncio.timeout(10):
            await handler.stopped.wait()
        assert (await w.ended(job_id)).state == JobState.CANCELLED


async def test_a_cancel_wakes_the_queue_of_the_job_that_its_key_lets_through(store_url: str) -> None:
    async with world(url=store_url) as w:
        first = await w.insert("noop", queue="one", concurrency_key="key")
        second = await w.insert("noop", queue="other", concurrency_key="key")
        assert (await w.job(second)).blocked
        with w.wakeups.subscribe(queue_topic("other")) as news:
            assert (await w.jobs.cancel(TENANT, first)).state == JobState.CANCELLED
            assert await news.wait(10 * SECOND)
        assert not (await w.job(second)).blocked
