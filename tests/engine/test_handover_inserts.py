"""New work that the worker of the same process takes over: begun without a claim, once, and never before the answer."""

import asyncio

import pytest

from holdfast.engine.worker import Worker
from holdfast.model.instant import SECOND, Micros
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import Accepted, NodeContext
from tests.engine.kinds import Kind
from tests.engine.test_handover import NAMES, Steps, claimed, handed, save_chain
from tests.engine.world import LEASE, World, world
from tests.support.waiting import eventually


async def working(w: World, *, concurrency: int = 10, lease: Micros = LEASE) -> Worker:
    """A worker that takes over what is inserted, at rest, in a queue that is known."""
    worker = w.work(takes=True, concurrency=concurrency, lease=lease)
    await w.ended(await w.insert("step"))
    await eventually(lambda: w.takers.current is not None)
    w.faults.answers.clear()
    w.faults.calls.clear()
    return worker


def given(w: World) -> list[str]:
    """The lone jobs that inserts handed over."""
    answers: list[list[list[Accepted]]] = w.faults.answers["insert_jobs"]
    accepted = [one for batch in answers for group in batch for one in group]
    return [job.id for one in accepted if one.handed is not None for job in one.handed.claimed]


@pytest.mark.parametrize("inline", [False, True])
async def test_a_lone_job_is_not_claimed(store_url: str, inline: bool) -> None:
    steps = Steps(inline=inline)
    async with world(steps.kind, url=store_url) as w:
        await working(w)
        job_id = await w.insert("step")
        assert (await w.ended(job_id)).state == "SUCCEEDED"
        assert (given(w), claimed(w)) == ([job_id], [])
        assert [attempt.outcome for attempt in await w.attempts(job_id)] == ["succeeded"]
        assert steps.executions[None] == 2


async def test_no_step_of_a_chain_is_claimed(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await save_chain(w, a={"read": "{{ input.number }}"})
        await working(w)
        assert (await w.run_ended(await w.start({"number": 7}))).state == "SUCCEEDED"
        assert (claimed(w), handed(w)) == ([], ["b", "c", "d"])
        assert steps.read["a"] == 7
        assert w.faults.calls["run_contexts"] == 0


@pytest.mark.parametrize("inline", [False, True])
async def test_who_inserts_has_the_answer_before_the_work_begins(inline: bool) -> None:
    order: list[str] = []

    async def note(context: NodeContext, params: JSONObject) -> Outcome:
        order.append("begun")
        return Succeeded()

    async with world(Kind("step", note, inline=inline)) as w:
        await working(w)
        order.clear()
        job_id = await w.insert("step")
        order.append("answered")
        await w.ended(job_id)
        assert given(w) == [job_id]
        assert order == ["answered", "begun"]


async def test_a_job_whose_answer_was_lost_is_done_once(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await working(w, lease=SECOND)
        w.faults.lose_answer("insert_jobs")
        job_id = await w.insert("step")
        assert (await w.ended(job_id)).state == "SUCCEEDED"
        assert given(w) == [], "the answer that handed it over was the one that was lost"
        assert [attempt.outcome for attempt in await w.attempts(job_id)] == ["released", "succeeded"]
        assert steps.executions[None] == 2


async def test_heartbeats_leave_alone_what_a_slow_answer_brings(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        await working(w, lease=SECOND)
        gate = w.faults.hold_answer("insert_jobs")
        inserting = asyncio.create_task(w.insert("step"))
        await gate.reached.wait()
        beats = w.faults.calls["heartbeat"]
        await eventually(lambda: w.faults.calls["heartbeat"] >= beats + 4)
        gate.open()
        job_id = await inserting
        await w.ended(job_id)
        assert [attempt.outcome for attempt in await w.attempts(job_id)] == ["succeeded"]


async def test_a_worker_that_stops_waits_for_the_answer_and_gives_back_what_it_brings(store_url: str) -> None:
    steps = Steps()
    async with world(steps.kind, url=store_url) as w:
        worker = await working(w)
        gate = w.faults.hold("insert_jobs")
        inserting = asyncio.create_task(w.insert("step"))
        await gate.reached.wait()
        stopping = asyncio.create_task(w.stopped(worker))
        await eventually(lambda: w.takers.current is None)
        assert w.faults.calls["retire_worker"] == 0
        gate.open()
        job_id = await inserting
        await stopping
        assert given(w) == [job_id], "it was handed over while its worker was still known"
        assert ((await w.job(job_id)).state, steps.executions[None]) == ("PENDING", 1)
        w.work(takes=True)
        assert (await w.ended(job_id)).state == "SUCCEEDED"
        assert steps.executions[None] == 2


async def test_a_worker_that_has_ended_is_offered_by_nobody() -> None:
    steps = Steps()
    async with world(steps.kind) as w:
        worker = await working(w)
        await w.stopped(worker)
        assert w.takers.current is None
        job_id = await w.insert("step")
        assert given(w) == []
        assert (await w.job(job_id)).state == "PENDING"


async def test_a_worker_without_a_slot_to_spare_takes_nothing_over() -> None:
    steps = Steps()
    async with world(steps.kind) as w:
        await save_chain(w)
        await working(w, concurrency=1)
        await w.run_ended(await w.start())
        assert (claimed(w), handed(w)) == (list(NAMES), [])


async def test_many_at_once_are_claimed() -> None:
    steps = Steps()
    async with world(steps.kind) as w:
        await working(w)
        ids = await asyncio.gather(*(w.insert("step") for _ in range(100)))
        for job_id in ids:
            await w.ended(job_id)
        assert set(given(w)) < set(ids)
        assert len(given(w)) <= 6, "no more than half of the slots, of the first batch"
        assert steps.executions[None] == 101
