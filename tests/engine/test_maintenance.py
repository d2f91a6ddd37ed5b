"""What mends and tidies: rescue, deadlines, retention and the clock."""

from holdfast.engine.maintenance.clock_keeper import ClockKeeper
from holdfast.engine.maintenance.pruner import Pruner
from holdfast.engine.wakeups import CANCEL, EVENTS, queue_topic
from holdfast.model.errors import NotFound
from holdfast.model.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Instant, Micros
from holdfast.model.job import JobState
from holdfast.ports import ClaimRequest, NewWorker
from holdfast.system import SystemClock
from tests.engine.world import LEASE, World, world


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
