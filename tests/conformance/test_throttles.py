"""What failed lately: counted exactly, held back longer each time, forgotten in the end."""

import asyncio

from holdfast.model.access import Throttle
from holdfast.model.instant import MINUTE, SECOND
from tests.conformance.scene import Scene

FORGET = 15 * MINUTE
FREE = 3
PAUSE = 2 * SECOND


async def fail(scene: Scene, key: str = "k", free: int = FREE) -> Throttle:
    return await scene.store.note_failure(key, scene.now, FORGET, free, PAUSE)


async def held(scene: Scene, *keys: str) -> list[Throttle]:
    return await scene.store.throttled(keys or ("k",), scene.now)


async def test_each_failure_after_the_free_ones_holds_back_twice_as_long(scene: Scene) -> None:
    assert await held(scene) == []
    pauses = [None, None, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    for count, seconds in enumerate(pauses, 1):
        until = None if seconds is None else scene.now + seconds * SECOND
        assert await fail(scene) == Throttle("k", count, until)
        assert await held(scene) == [Throttle("k", count, until)]
    for _ in range(100):
        last = await fail(scene)
    assert last == Throttle("k", 113, scene.now + FORGET)


async def test_none_free_holds_back_from_the_first_on(scene: Scene) -> None:
    assert (await fail(scene, free=0)).until == scene.now + PAUSE
    assert (await fail(scene, free=0)).until == scene.now + 2 * PAUSE


async def test_who_waited_may_try_and_the_next_failure_counts_on(scene: Scene) -> None:
    for _ in range(3):
        await fail(scene)
    scene.clock.move(PAUSE)
    assert await held(scene) == [Throttle("k", 3, None)]
    assert await fail(scene) == Throttle("k", 4, scene.now + 2 * PAUSE)


async def test_it_begins_anew_when_nothing_failed_for_long(scene: Scene) -> None:
    for _ in range(5):
        await fail(scene)
    scene.clock.move(FORGET - 1)
    assert (await held(scene))[0].failures == 5
    scene.clock.move(1)
    assert await held(scene) == []
    assert await fail(scene) == Throttle("k", 1, None)


async def test_keys_are_apart_and_one_is_forgiven(scene: Scene) -> None:
    for key in ("a", "b", "b", "\x00\ud800", "ä"):
        await fail(scene, key)
    assert [(one.key, one.failures) for one in await held(scene, "b", "a", "c")] == [("a", 1), ("b", 2)]
    assert len(await held(scene, "\x00\ud800")) == 1
    await scene.store.forgive("b")
    await scene.store.forgive("unknown")
    assert [one.key for one in await held(scene, "a", "b")] == ["a"]
    assert await scene.store.throttled([], scene.now) == []


async def test_many_failures_at_once_are_all_counted(scene: Scene, other: Scene) -> None:
    answers = await asyncio.gather(*(fail(one) for one in (scene, other) * 10))
    assert sorted(answer.failures for answer in answers) == list(range(1, 21))
    (known,) = await held(other)
    assert (known.failures, known.until) == (20, scene.now + FORGET)
