"""A finish of one step takes the run and then its job in one statement: it acts on what both have come to meanwhile.
That holds where it decides under the run's lock, as it does beside another step, and where it decides without."""

import asyncio

import asyncpg
import pytest

from holdfast.model.outcome import Succeeded
from tests.conformance.driving import Driver
from tests.conformance.scene import Scene, open_store
from tests.model.definitions import document, edge, node
from tests.support.waiting import eventually

WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"


@pytest.mark.parametrize("beside", [(), ("c",)])
@pytest.mark.parametrize(
    ("meanwhile", "late"),
    [
        ("UPDATE live SET hung_at = hung_at + 1", False),
        ("UPDATE live SET lease = lease + 1", True),
        ("UPDATE live SET worker_id = NULL, state = 'PENDING'", True),
        ("DELETE FROM live", True),
    ],
)
async def test_a_finish_that_waits_for_its_run_sees_what_its_job_has_become(
    postgres_url: str, meanwhile: str, late: bool, beside: tuple[str, ...]
) -> None:
    store = await open_store(postgres_url)
    await store.migrate()
    keeper: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(postgres_url)
    try:
        scene = Scene(store, postgres_url)
        await scene.save(document([node("a"), node("b"), *map(node, beside)], [edge("a", "b")]))
        driver = await Driver.of(scene)
        run = await scene.start("sample")
        job = (await driver.claim())["a"]
        transaction = keeper.transaction()
        await transaction.start()
        await keeper.execute("SELECT FROM runs FOR UPDATE")
        finishing = asyncio.create_task(scene.finish(driver.worker_id, (job, Succeeded())))

        async def waits() -> bool:
            return bool(await keeper.fetchval(WAITING))

        await eventually(waits)
        await keeper.execute(meanwhile)
        await transaction.commit()
        finished = await finishing
        assert finished.late == (frozenset({job.id}) if late else frozenset())
        assert ("b" in (await scene.states(run))) is not late
    finally:
        await keeper.close()
        await store.close()
