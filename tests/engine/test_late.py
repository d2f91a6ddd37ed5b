"""Results that come too late are dropped and counted, whether the store or the worker itself finds out."""

import asyncio

import pytest

from holdfast.engine.held import Why
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.test_attempts import Alone
from tests.engine.world import world


class Stoppable:
    """A handler that waits; ``stubborn`` ones end well although they were cancelled."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self._stubborn = stubborn
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.stopped = asyncio.Event()
        self.kind = Kind("stoppable", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.began.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            if not self._stubborn:
                raise
        return Succeeded()


@pytest.mark.parametrize("stubborn", [False, True])
async def test_only_a_result_is_late_and_not_a_handler_that_was_stopped(stubborn: bool) -> None:
    handler = Stoppable(stubborn=stubborn)
    async with world(handler.kind) as w:
        alone = Alone(w)
        job = await alone.claim("stoppable")
        alone.attempts.begin(job, None)
        await handler.began.wait()
        alone.held.stop(job.id, job.lease, Why.LOST)
        await alone.idle()
        assert w.counted("late_results") == stubborn
        assert (await w.job(job.id)).state == JobState.RUNNING


async def test_a_result_after_the_worker_id_is_dead_is_late() -> None:
    handler = Stoppable()
    async with world(handler.kind) as w:
        alone = Alone(w)
        job = await alone.claim("stoppable")
        alone.attempts.begin(job, None)
        await handler.began.wait()
        alone.completer.abandon()
        handler.go_on.set()
        await alone.idle()
        assert w.counted("late_results") == 1
        assert (await w.job(job.id)).state == JobState.RUNNING


async def test_a_result_that_the_dead_worker_id_hasnt_written_is_late() -> None:
    handler = Stoppable()
    handler.go_on.set()
    async with world(handler.kind) as w:
        alone = Alone(w)
        job = await alone.claim("stoppable")
        w.faults.away = True
        alone.attempts.begin(job, None)
        await alone.held.wait_idle()
        alone.completer.abandon()
        await alone.idle()
        assert w.counted("late_results") == 1
        w.faults.away = False
        assert (await w.job(job.id)).state == JobState.RUNNING
