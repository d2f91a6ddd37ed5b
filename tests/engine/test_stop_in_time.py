"""A stop ends in time though calls to the store hang: what couldn't be given back is left to rescue."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast.engine import worker as worker_module
from holdfast.engine.worker import Worker
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import World, world

FAREWELL: Micros = 300 * MILLISECOND
GRACE: Micros = 50 * MILLISECOND


@pytest.fixture(autouse=True)
def short_farewell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_FAREWELL", FAREWELL)


async def done(context: NodeContext, params: JSONObject) -> Outcome:
    return Succeeded("done")


async def stopped_in_time(w: World, worker: Worker) -> None:
    """Well before anything but the stop itself would end a call that hangs."""
    async with asyncio.timeout(10):
        await w.stopped(worker)


async def hangs(call: Callable[..., Awaitable[Any]], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    await asyncio.Event().wait()


async def test_a_result_that_can_not_be_committed() -> None:
    async with world(Kind("quick", done)) as w:
        gate = w.faults.hold("finish")
        worker = w.work(grace=GRACE)
        job_id = await w.insert("quick")
        await gate.reached.wait()
        await stopped_in_time(w, worker)
        assert (await w.job(job_id)).state == JobState.RUNNING
        w.clock.move(60 * SECOND)
        await w.rescuer.run_once()
        w.work()
        assert (await w.ended(job_id)).state == JobState.SUCCEEDED


async def test_a_claim_that_is_not_answered() -> None:
    async with world(Kind("quick", done)) as w:
        gate = w.faults.hold("claim")
        worker = w.work(grace=GRACE)
        await gate.reached.wait()
        await stopped_in_time(w, worker)


async def test_a_goodbye_that_is_not_answered() -> None:
    async with world(Kind("quick", done)) as w:
        w.faults.plan("retire_worker", hangs)
        worker = w.work(grace=GRACE)
        await w.ended(await w.insert("quick"))
        await stopped_in_time(w, worker)
