"""Events of lone jobs, of which many stand in one row: each is told once, in order, whoever reads and from where."""

from collections import Counter

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.event import Event
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.outcome import Outcome, Released, Snoozed, Succeeded
from holdfast.model.retry import RetryPolicy
from tests.conformance.driving import Driver
from tests.conformance.scene import LEASE, OK, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

AT_ONCE = RetryPolicy(max_attempts=5, strategy="fixed", base_delay=0, max_delay=0, jitter="none")


async def everything(scene: Scene, job: str | None = None, page: int = 500, tenant: str = TENANT) -> list[Event]:
    """The whole log (of one job), read in pages of this size."""
    events: list[Event] = []
    while some := await scene.store.list_events(tenant, events[-1].cursor if events else None, job_id=job, limit=page):
        assert len(some) <= page
        events += some
    return events


def told(events: list[Event]) -> list[tuple[str, str | None]]:
    return [(event.type, event.job_id) for event in events]


async def drained(scene: Scene, count: int) -> list[str]:
    """Inserts, runs and finishes so many jobs, in a few batches; their ids."""
    jobs = [scene.job() for _ in range(count)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    while claimed := await scene.claim(worker, 7):
        await scene.finish(worker, *((job, OK) for job in claimed))
    return [job.id for job in jobs]


@pytest.mark.parametrize("page", [1, 2, 3, 7, 500])
async def test_each_event_is_told_once_whatever_the_pages(scene: Scene, page: int) -> None:
    jobs = await drained(scene, 10)
    events = await everything(scene, page=page)
    assert Counter(told(events)) == {
        (kind, job): 1 for kind in ("job.scheduled", "job.started", "job.succeeded") for job in jobs
    }
    assert len({event.cursor for event in events}) == 30
    for job in jobs:
        assert [event.type for event in events if event.job_id == job] == [
            "job.scheduled",
            "job.started",
            "job.succeeded",
        ]


async def test_reading_resumes_behind_every_single_event(scene: Scene) -> None:
    await drained(scene, 10)
    events = await everything(scene)
    for place, event in enumerate(events, start=1):
        rest = await scene.store.list_events(TENANT, event.cursor)
        assert [(other.cursor, other.data) for other in rest] == [(e.cursor, e.data) for e in events[place:]]


async def test_types_are_told_apart_inside_and_outside_of_rows(scene: Scene) -> None:
    jobs = await drained(scene, 5)
    for kind in ("job.scheduled", "job.started", "job.succeeded"):
        events = await scene.store.list_events(TENANT, None, event_type=kind)
        assert sorted(event.job_id or "" for event in events) == jobs
        two = await scene.store.list_events(TENANT, events[1].cursor, event_type=kind, limit=2)
        assert told(two) == told(events[2:4])


async def test_tenants_of_one_batch_are_told_apart(scene: Scene) -> None:
    ours, theirs = scene.job(), scene.job(tenant="other")
    await scene.insert(ours, theirs)
    worker = await scene.worker()
    claimed = await scene.claim(worker)
    await scene.finish(worker, *((job, OK) for job in claimed))
    kinds = ("job.scheduled", "job.started", "job.succeeded")
    assert told(await everything(scene)) == [(kind, ours.id) for kind in kinds]
    assert told(await everything(scene, tenant="other")) == [(kind, theirs.id) for kind in kinds]
    assert await scene.store.list_events(TENANT, None, job_id=theirs.id) == []


async def test_a_reader_that_starts_now_sees_only_what_comes(scene: Scene) -> None:
    await drained(scene, 3)
    now = await scene.store.last_cursor()
    assert await scene.store.list_events(TENANT, now) == []
    later = await drained(scene, 2)
    assert {event.job_id for event in await scene.store.list_events(TENANT, now)} == set(later)


async def test_a_jobs_events_are_the_logs_own(scene: Scene) -> None:
    """With the job's filter and without it the same is told: the same times, the same data, the same order."""
    job = scene.job(due_in=MINUTE, retry=AT_ONCE)
    await scene.insert(job, scene.job(), scene.job())
    scene.clock.move(MINUTE)
    worker = await scene.worker()
    outcomes: list[Outcome] = [failed("one"), Snoozed(scene.now + 3 * SECOND), Released(), failed("two"), OK]
    for outcome in outcomes:
        scene.clock.move(5 * SECOND)
        claimed = {one.id: one for one in await scene.claim(worker)}
        scene.clock.move(SECOND)
        await scene.finish(worker, *((one, outcome if one.id == job.id else OK) for one in claimed.values()))
    of_job = await everything(scene, job.id)
    of_log = [event for event in await everything(scene) if event.job_id == job.id]
    assert [(e.type, e.at, e.data, e.run_id, e.node_id) for e in of_job] == [
        (e.type, e.at, e.data, e.run_id, e.node_id) for e in of_log
    ]
    assert [event.data["to"] for event in of_job] == [
        *("SCHEDULED", "RUNNING", "SCHEDULED", "RUNNING", "SCHEDULED", "RUNNING", "PENDING"),
        *("RUNNING", "SCHEDULED", "RUNNING", "SUCCEEDED"),
    ]
    assert [event.data["lease"] for event in of_job if event.type == "job.started"] == [1, 2, 3, 4, 5]
    changes = (await scene.get(job)).changes
    assert [(change.after, change.at, change.lease) for change in changes] == [
        (event.data["to"], event.at, event.data["lease"]) for event in of_job
    ]


@pytest.mark.parametrize("page", [1, 2, 500])
async def test_a_jobs_events_resume_behind_each(scene: Scene, page: int) -> None:
    worker, claimed = await scene.started(scene.job(retry=AT_ONCE))
    await scene.finish(worker, (claimed, failed()))
    (claimed,) = await scene.claim(worker)
    await scene.finish(worker, (claimed, OK))
    events = await everything(scene, claimed.id, page)
    assert [event.type for event in events] == [
        "job.scheduled",
        "job.started",
        "job.retrying",
        "job.started",
        "job.succeeded",
    ]
    for place, event in enumerate(events, start=1):
        rest = await scene.store.list_events(TENANT, event.cursor, job_id=claimed.id)
        assert [other.cursor for other in rest] == [other.cursor for other in events[place:]]
    started = await scene.store.list_events(TENANT, events[1].cursor, job_id=claimed.id, event_type="job.started")
    assert [event.data["lease"] for event in started] == [2]


async def test_a_job_is_followed_from_its_insert_to_its_end(scene: Scene) -> None:
    job = scene.job(retry=AT_ONCE)
    await scene.insert(job, scene.job())
    worker = await scene.worker()
    (first,) = await scene.store.list_events(TENANT, None, job_id=job.id)
    seen, cursor = [first.type], first.cursor

    async def look() -> None:
        nonlocal cursor
        for event in await scene.store.list_events(TENANT, cursor, job_id=job.id):
            seen.append(event.type)
            cursor = event.cursor

    for outcome in (failed(), Released(), OK):
        claimed = {one.id: one for one in await scene.claim(worker)}
        await look()
        await scene.finish(worker, *((one, outcome if one.id == job.id else OK) for one in claimed.values()))
        await look()
    assert seen == [
        "job.scheduled",
        "job.started",
        "job.retrying",
        "job.started",
        "job.scheduled",
        "job.started",
        "job.succeeded",
    ]


async def test_a_follower_that_begins_at_the_logs_end_misses_nothing_of_its_job(scene: Scene) -> None:
    job = scene.job()
    await scene.insert(job)
    scene.clock.move(MINUTE)
    await scene.insert(*(scene.job(kind="task:work") for _ in range(3)))
    cursor = await scene.store.last_cursor()
    assert await scene.store.list_events(TENANT, cursor, job_id=job.id) == []
    scene.clock.move(SECOND)
    worker = await scene.worker()
    claimed = await scene.claim(worker, kinds={"noop"})
    scene.clock.move(SECOND)
    await scene.finish(worker, *((one, OK) for one in claimed))
    followed = await scene.store.list_events(TENANT, cursor, job_id=job.id)
    assert [event.type for event in followed] == ["job.started", "job.succeeded"]
    assert await scene.store.list_events(TENANT, followed[-1].cursor, job_id=job.id) == []


async def test_a_jobs_cursor_without_its_filter_loses_nothing(scene: Scene) -> None:
    job = scene.job()
    await scene.insert(job)
    (inserted,) = await scene.store.list_events(TENANT, None, job_id=job.id)
    worker = await scene.worker()
    claimed = await scene.claim(worker)
    await scene.finish(worker, *((one, OK) for one in claimed))
    rest = await scene.store.list_events(TENANT, inserted.cursor)
    assert [event.type for event in rest][-2:] == ["job.started", "job.succeeded"]


async def test_a_cancelled_job_tells_what_came_before(scene: Scene) -> None:
    waiting = scene.job()
    await scene.insert(waiting)
    await scene.store.cancel_job(TENANT, waiting.id, scene.now)
    assert [event.type for event in await everything(scene, waiting.id)] == ["job.scheduled", "job.cancelled"]

    worker, claimed = await scene.started(scene.job())
    scene.clock.move(SECOND)
    await scene.store.cancel_job(TENANT, claimed.id, scene.now)
    await scene.finish(worker, (claimed, Released()))
    events = await everything(scene, claimed.id)
    assert [event.type for event in events] == ["job.scheduled", "job.started", "job.cancelled"]
    assert events[1].at == claimed.started_at


async def test_a_rescued_job_tells_of_both_workers(scene: Scene) -> None:
    dead, claimed = await scene.started(scene.job())
    began = scene.now
    scene.clock.move(LEASE + SECOND)
    await scene.store.rescue(scene.now, hung_grace=SECOND)
    worker = await scene.worker()
    (again,) = await scene.claim(worker)
    await scene.finish(worker, (again, OK))
    events = await everything(scene, claimed.id)
    assert [(event.type, event.data["reason"]) for event in events] == [
        ("job.scheduled", "inserted"),
        ("job.started", "claimed"),
        ("job.scheduled", "lost"),
        ("job.started", "claimed"),
        ("job.succeeded", "succeeded"),
    ]
    assert [event.data.get("worker") for event in events[1:]] == [dead, dead, worker, worker]
    assert [event.at for event in events[1:4]] == [began, scene.now, scene.now]


async def test_a_job_that_came_back_by_hand_tells_of_both_lives(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job(due_in=0))
    await scene.finish(worker, (claimed, failed(final=True)))
    scene.clock.move(HOUR)
    await scene.store.retry_job(TENANT, claimed.id, scene.now)
    (again,) = await scene.claim(worker)
    await scene.finish(worker, (again, OK))
    events = await everything(scene, claimed.id)
    assert [(event.type, event.data["to"]) for event in events] == [
        ("job.scheduled", "PENDING"),
        ("job.started", "RUNNING"),
        ("job.failed", "FAILED"),
        ("job.scheduled", "PENDING"),
        ("job.started", "RUNNING"),
        ("job.succeeded", "SUCCEEDED"),
    ]
    assert told([event for event in await everything(scene) if event.job_id == claimed.id]) == told(events)


async def test_jobs_of_runs_beside_lone_jobs_keep_rows_of_their_own(scene: Scene) -> None:
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    run = await scene.start("sample")
    await scene.insert(scene.job(), scene.job())
    driver = await Driver.of(scene)
    await driver.drain()
    of_run = await scene.store.list_events(TENANT, None, run_id=run)
    assert Counter(event.type for event in of_run)["job.started"] == 2
    everyone = Counter(told(await everything(scene)))
    assert set(everyone.values()) == {1}
    assert sum(1 for kind, _ in everyone if kind == "job.succeeded") == 4
    for event in of_run:
        if event.job_id is not None:
            assert told([event])[0] in told(await everything(scene, event.job_id))


async def test_a_finish_that_is_repeated_is_told_once(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job())
    for _ in range(2):
        assert (await scene.finish(worker, (claimed, Succeeded()))).late == frozenset()
    assert Counter(event.type for event in await everything(scene))["job.succeeded"] == 1
    assert [event.type for event in await everything(scene, claimed.id)][-1] == "job.succeeded"


@pytest.mark.parametrize("cursor", ["1.", ".1", "1.x", "1.1.1"])
async def test_a_cursor_into_a_row_that_no_event_had_is_invalid(scene: Scene, cursor: str) -> None:
    with pytest.raises(Invalid):
        await scene.store.list_events(TENANT, cursor)
