"""Figures are counted where work is done, added to the store's now and then, and at the end; nothing counts twice."""

import asyncio
from typing import Any

import pytest

from holdfast.compose import build
from holdfast.engine.drafts import JobDraft
from holdfast.engine.statistics import DepthSampler, Statistics, StatisticsWriter
from holdfast.model.instant import HOUR, MILLISECOND, MINUTE, SECOND
from holdfast.model.json import JSONObject
from holdfast.model.retry import RetryPolicy
from holdfast.model.statistics import NO_QUEUE, PLACE, Count, Point, total
from holdfast.settings import load
from tests.engine.claims import CLAIMED
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually

AT_ONCE = RetryPolicy(max_attempts=2, base_delay=0, max_delay=0)
DOWN: JSONObject = {"message": "no luck", "retryable": True}


async def figures(store: Any, now: int, tenant: str = TENANT) -> Point:
    return total(await store.figures(tenant, None, now - HOUR, now + HOUR, MINUTE), now)


def shown(point: Point) -> dict[str, int]:
    names = [name for name in PLACE if not name.startswith(("wait_", "ran_"))]
    return {name: point.count(name) for name in names if point.count(name)}


async def test_a_stopped_process_has_written_what_it_did(store_url: str) -> None:
    settings = load(database_url=store_url, secret_key="k" * 40)
    flow: JSONObject = {
        "holdfast": 1,
        "name": "two",
        "nodes": [{"id": "a", "type": "noop"}, {"id": "b", "type": "noop"}],
    }
    down: JSONObject = {
        "holdfast": 1,
        "name": "down",
        "nodes": [{"id": "a", "type": "fail", "params": {"message": "x"}}],
    }
    async with await build(settings, role="all") as engine:
        drafts = [JobDraft("noop"), JobDraft("fail", DOWN, retry=AT_ONCE), JobDraft("fail", {"message": "never"})]
        jobs = await engine.jobs.insert(TENANT, drafts, correlation_id="c")
        later = await engine.jobs.insert(TENANT, [JobDraft("noop", delay=HOUR)], correlation_id="c")
        await engine.jobs.cancel(TENANT, later[0].id)
        for definition in (flow, down):
            await engine.workflows.create(TENANT, definition)
        runs = [await engine.runs.start(TENANT, name, {}, correlation_id="c") for name in ("two", "two", "down")]
        for run in runs:
            await engine.runs.wait(TENANT, run.id, 20 * SECOND)

        async def ended() -> bool:
            states = [(await engine.store.get_job(TENANT, job.id)).state.value for job in jobs]
            return states == ["SUCCEEDED", "DEAD", "FAILED"]

        await eventually(ended)
        now = engine.clock.now()
    again = await build(settings, role="server")
    try:
        point = await figures(again.store, now)
        assert shown(point) == {
            "started": 9,
            "succeeded": 5,
            "failed": 2,
            "dead": 1,
            "retried": 1,
            "cancelled": 1,
            "runs_started": 3,
            "runs_succeeded": 2,
            "runs_failed": 1,
        }
        assert sum(point.waits) == 8  # every first attempt
        assert sum(point.times) == 9
    finally:
        await again.stop()


def counting(w: World) -> tuple[Statistics, StatisticsWriter]:
    statistics = Statistics(w.clock)
    return statistics, StatisticsWriter(statistics, w.store, w.clock, w.entropy)


async def test_a_wait_begins_when_a_job_is_due() -> None:
    async with world() as w:
        statistics = Statistics(w.clock)
        job = CLAIMED._replace(created_at=0, due_at=HOUR, lease=1)
        statistics.claimed([job, job._replace(due_at=0), job._replace(lease=2)], HOUR + 3 * MILLISECOND)
        (row,) = statistics.take()
        assert (row.numbers[PLACE["started"]], row.numbers[PLACE["wait_2"]], row.numbers[PLACE["wait_22"]]) == (3, 1, 1)


ONE = [Count(TENANT, NO_QUEUE, "runs_started")]


async def test_nothing_is_written_while_nothing_happens() -> None:
    async with world() as w:
        statistics, writer = counting(w)
        assert not await writer.run_once()
        assert w.faults.calls["add_figures"] == 0
        statistics.counted(ONE)
        await writer.run_once()
        await writer.run_once()
        assert w.faults.calls["add_figures"] == 1


async def test_figures_wait_for_a_store_that_is_away() -> None:
    async with world() as w:
        statistics, writer = counting(w)
        statistics.counted(ONE)
        w.faults.lose("add_figures")
        going = asyncio.create_task(StatisticsWriter(statistics, w.store, w.clock, w.entropy, SECOND // 100).run())
        await eventually(lambda: w.faults.calls["add_figures"] >= 1)
        statistics.counted(ONE)
        await eventually(lambda: w.faults.calls["add_figures"] >= 2)
        going.cancel()
        await asyncio.wait({going})
        assert shown(await figures(w.real, w.clock.now())) == {"runs_started": 2}
        assert not await writer.run_once()


async def test_the_end_writes_what_was_counted_and_a_write_under_way_ends_once() -> None:
    async with world() as w:
        statistics, writer = counting(w)
        gate = w.faults.hold_answer("add_figures")
        statistics.counted(ONE)
        going = asyncio.create_task(writer.run())
        await gate.reached.wait()
        statistics.counted(ONE)
        going.cancel()
        await asyncio.sleep(0)
        gate.open()
        await asyncio.wait({going})
        assert shown(await figures(w.real, w.clock.now())) == {"runs_started": 2}


async def test_what_doesnt_fit_into_memory_isnt_counted(caplog: pytest.LogCaptureFixture) -> None:
    async with world() as w:
        statistics = Statistics(w.clock, most=2)
        for tenant in ("a", "b", "c"):
            statistics.counted([Count(tenant, NO_QUEUE, "runs_started")] * 2)
        assert {row.tenant: row.numbers[PLACE["runs_started"]] for row in statistics.take()} == {"a": 2, "b": 2}
        assert statistics.take() == []


async def test_the_sampler_keeps_how_much_lies_in_queues() -> None:
    async with world() as w:
        await w.insert("noop")
        await w.insert("noop", delay=HOUR)
        await DepthSampler(w.store, w.clock, w.entropy).run_once()
        now = w.clock.now()
        (depth,) = await w.real.depths(TENANT, None, now - HOUR, now + 1, MINUTE)
        assert (depth.queue, depth.pending, depth.scheduled, depth.running) == ("default", 1, 1, 0)
        assert depth.at % MINUTE == (now - HOUR) % MINUTE
