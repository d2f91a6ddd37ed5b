"""A store that is damaged behind its back says so; a sound one has nothing to say."""

import pytest

from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.limits import Rate
from holdfast.model.outcome import Snoozed, Suspended
from tests.conformance.driving import Driver
from tests.conformance.scene import OK, Scene, failed
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


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM gates",
        "UPDATE live SET gated = {true} WHERE concurrency_key IS NULL",
        "UPDATE live SET gated = {false} WHERE concurrency_key = 'one'",
        "UPDATE live SET gated = {true} WHERE concurrency_key = 'one'",
        "UPDATE live SET gated = {true} WHERE concurrency_key = 'three'",
        "UPDATE gates SET wake_at = NULL WHERE key = 'slow'",
        "UPDATE gates SET concurrency = 2 WHERE key = 'three'",
    ],
)
async def test_damage_to_concurrency_keys_is_told(scene: Scene, damage: str) -> None:
    await scene.insert(
        scene.job(),
        *(scene.job(concurrency_key="one", concurrency_limit=1) for _ in range(3)),
        *(scene.job(concurrency_key="three", concurrency_limit=3) for _ in range(5)),
        *(scene.job(concurrency_key="slow", rate=Rate(1, MINUTE)) for _ in range(2)),
    )
    worker = await scene.worker()
    assert await scene.sound()
    assert len(await scene.claim(worker)) == 6
    scene.clock.move(10 * SECOND)
    assert await scene.sound()
    true, false = ("true", "false") if scene.url.startswith("postgres") else ("1", "0")
    await scene.execute(damage.replace("{true}", true).replace("{false}", false))
    assert await scene.store.check_invariants(scene.now) != []


async def test_a_success_told_twice_is_told(scene: Scene) -> None:
    worker, job = await scene.started(scene.job())
    await scene.finish(worker, (job, OK))
    assert await scene.sound()
    columns = "tenant_id, type, at, run_id, node_id, job_id, data"
    await scene.execute(f"INSERT INTO events ({columns}) SELECT {columns} FROM events WHERE type = 'job.succeeded'")
    assert await scene.store.check_invariants(scene.now) != []
