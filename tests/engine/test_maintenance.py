"""What mends and tidies: rescue, deadlines, retention and the clock."""

import asyncio

import pytest

from holdfast.engine.drafts import JobDraft
from holdfast.engine.graphs import Graphs
from holdfast.engine.maintenance.clock_keeper import ClockKeeper
from holdfast.engine.maintenance.pruner import Pruner
from holdfast.engine.maintenance.rescuer import Rescuer
from holdfast.engine.maintenance.runs_on import WaitTimer
from holdfast.engine.wakeups import CANCEL, EVENTS, queue_topic
from holdfast.model.errors import NotFound, Unavailable
from holdfast.model.graph import Graph
from holdfast.model.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from holdfast.model.job import JobState
from holdfast.model.json import JSONObject
from holdfast.ports import ClaimRequest, NewWorker
from holdfast.system import SystemClock
from tests.engine.world import LEASE, TENANT, World, open_at, world

GONE = "01900000-0000-7000-8000-000000000001"


async def claimed_by_nobody(w: World) -> str:
    """A job under the lease of a worker that never beats again."""
    await w.store.register_worker(NewWorker("gone", "gone", "far", 1, "b", ("default",), 4), w.clock.now(), LEASE)
    job_id = await w.insert("noop")
    request = ClaimRequest("gone", ("default",), frozenset({"noop"}), 4)
    (job,) = await w.store.claim(request, w.clock.now())
    assert job.id == job_id
    return job_id


async def test_an_expired_workers_jobs_are_rescued_and_their_queue_is_told() -> None:
    async with world() as w:
        job_id = await claimed_by_nobody(w)
        assert not await w.rescuer.run_once()
        assert (await w.job(job_id)).state == JobState.RUNNING
        w.clock.move(LEASE + SECOND)
        with w.wakeups.subscribe(queue_topic("default")) as queue, w.wakeups.subscribe(EVENTS) as events:
            await w.rescuer.run_once()
            assert await queue.wait(SECOND)
            assert await events.wait(SECOND)
        job = await w.job(job_id)
        assert (job.state, job.attempt) == (JobState.PENDING, 0)
        assert (w.counted("workers_rescued"), w.counted("jobs_rescued")) == (1, 1)
        await w.rescuer.run_once()
        assert w.counted("jobs_rescued") == 1


async def test_an_overdue_job_ends_dead() -> None:
    async with world() as w:
        job_id = await w.insert("noop", delay=HOUR, deadline_at=w.clock.now() + MINUTE)
        await w.rescuer.run_once()
        assert (await w.job(job_id)).state == JobState.SCHEDULED
        w.clock.move(MINUTE)
        await w.rescuer.run_once()
        job = await w.job(job_id)
        assert (job.state, job.changes[-1].reason) == (JobState.DEAD, "deadline")


async def test_an_overdue_run_fails_and_cancels_what_waits() -> None:
    async with world() as w:
        await w.save(nodes=[{"id": "only", "type": "noop"}], settings={"timeout": "1m"})
        run_id = await w.start()
        w.clock.move(MINUTE)
        await w.rescuer.run_once()
        run = await w.run(run_id)
        assert run.state == "FAILED"
        assert isinstance(run.error, dict)
        assert run.error["type"] == "timeout"
        assert run.nodes is not None
        assert run.nodes["only"].state == "CANCELLED"


async def test_overdue_jobs_are_worked_off_round_after_round() -> None:
    async with world() as w:
        now = w.clock.now()
        drafts = [JobDraft("nobody", deadline_at=now + MINUTE)] * 700
        accepted = await w.jobs.insert(TENANT, drafts, correlation_id="request-1")
        w.clock.move(MINUTE)
        with w.wakeups.subscribe(EVENTS) as news:
            assert await w.rescuer.run_once()
            assert await news.wait(SECOND)
            assert not await w.rescuer.run_once()
            assert await news.wait(SECOND)
        assert {(await w.job(answer.id)).state for answer in accepted} == {JobState.DEAD}


async def test_expired_runs_are_worked_off_round_after_round() -> None:
    async with world() as w:
        await w.save(nodes=[{"id": "only", "type": "noop"}], settings={"timeout": "1m"})
        runs = await asyncio.gather(*(w.start() for _ in range(130)))
        w.clock.move(MINUTE)
        with w.wakeups.subscribe(EVENTS) as news:
            assert await w.rescuer.run_once()
            assert await news.wait(SECOND)
            assert not await w.rescuer.run_once()
            assert await news.wait(SECOND)
        assert {(await w.run(run_id)).state for run_id in runs} == {"FAILED"}


@pytest.mark.parametrize("broken", ["rescue", "fail_overdue_jobs", "expire_runs"])
async def test_one_that_fails_keeps_no_other_from_its_work(broken: str) -> None:
    async with world() as w:
        refusing = True
        w.faults.refuse(broken, RuntimeError("on purpose"), lambda *_, **__: refusing)
        held = await claimed_by_nobody(w)
        overdue = await w.insert("nobody", deadline_at=w.clock.now() + MINUTE)
        await w.save(nodes=[{"id": "only", "type": "noop"}], settings={"timeout": "1m"})
        run_id = await w.start()
        w.clock.move(MINUTE)
        assert not await w.rescuer.run_once()
        ended = {
            "rescue": (await w.job(held)).state != JobState.RUNNING,
            "fail_overdue_jobs": (await w.job(overdue)).state == JobState.DEAD,
            "expire_runs": (await w.run(run_id)).state == "FAILED",
        }
        assert [name for name, done in ended.items() if not done] == [broken]
        refusing = False
        assert not await w.rescuer.run_once()


async def test_a_store_that_is_away_is_told_to_the_loop() -> None:
    async with world() as w:
        w.faults.lose("fail_overdue_jobs")
        with pytest.raises(Unavailable):
            await w.rescuer.run_once()


@pytest.mark.parametrize("poison", ["rescue", "expire"])
async def test_a_run_that_cant_be_advanced_holds_up_no_other(store_url: str, poison: str) -> None:
    """This process can't make the graph of one version: it mends everything else, and says so."""
    async with world(url=store_url) as w:
        await w.save(nodes=[{"id": "only", "type": "noop"}], settings={"timeout": "5m"})
        bad_run = await w.start()
        if poison == "rescue":
            await w.store.register_worker(NewWorker(GONE, "gone", "far", 1, "b", ("default",), 4), w.clock.now(), LEASE)
            good_job = await w.insert("noop")
            request = ClaimRequest(GONE, ("default",), frozenset({"noop"}), 4)
            assert len(await w.store.claim(request, w.clock.now())) == 2
        else:
            good_job = await w.insert("noop", deadline_at=w.clock.now() + MINUTE)
        other = open_at(store_url, Graphs(broken_graph), w.entropy)
        await other.open()
        try:
            w.clock.move(HOUR)
            await Rescuer(other, w.clock, w.entropy, w.wakeups, w.metrics, SECOND).run_once()
        finally:
            await other.close()
        assert (await w.job(good_job)).state == (JobState.PENDING if poison == "rescue" else JobState.DEAD)
        assert not any(record.alive for record in await w.store.list_workers(w.clock.now()))
        await w.rescuer.run_once()
        assert (await w.run(bad_run)).state == "FAILED"


def broken_graph(definition: JSONObject) -> Graph:
    raise RecursionError("this version can't be made")


async def test_a_rescuer_with_nothing_to_do_wakes_nobody() -> None:
    async with world() as w:
        with w.wakeups.subscribe(EVENTS, CANCEL, queue_topic("default")) as news:
            await w.rescuer.run_once()
            assert not await news.wait(MILLISECOND)


async def test_what_ended_long_ago_is_pruned_and_nothing_else() -> None:
    async with world() as w:
        w.work()
        old = await w.insert("noop")
        waiting = await w.insert("noop", delay=90 * DAY)
        await w.ended(old)
        pruner = Pruner(w.store, w.clock, w.entropy, 30 * DAY)
        w.clock.move(29 * DAY)
        assert not await pruner.run_once()
        young = await w.insert("noop")
        await w.ended(young)
        assert (await w.job(old)).state == JobState.SUCCEEDED
        w.clock.move(2 * DAY)
        assert not await pruner.run_once()
        try:
            await w.job(old)
            raise AssertionError("the old job is still there")
        except NotFound:
            pass
        assert (await w.job(young)).state == JobState.SUCCEEDED
        assert (await w.job(waiting)).state == JobState.SCHEDULED


async def keep(trip: Micros, ahead: Micros) -> tuple[Micros, Micros]:
    """How far a clock lies from a store that is ``ahead``, before and after one look that takes ``trip``."""
    clock = SystemClock()
    ticks = iter([clock.ticks(), clock.ticks() + trip])

    async with world() as w:

        class Ahead:
            async def clock(self) -> Instant:
                return SystemClock().now() + ahead

        keeper = ClockKeeper(Ahead(), clock, w.entropy, lambda: next(ticks), clock.follow)  # type: ignore[arg-type]
        before = clock.now() - SystemClock().now()
        await keeper.run_once()
        return before, clock.now() - SystemClock().now()


async def test_the_clock_follows_the_stores() -> None:
    before, after = await keep(trip=2 * MILLISECOND, ahead=HOUR)
    assert abs(before) < SECOND
    assert abs(after - HOUR) < SECOND


async def test_a_slow_answer_says_nothing_about_the_time() -> None:
    _, after = await keep(trip=SECOND, ahead=HOUR)
    assert abs(after) < SECOND


async def test_a_run_times_out_in_the_rounds_of_the_wait_timer() -> None:
    async with world() as w:
        await w.save(nodes=[{"id": "only", "type": "noop"}], settings={"timeout": "1m"})
        run_id = await w.start()
        timer = WaitTimer(w.store, w.clock, w.entropy, w.wakeups)
        assert not await timer.run_once()
        assert (await w.run(run_id)).state == "RUNNING"
        w.clock.move(MINUTE)
        with w.wakeups.subscribe(EVENTS) as news:
            assert not await timer.run_once()
            assert await news.wait(SECOND)
        assert (await w.run(run_id)).state == "FAILED"
