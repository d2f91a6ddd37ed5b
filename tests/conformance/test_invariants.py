"""A store that is damaged behind its back says so; a sound one has nothing to say."""

import pytest

from holdfast.model.instant import MINUTE
from holdfast.model.outcome import Snoozed, Suspended
from tests.conformance.driving import Driver
from tests.conformance.scene import Scene, failed
from tests.model.definitions import document, edge, node

PAIR = document([node("a"), node("b")], [edge("a", "b")])


async def test_work_in_every_state_is_sound(scene: Scene) -> None:
    await scene.save(PAIR)
    assert await scene.sound()
    for _ in range(3):
        await scene.start("sample")
    driver = await Driver.of(scene)
    first, second, third = (await scene.claim(driver.worker_id))[:3]
    await scene.finish(driver.worker_id, (first, Snoozed(scene.now + MINUTE)), (second, failed(final=True)))
    await scene.insert(scene.job(unique_key="k"), scene.job(due_in=MINUTE))
    await scene.finish(driver.worker_id, (third, Suspended()))
    assert await scene.sound()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM live WHERE node_id = 'a'",
        "UPDATE run_nodes SET state = 'SUCCEEDED' WHERE node_id = 'a'",
        "UPDATE runs SET finished_at = 1",
        "UPDATE runs SET state = 'SUCCEEDED'",
        "DELETE FROM run_nodes",
        "DELETE FROM queues",
        "UPDATE jobs SET state = 'SUCCEEDED', finished_at = 1",
        "DELETE FROM workers",
        "UPDATE workers SET state = 'DEAD'",
        "UPDATE workers SET expires_at = 1",
    ],
)
async def test_damage_is_told(scene: Scene, damage: str) -> None:
    await scene.save(PAIR)
    await scene.start("sample")
    driver = await Driver.of(scene)
    await driver.claim()
    assert await scene.sound()
    await scene.execute(damage)
    told = await scene.store.check_invariants(scene.now)
    assert told != []
    assert all(isinstance(sentence, str) and sentence for sentence in told)


async def test_a_running_job_whose_lease_ran_out_is_told(scene: Scene) -> None:
    worker, _ = await scene.started(scene.job())
    assert worker
    scene.clock.move(2 * MINUTE)
    assert await scene.store.check_invariants(scene.now) != []
    await scene.store.rescue(scene.now, hung_grace=MINUTE)
    assert await scene.sound()
