"""Figures add up by minute whoever writes them, are read in steps, and go when they are old; so do depths of queues."""

from holdfast.model.instant import DAY, HOUR, MINUTE, SECOND
from holdfast.model.job import JobState
from holdfast.model.statistics import (
    KEEP,
    KEEP_MINUTES,
    LATER,
    NO_QUEUE,
    NOTHING,
    PLACE,
    Count,
    Depth,
    FigureRow,
    Point,
)
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, START, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

# A whole step of every window.
NOON = START - START % (2 * HOUR)


def row(at: int = NOON, queue: str = "default", tenant: str = TENANT, **counts: int) -> FigureRow:
    numbers = list(NOTHING)
    for name, count in counts.items():
        numbers[PLACE[name]] = count
    return FigureRow(tenant, at, queue, numbers)


async def read(scene: Scene, queue: str | None = None, step: int = MINUTE, tenant: str = TENANT) -> list[Point]:
    return await scene.store.figures(tenant, queue, NOON - HOUR, NOON + HOUR, step)


def shown(point: Point) -> dict[str, int]:
    return {name: count for name, count in zip(PLACE, point.numbers, strict=True) if count}


async def test_what_is_added_adds_up(scene: Scene, other: Scene) -> None:
    await scene.store.add_figures([row(started=2, wait_3=2), row(queue="mail", started=1), row(NOON + MINUTE, dead=1)])
    await other.store.add_figures([row(NOON + MINUTE, dead=2, ran_23=7), row(started=40, succeeded=1, wait_3=1)])
    await scene.store.add_figures([])
    first, second = await read(scene)
    assert (first.at, shown(first)) == (NOON, {"started": 43, "succeeded": 1, "wait_3": 3})
    assert (second.at, shown(second)) == (NOON + MINUTE, {"dead": 3, "ran_23": 7})
    (both,) = await read(scene, step=5 * MINUTE)
    assert (both.at, both.count("started"), both.count("dead")) == (NOON, 43, 3)


async def test_one_queue_is_read_with_the_runs_of_all(scene: Scene) -> None:
    rows = [row(started=2), row(queue="mail", started=1), row(queue=NO_QUEUE, runs_started=4)]
    await scene.store.add_figures(rows)
    (mail,) = await read(scene, "mail")
    assert shown(mail) == {"started": 1, "runs_started": 4}
    assert [shown(point) for point in await read(scene, "none")] == [{"runs_started": 4}]


async def test_nothing_of_another_tenant_or_outside_the_time_is_read(scene: Scene) -> None:
    await scene.store.add_figures([row(NOON - HOUR - MINUTE, started=1), row(NOON + HOUR, started=1)])
    await scene.store.add_figures([row(tenant="other", started=5)])
    assert await read(scene) == []
    assert [point.count("started") for point in await read(scene, tenant="other")] == [5]


async def test_old_figures_are_pruned(scene: Scene) -> None:
    await scene.store.add_figures([row(at, started=1) for at in range(NOON, NOON + 3 * LATER, LATER)])
    assert await scene.store.prune(NOON + KEEP + 2 * LATER, 90 * DAY) == 2
    assert [point.at for point in await read(scene)] == [NOON + 2 * LATER]


async def test_figures_of_minutes_become_those_of_quarters_of_an_hour(scene: Scene) -> None:
    """Nothing is lost, however few go at once, and of the last day every minute stays."""
    minutes = range(NOON, NOON + 2 * LATER, MINUTE)
    await scene.store.add_figures([row(at, started=1, wait_3=2) for at in minutes])
    await scene.store.add_figures([row(at, "mail", ran_23=1) for at in minutes[1:3]])
    await scene.store.add_figures([row(at, NO_QUEUE, "other", runs_started=1) for at in minutes[16:]])
    steps = [await read(scene, step=LATER), await read(scene, step=LATER, tenant="other")]
    now = NOON + LATER + 5 * MINUTE + KEEP_MINUTES
    while await scene.store.prune(now, 90 * DAY, 7):
        pass
    assert [await read(scene, step=LATER), await read(scene, step=LATER, tenant="other")] == steps
    kept = [(point.at - NOON) // MINUTE for point in await read(scene, "default")]
    assert kept == [0, 15, *range(20, 30)]
    first, *_ = await read(scene, "mail")
    assert (first.at, shown(first)) == (NOON, {"ran_23": 2})
    while await scene.store.prune(now + LATER, 90 * DAY):
        pass
    assert [point.at - NOON for point in await read(scene)] == [0, LATER]
    assert await read(scene, step=LATER) == steps[0]


async def depths(scene: Scene, queue: str | None = None, step: int = MINUTE, tenant: str = TENANT) -> list[Depth]:
    return await scene.store.depths(tenant, queue, NOON, NOON + 2 * DAY, step)


async def test_what_lies_in_queues_is_sampled_once_a_minute(scene: Scene, other: Scene) -> None:
    scene.clock.now = NOON
    await scene.insert(scene.job(), scene.job(due_in=HOUR), scene.job(queue="mail"))
    worker = await scene.worker()
    await scene.claim(worker, 1)
    scene.clock.move(20 * SECOND)
    await scene.store.sample_depths(scene.now)
    await scene.insert(scene.job())
    await other.store.sample_depths(scene.now)
    sampled = {depth.queue: depth for depth in await depths(scene)}
    running = {name: depth.running for name, depth in sampled.items()}
    assert sorted(running.items()) in ([("default", 0), ("mail", 1)], [("default", 1), ("mail", 0)])
    assert (sampled["default"].at, sampled["default"].scheduled) == (NOON, 1)
    assert sampled["default"].pending + sampled["mail"].pending == 1
    assert {depth.oldest for depth in sampled.values() if depth.pending} == {20 * SECOND}
    assert [depth.queue for depth in await depths(scene, "mail")] == ["mail"]
    assert await depths(scene, tenant="other") == []


async def test_a_step_shows_the_deepest_sample_and_nothing_is_kept_of_empty_queues(scene: Scene) -> None:
    scene.clock.now = NOON
    await scene.insert(scene.job(), scene.job())
    await scene.store.sample_depths(scene.now)
    worker = await scene.worker()
    scene.clock.move(MINUTE)
    jobs = await scene.claim(worker)
    await scene.finish(worker, (jobs[0], OK))
    await scene.store.sample_depths(scene.now)
    scene.clock.move(MINUTE)
    await scene.finish(worker, (jobs[1], OK))
    await scene.store.sample_depths(scene.now)
    assert [(depth.at, depth.pending, depth.running) for depth in await depths(scene)] == [
        (NOON, 2, 0),
        (NOON + MINUTE, 0, 1),
    ]
    assert await depths(scene, step=HOUR) == [Depth(NOON, "default", 2, 1, 0, 0)]


async def test_depths_become_fewer_and_then_go(scene: Scene) -> None:
    await scene.insert(scene.job())
    for minute in range(NOON, NOON + 20 * MINUTE, MINUTE):
        await scene.store.sample_depths(minute)
    await scene.store.prune(NOON + 2 * DAY, 90 * DAY)
    assert [depth.at for depth in await depths(scene)] == [NOON, NOON + 15 * MINUTE]
    await scene.store.prune(NOON + KEEP + MINUTE, 90 * DAY)
    assert [depth.at for depth in await depths(scene)] == [NOON + 15 * MINUTE]


async def test_a_worker_counts_its_moves_and_the_store_the_rest(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    assert (await scene.finish(worker, (job, OK))).counts == ()
    _, job = await scene.started(scene.job())
    assert (await scene.finish(worker, (job, failed()))).counts == ()
    waiting = scene.job(due_in=HOUR)
    await scene.insert(waiting)
    done = await scene.store.cancel_jobs(TENANT, [waiting.id], scene.now)
    assert done.counts == (Count(TENANT, "default", "cancelled"),)


async def test_ends_by_rescue_and_deadline_are_counted_by_the_store(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    assert (await scene.store.rescue(scene.now, hung_grace=0, gone=[worker])).counts == ()
    assert (await scene.get(job)).state is JobState.PENDING
    overdue = scene.job(queue="mail", deadline_at=scene.now + SECOND)
    await scene.insert(overdue)
    done = await scene.store.fail_overdue_jobs(scene.now + MINUTE)
    assert done.counts == (Count(TENANT, "mail", "dead"),)


async def test_starts_and_ends_of_runs_are_counted(scene: Scene) -> None:
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    answers = await scene.store.start_runs([await scene.new_run("sample", limit=1) for _ in range(2)], scene.now)
    assert [answer.waiting for answer in answers] == [False, True]
    driver = await Driver.of(scene)
    assert (await driver.settle(await driver.claim())).counts == ()
    done = await driver.settle(await driver.claim())
    assert done.counts == (Count(TENANT, NO_QUEUE, "runs_succeeded"),)
    admitted = await scene.store.admit_runs(scene.now)
    assert admitted.counts == (Count(TENANT, NO_QUEUE, "runs_started"),)
    _, cancelled = await scene.store.cancel_run(TENANT, answers[1].id, scene.now)
    assert sorted(cancelled.counts) == [
        Count(TENANT, NO_QUEUE, "runs_cancelled"),
        Count(TENANT, "default", "cancelled"),
    ]


async def test_a_retry_of_a_run_that_has_failed_is_an_attempt_of_the_worker_and_an_end_of_the_store(
    scene: Scene,
) -> None:
    await scene.save(document([node("a"), node("b")], []))
    await scene.start("sample")
    driver = await Driver.of(scene)
    jobs = await driver.claim()
    done = await driver.settle(jobs, a=failed(final=True), b=failed())
    assert sorted(done.counts) == [Count(TENANT, NO_QUEUE, "runs_failed"), Count(TENANT, "default", "cancelled")]
