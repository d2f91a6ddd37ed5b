"""DBOS: async workflows on PostgreSQL; steps beside each other are gathered, as its documents show."""

import asyncio

from dbos import DBOS  # type: ignore[import-not-found]

from bench.peers.flows import laps

DBOS(config={"name": "bench", "system_database_url": laps.url(), "log_level": "ERROR", "run_admin_server": False})


async def _noop(number: int) -> int:
    return number


async def _long() -> int:
    for number in range(laps.STEPS):
        await noop(number)
    return laps.STEPS


async def _wide() -> int:
    return len(await asyncio.gather(*(noop(number) for number in range(laps.WAYS))))


async def _short() -> int:
    for number in range(laps.SHORT_STEPS):
        await noop(number)
    return laps.SHORT_STEPS


noop = DBOS.step()(_noop)
long = DBOS.workflow()(_long)
wide = DBOS.workflow()(_wide)
short = DBOS.workflow()(_short)


async def many(count: int) -> None:
    handles = await asyncio.gather(*(DBOS.start_workflow_async(short) for _ in range(count)))
    await asyncio.gather(*(handle.get_result() for handle in handles))


async def main() -> None:
    DBOS.launch()
    await laps.laps(long, wide, many, laps.runs_of(200))
    DBOS.destroy()


asyncio.run(main())
