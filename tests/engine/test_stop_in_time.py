"""A stop ends in time though calls to the store hang: what couldn't be given back is left to rescue."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, Final, cast

import pytest

from holdfast.cli import supervising
from holdfast.engine import engine as engine_module
from holdfast.engine import worker as worker_module
from holdfast.engine.worker import Parts, Worker, WorkerConfig
from holdfast.model.instant import MILLISECOND, SECOND, Micros
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import World, world
from tests.support.waiting import eventually

FAREWELL_OF_WORKERS: Final = worker_module._FAREWELL
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


async def test_what_a_claim_brings_after_the_grace_is_not_begun() -> None:
    """It would run beside the attempt of whoever gets the job next."""
    began: list[str] = []
    cancelled, release = asyncio.Event(), asyncio.Event()

    async def stubborn(context: NodeContext, params: JSONObject) -> Outcome:
        began.append(str(params["name"]))
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            await release.wait()
        return Succeeded()

    async with world(Kind("stubborn", stubborn)) as w:
        worker = w.work(grace=GRACE)
        await w.insert("stubborn", {"name": "first"})
        await eventually(lambda: began == ["first"])
        gate = w.faults.hold_answer("claim")
        await w.insert("stubborn", {"name": "late"})
        await gate.reached.wait()
        stopping = asyncio.create_task(stopped_in_time(w, worker))
        await cancelled.wait()
        gate.open()
        life = worker._life
        assert life is not None
        await eventually(lambda: life._held.running == 1 and life._held.claim_began is None)
        release.set()
        await stopping
        assert began == ["first"]
        await w.rescuer.run_once()


def test_a_supervisor_waits_longer_than_a_stop_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_FAREWELL", FAREWELL_OF_WORKERS)
    worker = Worker(WorkerConfig("one", "here", 1, "boot", grace=0), cast(Parts, SimpleNamespace(stragglers=None)))
    parts = engine_module._PARTS  # the worker's own end, once it is stuck, and that of the other parts
    assert worker.patience + 2 * parts + engine_module._CLOSING < supervising.MARGIN
