"""A cancel reaches a running handler soon, also where no notification can tell of it."""

import asyncio

from holdfast.model.instant import SECOND
from holdfast.model.job import JobState
from tests.engine.test_late import Stoppable
from tests.engine.world import world


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
