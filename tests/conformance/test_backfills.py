"""Backfills: moved from where they were seen, finished when nothing of them goes any more, cancelled in between."""

import asyncio
from dataclasses import replace

import pytest

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import DAY, HOUR, MINUTE, Instant
from holdfast.model.trigger import Backfill, Owner
from holdfast.ports import Dedupe, NewJobs
from tests.conformance.scene import OK, TENANT, Scene, cron, new_id
from tests.model.definitions import document, node

ONE = document([node("a")], name="one")


async def begun(scene: Scene, row: str | None = None, tenant: str = TENANT) -> Backfill:
    """A backfill of three hours, one of which has come to an end."""
    start = scene.now - 3 * HOUR
    backfill = Backfill(
        id=new_id(scene.now),
        tenant=tenant,
        trigger_row=row or new_id(scene.now),
        from_at=start,
        to_at=scene.now,
        concurrency=2,
        created_at=scene.now,
        next_at=start,
    )
    await scene.store.create_backfill(backfill, None, scene.now)
    return backfill


async def move(scene: Scene, seen: Backfill, next_at: Instant | None, started: int = 0) -> Backfill:
    await scene.store.move_backfill(seen.id, seen.next_at, next_at, started, scene.now)
    return await scene.store.get_backfill(TENANT, seen.id)


async def finish_all(scene: Scene) -> None:
    """Everything that is due succeeds."""
    worker = await scene.worker()
    while claimed := await scene.claim(worker):
        await scene.finish(worker, *((job, OK) for job in claimed))


async def test_a_backfill_is_kept_as_it_was_made(scene: Scene) -> None:
    workflow = await scene.save(ONE, triggers=[cron("c")])
    backfill = await begun(scene, (await scene.trigger(workflow, "c")).row)
    assert await scene.store.get_backfill(TENANT, backfill.id) == backfill
    assert await scene.store.open_backfills() == [backfill]
    assert (await scene.store.create_backfill(backfill, None, scene.now)).id == backfill.id
    assert (await scene.store.list_backfills(TENANT, backfill.trigger_row, None, 10)).items == (backfill,)
    assert await scene.sound()


async def test_a_repeated_request_makes_one_backfill(scene: Scene) -> None:
    backfill = await begun(scene)
    answers = []
    for fingerprint in ("f", "f", "g"):
        dedupe = Dedupe(TENANT, "backfills", "key", fingerprint, scene.now + HOUR)
        made = replace(backfill, id=new_id(scene.now))
        answers.append(await scene.store.create_backfill(made, dedupe, scene.now))
    assert len({answer.id for answer in answers}) == 1
    assert [(answer.duplicate, answer.conflict) for answer in answers] == [(False, False), (True, False), (False, True)]
    assert await scene.count("backfills") == 2


async def test_it_is_moved_once_from_where_it_was_seen(scene: Scene, other: Scene) -> None:
    backfill = await begun(scene)

    async def step(one: Scene, hours: int) -> None:
        next_at = backfill.from_at + hours * HOUR
        await one.store.move_backfill(backfill.id, backfill.next_at, next_at, hours, scene.now)

    await asyncio.gather(step(scene, 1), step(other, 2))
    after = await scene.store.get_backfill(TENANT, backfill.id)
    assert after.started in (1, 2)
    assert after.next_at == backfill.from_at + after.started * HOUR
    for hours in (1, 2):
        await step(scene, hours)
    assert await scene.store.get_backfill(TENANT, backfill.id) == after


async def test_it_goes_on_while_its_runs_do_and_then_finishes(scene: Scene) -> None:
    workflow = await scene.save(ONE)
    backfill = await begun(scene)
    for _ in range(2):
        await scene.start("one", firing=scene.firing(Owner("workflow", workflow), backfill=backfill.id))
    await scene.start("one", firing=scene.firing(Owner("workflow", workflow), backfill=new_id(scene.now)))
    seen = await move(scene, backfill, None, 2)
    assert (seen.next_at, seen.started, seen.going, seen.finished_at) == (None, 2, 2, None)
    assert [one.going for one in await scene.store.open_backfills()] == [2]
    await finish_all(scene)
    (idle,) = await scene.store.open_backfills()
    assert (idle.going, idle.finished_at) == (0, None)
    scene.clock.move(MINUTE)
    ended = await move(scene, idle, None)
    assert (ended.started, ended.finished_at, ended.cancelled_at) == (2, scene.now, None)
    assert await scene.store.open_backfills() == []
    scene.clock.move(MINUTE)
    assert await move(scene, idle, None) == ended
    assert await scene.sound()


async def test_jobs_of_a_rules_backfill_go_until_they_have_ended(scene: Scene) -> None:
    backfill = await begun(scene)
    owner = Owner("rule", new_id(scene.now))
    jobs = [scene.job(), scene.job(due_in=HOUR)]
    firing = scene.firing(owner, backfill=backfill.id)
    await scene.store.insert_jobs([NewJobs(tuple(jobs), firing=firing)], scene.now)
    assert (await scene.store.get_backfill(TENANT, backfill.id)).going == 2
    await scene.store.cancel_jobs(TENANT, [jobs[1].id], scene.now)
    assert (await move(scene, backfill, None, 1)).going == 1
    await finish_all(scene)
    assert (await scene.store.get_backfill(TENANT, backfill.id)).going == 0


async def test_one_that_has_nothing_going_finishes_at_once(scene: Scene) -> None:
    backfill = await begun(scene)
    ended = await move(scene, backfill, None)
    assert ended.finished_at == scene.now
    with pytest.raises(Conflict):
        await scene.store.cancel_backfill(TENANT, backfill.id, scene.now)
    assert await scene.store.get_backfill(TENANT, backfill.id) == ended


async def test_a_cancelled_one_starts_no_more_and_what_goes_goes_on(scene: Scene) -> None:
    workflow = await scene.save(ONE)
    backfill = await begun(scene)
    await scene.start("one", firing=scene.firing(Owner("workflow", workflow), backfill=backfill.id))
    cancelled = await scene.store.cancel_backfill(TENANT, backfill.id, scene.now)
    assert (cancelled.cancelled_at, cancelled.next_at, cancelled.going) == (scene.now, None, 1)
    scene.clock.move(MINUTE)
    assert await scene.store.cancel_backfill(TENANT, backfill.id, scene.now) == cancelled
    assert (await move(scene, backfill, scene.now, 1)).next_at is None
    assert (await move(scene, cancelled, None)).finished_at is None
    await finish_all(scene)
    assert (await move(scene, cancelled, None)).finished_at == scene.now
    assert await scene.store.open_backfills() == []
    assert await scene.sound()


async def test_backfills_are_listed_newest_first_and_others_are_not_found(scene: Scene) -> None:
    row = new_id(scene.now)
    made: list[str] = []
    for _ in range(3):
        made.insert(0, (await begun(scene, row)).id)
        scene.clock.move(MINUTE)
    await begun(scene)
    await begun(scene, row, tenant="other")
    first = await scene.store.list_backfills(TENANT, row, None, 2)
    second = await scene.store.list_backfills(TENANT, row, first.next, 2)
    assert [one.id for one in first.items + second.items] == made
    assert second.next is None
    assert len(await scene.store.open_backfills()) == 5
    some = await scene.store.open_backfills(2)
    others = await scene.store.open_backfills(100, some[-1].id)
    assert (some + others, len(some)) == (await scene.store.open_backfills(), 2)
    for tenant, backfill in (("other", made[0]), (TENANT, new_id(scene.now)), (TENANT, "no-such")):
        with pytest.raises(NotFound):
            await scene.store.get_backfill(tenant, backfill)
        with pytest.raises(NotFound):
            await scene.store.cancel_backfill(tenant, backfill, scene.now)


async def test_old_finished_backfills_go(scene: Scene) -> None:
    ended, going = await begun(scene), await begun(scene)
    await move(scene, ended, None)
    scene.clock.move(2 * DAY)
    while await scene.store.prune(scene.now, DAY, 10):
        pass
    assert [one.id for one in await scene.store.open_backfills()] == [going.id]
    with pytest.raises(NotFound):
        await scene.store.get_backfill(TENANT, ended.id)
