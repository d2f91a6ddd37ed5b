"""Events that are put aside: each once, due after a quiet time, after a longest time, or when there are enough."""

import asyncio
from dataclasses import replace

from holdfast.model.instant import DAY, MINUTE, SECOND, Micros
from holdfast.model.trigger import GatheredEvent, Gathering
from tests.conformance.scene import TENANT, Scene, on_event
from tests.model.definitions import document

ONE = document(name="one")


async def listening(scene: Scene, name: str = "e") -> str:
    """The row of a trigger that gathers."""
    workflow = await scene.save(document(name=f"of-{name}"), triggers=[on_event(name)])
    return (await scene.trigger(workflow, name)).row


def event(
    scene: Scene,
    row: str,
    number: int,
    *,
    quiet: Micros | None = 30 * SECOND,
    within: Micros | None = None,
    size: int = 1000,
    hops: int = 0,
) -> GatheredEvent:
    return GatheredEvent(row, f"e{number}", {"n": number}, scene.now, quiet, within, size, hops)


async def put(scene: Scene, row: str, *numbers: int, **how: Micros | None) -> None:
    await scene.store.gather([event(scene, row, number, **how) for number in numbers])  # type: ignore[arg-type]


def numbers(gathering: Gathering) -> list[object]:
    return [one["n"] for one in gathering.events]


async def due(scene: Scene) -> list[list[object]]:
    return [numbers(one) for one in await scene.store.due_gatherings(scene.now)]


async def test_events_come_together_after_a_quiet_time(scene: Scene) -> None:
    row = await listening(scene)
    assert await scene.store.next_gathering() is None
    for number in range(3):
        await put(scene, row, number)
        scene.clock.move(20 * SECOND)
        assert await due(scene) == []
    assert await scene.store.next_gathering() == scene.now + 10 * SECOND
    assert await scene.sound()
    scene.clock.move(10 * SECOND)
    (gathering,) = await scene.store.due_gatherings(scene.now)
    assert (gathering.trigger_row, numbers(gathering)) == (row, [0, 1, 2])
    await scene.store.drop_gatherings([gathering.id])
    assert await due(scene) == []
    assert await scene.store.next_gathering() is None
    assert await scene.sound()


async def test_a_closed_handful_comes_again_unchanged_until_it_is_dropped(scene: Scene) -> None:
    row = await listening(scene)
    await put(scene, row, 1, 2)
    scene.clock.move(MINUTE)
    (first,) = await scene.store.due_gatherings(scene.now)
    await put(scene, row, 3)
    assert await scene.store.due_gatherings(scene.now) == [first]
    scene.clock.move(MINUTE)
    again = await scene.store.due_gatherings(scene.now)
    assert again[0] == first
    assert [numbers(one) for one in again] == [[1, 2], [3]]
    assert len({one.id for one in again}) == 2
    next_at = await scene.store.next_gathering()
    assert next_at is not None
    assert next_at <= scene.now
    await scene.store.drop_gatherings([first.id])
    await scene.store.drop_gatherings([first.id])
    assert await due(scene) == [[3]]
    assert await scene.sound()


async def test_the_longest_time_ends_what_is_never_quiet(scene: Scene) -> None:
    row = await listening(scene)
    for number in range(4):
        await put(scene, row, number, within=MINUTE)
        scene.clock.move(20 * SECOND)
    assert await due(scene) == [[0, 1, 2, 3]]


async def test_a_time_without_a_quiet_one(scene: Scene) -> None:
    row = await listening(scene)
    await put(scene, row, 1, quiet=None, within=10 * SECOND)
    scene.clock.move(9 * SECOND)
    await put(scene, row, 2, quiet=None, within=10 * SECOND)
    assert await due(scene) == []
    scene.clock.move(SECOND)
    assert await due(scene) == [[1, 2]]


async def test_enough_events_are_due_at_once(scene: Scene) -> None:
    row = await listening(scene)
    await put(scene, row, *range(7), size=3)
    assert await due(scene) == [[0, 1, 2], [3, 4, 5]]
    assert await scene.sound()
    scene.clock.move(30 * SECOND)
    assert await due(scene) == [[0, 1, 2], [3, 4, 5], [6]]
    assert await scene.sound()


async def test_a_smaller_size_closes_what_is_there(scene: Scene) -> None:
    row = await listening(scene)
    await put(scene, row, *range(5), size=10)
    await put(scene, row, 5, size=2)
    found = await due(scene)
    assert sorted(n for handful in found for n in handful if isinstance(n, int)) == list(range(6))
    assert max(len(handful) for handful in found) == 2
    assert await scene.sound()


async def test_an_event_is_gathered_once(scene: Scene, other: Scene) -> None:
    row, second = await listening(scene), await listening(scene, "f")
    await asyncio.gather(*(put(one, row, *range(5)) for one in (scene, other, scene)))
    await put(scene, second, 0)
    scene.clock.move(MINUTE)
    gatherings = await scene.store.due_gatherings(scene.now)
    assert {one.trigger_row: numbers(one) for one in gatherings} == {row: list(range(5)), second: [0]}
    await put(scene, row, 1, 2)
    await scene.store.drop_gatherings([one.id for one in gatherings])
    await put(scene, row, 3, 4)
    scene.clock.move(MINUTE)
    assert await due(scene) == []
    assert await scene.sound()


async def test_two_callers_get_the_same_handfuls(scene: Scene, other: Scene) -> None:
    row = await listening(scene)
    await put(scene, row, *range(7), size=3)
    scene.clock.move(MINUTE)
    found = await asyncio.gather(*(one.store.due_gatherings(scene.now) for one in (scene, other)))
    assert found[0] == found[1]
    assert [numbers(one) for one in found[0]] == [[0, 1, 2], [3, 4, 5], [6]]
    assert await scene.sound()


async def test_the_oldest_come_first_and_no_more_than_asked_for(scene: Scene) -> None:
    rows = [await listening(scene, f"e{n}") for n in range(3)]
    for number in (2, 0, 1):
        await put(scene, rows[number], number)
        scene.clock.move(SECOND)
    scene.clock.move(MINUTE)
    first = await scene.store.due_gatherings(scene.now, 2)
    assert [numbers(one) for one in first] == [[2], [0]]
    await scene.store.drop_gatherings([one.id for one in first])
    assert await due(scene) == [[1]]


async def test_a_handful_has_the_most_hops_of_its_events(scene: Scene) -> None:
    row = await listening(scene)
    await scene.store.gather([event(scene, row, number, hops=hops) for number, hops in enumerate((1, 4, 2))])
    scene.clock.move(MINUTE)
    (gathering,) = await scene.store.due_gatherings(scene.now)
    assert gathering.hops == 4


async def test_nothing_comes_for_a_trigger_that_does_not_act(scene: Scene) -> None:
    open_row, closed_row = await listening(scene, "open"), await listening(scene, "closed")
    await put(scene, open_row, 1)
    await put(scene, closed_row, 2, 3, size=2)
    for row in (open_row, closed_row):
        await scene.store.pause_trigger(TENANT, row, True, scene.now)
    scene.clock.move(MINUTE)
    assert await due(scene) == []
    assert await scene.store.next_gathering() is None
    await scene.store.pause_trigger(TENANT, closed_row, False, scene.now)
    assert await due(scene) == [[2, 3]]
    await scene.store.delete_workflow(TENANT, "of-open", scene.now)
    assert await due(scene) == [[2, 3]]
    assert await scene.sound()


async def test_what_was_met_is_forgotten_when_it_is_old(scene: Scene) -> None:
    kept, gone, off = await listening(scene, "kept"), await listening(scene, "gone"), await listening(scene, "off")
    for row in (kept, gone, off):
        await put(scene, row, 1, 2, size=3)
    await put(scene, off, *range(10, 15), size=3)
    scene.clock.move(MINUTE)
    for gathering in await scene.store.due_gatherings(scene.now):
        if gathering.trigger_row == gone:
            await scene.store.drop_gatherings([gathering.id])
    await scene.store.pause_trigger(TENANT, off, True, scene.now)
    scene.clock.move(2 * DAY)
    while await scene.store.prune(scene.now, DAY, 10):
        pass
    assert await due(scene) == [[1, 2]]
    assert await scene.count("gathered") == 2
    assert await scene.sound()


async def test_many_are_gathered_at_once(scene: Scene) -> None:
    row = await listening(scene)
    many = [event(scene, row, number, size=100) for number in range(250)]
    await scene.store.gather(many)
    await scene.store.gather([replace(one, at=one.at + SECOND) for one in many[:10]])
    scene.clock.move(MINUTE)
    found = await due(scene)
    assert [len(one) for one in found] == [100, 100, 50]
    assert [n for one in found for n in one] == list(range(250))
