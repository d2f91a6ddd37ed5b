"""The event log: what is told, in which order, and resuming where a reader stopped."""

import asyncio

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.event import NewEvent
from holdfast.model.instant import format_instant
from holdfast.model.outcome import ErrorInfo, Failed, Succeeded
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene
from tests.model.definitions import document, edge, node


def told(scene: Scene, kind: str = "queue.paused", tenant: str = TENANT, **data: int) -> NewEvent:
    return NewEvent(tenant, kind, scene.now, dict(data))


async def types_of(scene: Scene, run_id: str, event_type: str | None = None) -> list[str]:
    events = await scene.store.list_events(TENANT, None, run_id=run_id, event_type=event_type)
    return [event.type for event in events]


async def test_an_event_reads_as_it_was_told(scene: Scene) -> None:
    await scene.store.append_events([told(scene, n=1)])
    (event,) = await scene.store.list_events(TENANT, None)
    assert (event.tenant, event.type, event.at, event.data) == (TENANT, "queue.paused", scene.now, {"n": 1})
    assert (event.run_id, event.node_id, event.job_id) == (None, None, None)


async def test_a_run_tells_its_story_in_order(scene: Scene) -> None:
    await scene.save(document([node("a"), node("b")], [edge("a", "b")]))
    run = await scene.start("sample")
    driver = await Driver.of(scene)
    await driver.drain()
    assert await types_of(scene, run) == [
        "workflow.started",
        "job.scheduled",
        "node.started",
        "job.started",
        "job.succeeded",
        "node.completed",
        "job.scheduled",
        "node.started",
        "job.started",
        "job.succeeded",
        "node.completed",
        "workflow.finished",
    ]
    events = await scene.store.list_events(TENANT, None, run_id=run, event_type="node.started")
    assert [(event.node_id, event.run_id) for event in events] == [("a", run), ("b", run)]
    nodes = (await scene.run(run)).nodes or {}
    job = nodes["a"].job_id
    assert [event.type for event in await scene.store.list_events(TENANT, None, job_id=job)] == [
        "job.scheduled",
        "node.started",
        "job.started",
        "job.succeeded",
        "node.completed",
    ]
    assert await types_of(scene, run, "nothing") == []


async def test_a_job_event_says_what_changed(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job(queue="default"))
    await scene.finish(worker, (claimed, Succeeded()))
    inserted, started, ended = await scene.store.list_events(TENANT, None, job_id=claimed.id)
    assert inserted.data == {
        "kind": "noop",
        "queue": "default",
        "from": None,
        "to": "PENDING",
        "reason": "inserted",
        "lease": 0,
        "attempt": 0,
    }
    assert started.data == inserted.data | {
        "from": "PENDING",
        "to": "RUNNING",
        "reason": "claimed",
        "lease": 1,
        "attempt": 1,
        "worker": worker,
    }
    assert ended.data == started.data | {"from": "RUNNING", "to": "SUCCEEDED", "reason": "succeeded"}


async def test_when_a_failed_attempt_began_is_told_as_every_other_time(scene: Scene) -> None:
    worker, claimed = await scene.started(scene.job())
    await scene.finish(worker, (claimed, Failed(ErrorInfo("boom", "it broke"), final=True)))
    of_job = (await scene.store.list_events(TENANT, None, job_id=claimed.id))[-1]
    (of_log,) = await scene.store.list_events(TENANT, None, event_type="job.failed")
    assert of_job.type == of_log.type == "job.failed"
    assert of_job.data == of_log.data
    assert of_log.data["started_at"] == format_instant(claimed.started_at)


async def test_names_with_quotes_stay_data(scene: Scene) -> None:
    name = 'q"\\\n,"to":"x'
    worker, claimed = await scene.started(scene.job(kind='task:"', queue=name))
    await scene.finish(worker, (claimed, Succeeded()))
    events = await scene.store.list_events(TENANT, None, job_id=claimed.id)
    assert [(event.data["queue"], event.data["kind"]) for event in events] == [(name, 'task:"')] * 3


async def test_reading_resumes_after_any_event(scene: Scene) -> None:
    await scene.store.append_events([told(scene, n=n) for n in range(5)])
    await scene.store.append_events([told(scene, n=n) for n in range(5, 10)])
    everything = await scene.store.list_events(TENANT, None)
    assert [event.data["n"] for event in everything] == list(range(10))
    for place, event in enumerate(everything, start=1):
        rest = await scene.store.list_events(TENANT, event.cursor)
        assert [later.data["n"] for later in rest] == list(range(place, 10))
    assert [event.data["n"] for event in await scene.store.list_events(TENANT, everything[2].cursor, limit=2)] == [3, 4]


async def test_a_reader_that_starts_now_sees_only_what_comes(scene: Scene) -> None:
    await scene.store.append_events([told(scene, n=1)])
    cursor = await scene.store.last_cursor()
    assert await scene.store.list_events(TENANT, cursor) == []
    await scene.store.append_events([told(scene, n=2)])
    assert [event.data for event in await scene.store.list_events(TENANT, cursor)] == [{"n": 2}]


async def test_an_empty_log_has_a_cursor_too(scene: Scene) -> None:
    cursor = await scene.store.last_cursor()
    assert await scene.store.list_events(TENANT, cursor) == []
    await scene.store.append_events([told(scene, n=1)])
    assert len(await scene.store.list_events(TENANT, cursor)) == 1


async def test_another_tenants_events_are_not_shown(scene: Scene) -> None:
    await scene.store.append_events([told(scene, n=1), told(scene, tenant="other", n=2)])
    assert [event.data for event in await scene.store.list_events("other", None)] == [{"n": 2}]
    assert await scene.store.list_events("nobody", None) == []


@pytest.mark.parametrize(
    "cursor", ["", "x", "-", "1-", "--1", "1-2-3", "99999999999999999999999-1", "1-99999999999999999999", "１-１"]
)
async def test_a_cursor_that_no_event_had_is_invalid(scene: Scene, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        await scene.store.list_events(TENANT, cursor)
    assert [problem.path for problem in refused.value.problems] == ["after"]


async def test_a_follower_misses_nothing_of_many_writers(scene: Scene, other: Scene) -> None:
    """A reader that goes on from its last cursor sees every event once, whatever the order of the commits."""
    count, writers = 25, 4
    seen: list[tuple[int, int]] = []

    async def write(writer: int) -> None:
        store = (scene if writer % 2 else other).store
        for number in range(count):
            await store.append_events([told(scene, writer=writer, number=number)])

    async def follow() -> None:
        cursor = None
        while len(seen) < count * writers:
            for event in await scene.store.list_events(TENANT, cursor, limit=7):
                cursor = event.cursor
                seen.append((int(str(event.data["writer"])), int(str(event.data["number"]))))

    async with asyncio.timeout(30):
        await asyncio.gather(follow(), *(write(writer) for writer in range(writers)))
    assert sorted(seen) == [(writer, number) for writer in range(writers) for number in range(count)]
    for writer in range(writers):
        assert [number for by, number in seen if by == writer] == list(range(count))
