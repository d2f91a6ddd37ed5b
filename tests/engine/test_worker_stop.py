"""A graceful stop: no new claims, the grace for handlers, the rest given back unburnt, and an end in any case."""

import asyncio
import time

from holdfast.model.instant import MILLISECOND, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import world


class Patient:
    """A handler that waits until it is let go, and remembers being stopped."""

    def __init__(self, *, stubborn: bool = False) -> None:
        self.began = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = 0
        self.kind = Kind("patient", self._handle)
        self._stubborn = stubborn

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        self.began.set()
        while True:
            try:
                await self.release.wait()
                return Succeeded("done")
            except asyncio.CancelledError:
                self.cancelled += 1
                if not self._stubborn:
                    raise


async def test_what_ends_within_the_grace_is_kept() -> None:
    patient = Patient()
    async with world(patient.kind) as w:
        worker = w.work(grace=10 * SECOND)
        job_id = await w.insert("patient")
        await patient.began.wait()
        stopping = asyncio.create_task(w.stopped(worker))
        await asyncio.sleep(0)
        patient.release.set()
        await stopping
        assert (await w.job(job_id)).state == JobState.SUCCEEDED
        assert patient.cancelled == 0


async def test_what_doesnt_is_given_back_unburnt() -> None:
    patient = Patient()
    async with world(patient.kind) as w:
        worker = w.work(grace=50 * MILLISECOND)
        job_id = await w.insert("patient")
        await patient.began.wait()
        await w.stopped(worker)
        job = await w.job(job_id)
        assert (job.state, job.attempt, patient.cancelled) == (JobState.PENDING, 0, 1)
        assert [attempt.outcome for attempt in await w.attempts(job_id)] == ["released"]
        (record,) = await w.store.list_workers(w.clock.now())
        assert not record.alive
        patient.release.set()
        w.work()
        assert (await w.ended(job_id)).attempt == 1


async def test_a_worker_whose_slots_are_all_taken_stops_within_the_grace() -> None:
    patient = Patient()
    async with world(patient.kind) as w:
        worker = w.work(concurrency=1, grace=50 * MILLISECOND)
        await w.insert("patient")
        waiting = await w.insert("patient")
        await patient.began.wait()
        began = time.monotonic()
        await w.stopped(worker)
        assert time.monotonic() - began < 5
        assert (await w.job(waiting)).lease == 0  # it was never claimed


async def test_a_handler_that_wont_stop_doesnt_keep_the_worker() -> None:
    stubborn = Patient(stubborn=True)
    async with world(stubborn.kind) as w:
        worker = w.work(grace=50 * MILLISECOND)
        job_id = await w.insert("patient")
        await stubborn.began.wait()
        await w.stopped(worker)
        assert (await w.job(job_id)).state == JobState.PENDING
        stubborn.release.set()


async def test_a_stop_before_anything_was_claimed() -> None:
    async with world() as w:
        worker = w.work()
        worker.stop()
        await w.stopped(worker)
        assert w.faults.calls["claim"] == 0


async def test_a_stop_while_the_store_is_away() -> None:
    """The worker holds an uncommitted result: it tries as long as its lease lets it, then ends all the same."""
    patient = Patient()
    async with world(patient.kind) as w:
        worker = w.work(lease=SECOND, grace=50 * MILLISECOND)
        job_id = await w.insert("patient")
        await patient.began.wait()
        w.faults.away = True
        patient.release.set()
        await w.stopped(worker)
        w.faults.away = False
        assert (await w.job(job_id)).state == JobState.RUNNING
        w.clock.move(2 * SECOND)
        await w.rescuer.run_once()
        w.work()
        job = await w.ended(job_id)
        assert job.state == JobState.SUCCEEDED
        assert [attempt.outcome for attempt in await w.attempts(job_id)] == ["lost", "succeeded"]


async def test_a_stop_while_contexts_are_awaited() -> None:
    """Claimed steps of a run whose data can't be read are given back; their handlers never began."""
    async with world() as w:
        await w.save(nodes=[{"id": "only", "type": "noop"}])
        w.faults.lose("run_contexts", 1_000)
        worker = w.work()
        run_id = await w.start()
        job_id = (await w.run(run_id)).nodes["only"].job_id  # type: ignore[index]
        assert job_id is not None
        await w.reaches(job_id, "RUNNING")
        await w.stopped(worker)
        assert (await w.job(job_id)).state == JobState.PENDING
