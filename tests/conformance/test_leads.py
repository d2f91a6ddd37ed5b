"""Leads: one process at a time has one, for as long as it says, with a text that outlives it."""

import asyncio

from holdfast.model.instant import SECOND
from tests.conformance.scene import Scene

LEASE = 10 * SECOND


async def hold(scene: Scene, holder: str, name: str = "events") -> str | None:
    return await scene.store.hold(name, holder, scene.now, scene.now + LEASE)


async def test_a_lead_begins_with_no_text(scene: Scene) -> None:
    assert await hold(scene, "a") == ""
    assert await scene.store.write_held("events", "a", "17-4") is True
    assert await hold(scene, "a") == "17-4"
    assert await hold(scene, "a", "clocks") == ""


async def test_another_gets_it_when_it_is_given_back_or_runs_out(scene: Scene, other: Scene) -> None:
    await hold(scene, "a")
    await scene.store.write_held("events", "a", "text")
    assert await hold(other, "b") is None
    scene.clock.move(LEASE - 1)
    assert await hold(other, "b") is None
    scene.clock.move(1)
    assert await hold(other, "b") == "text"
    assert await hold(scene, "a") is None
    await other.store.let_go("events", "b")
    assert await hold(scene, "a") == "text"


async def test_who_holds_on_keeps_it(scene: Scene, other: Scene) -> None:
    for _ in range(5):
        assert await hold(scene, "a") == ""
        scene.clock.move(LEASE - 1)
        assert await hold(other, "b") is None


async def test_who_lost_it_writes_nothing_and_gives_nothing_back(scene: Scene, other: Scene) -> None:
    await hold(scene, "a")
    scene.clock.move(LEASE)
    # Nobody has asked for it since, so what is written is not lost.
    assert await scene.store.write_held("events", "a", "late") is True
    assert await hold(other, "b") == "late"
    assert await scene.store.write_held("events", "a", "too late") is False
    await scene.store.let_go("events", "a")
    assert await hold(scene, "a") is None
    assert await hold(other, "b") == "late"


async def test_the_same_write_again_is_no_other(scene: Scene) -> None:
    await hold(scene, "a")
    for _ in range(2):
        assert await scene.store.write_held("events", "a", "once") is True
    for _ in range(2):
        await scene.store.let_go("events", "a")
    assert await scene.store.write_held("events", "a", "gone") is False
    assert await hold(scene, "b") == "once"


async def test_a_lead_that_nobody_had_is_nobodys(scene: Scene) -> None:
    assert await scene.store.write_held("events", "a", "text") is False
    await scene.store.let_go("events", "a")
    assert await hold(scene, "a") == ""


async def test_of_many_who_ask_at_once_one_gets_it(scene: Scene, other: Scene) -> None:
    for turn in range(5):
        asked = [(one, f"{turn}-{number}") for number in range(10) for one in (scene, other)]
        answers = await asyncio.gather(*(hold(one, f"{holder}-{id(one)}") for one, holder in asked))
        assert sum(answer is not None for answer in answers) == 1
        scene.clock.move(LEASE)


async def test_only_one_of_two_holders_writes(scene: Scene, other: Scene) -> None:
    """However their calls meet, the text is that of the one who has it in the end."""
    for turn in range(10):
        scene.clock.move(LEASE)
        await hold(scene, "a")
        scene.clock.move(LEASE)
        written, taken = await asyncio.gather(scene.store.write_held("events", "a", f"a{turn}"), hold(other, "b"))
        assert taken is not None
        assert (taken == f"a{turn}") == written


async def test_the_version_of_listeners_is_no_lead(scene: Scene) -> None:
    before = await scene.store.listener_version()
    await hold(scene, "a")
    await scene.store.write_held("events", "a", "text")
    assert await scene.store.listener_version() == before


async def test_a_clock_that_is_set_back_leaves_no_lead_without_a_leader(scene: Scene) -> None:
    at = scene.now
    assert await scene.store.hold("events", "a", at, at + LEASE) == ""
    back = at - LEASE
    assert await scene.store.hold("events", "b", back, back + LEASE) is None
    assert await scene.store.hold("events", "b", back - 1, back - 1 + LEASE) == ""
