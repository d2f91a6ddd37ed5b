"""Pickup: how long after the call that inserts it a job's handler begins, with an idle worker."""

import asyncio
from time import perf_counter

import holdfast
from bench.instance import TENANT, engine_on
from holdfast.engine.jobs import JobDraft

SAMPLES = 300
# Where the handler tells of its first line; one queue while a measurement runs.
_told: list["asyncio.Queue[float]"] = []


@holdfast.task(name="stamp")
async def stamp() -> None:
    """Tells the measurement when it began."""
    for queue in _told:
        queue.put_nowait(perf_counter())


async def pickup(url: str, samples: int = SAMPLES) -> list[float]:
    """Milliseconds from just before the insert to the handler's first line, one job at a time."""
    begun: asyncio.Queue[float] = asyncio.Queue()
    _told[:] = [begun]
    waits = []
    async with engine_on(url, tasks=__name__) as engine:
        await engine.start()
        for _ in range(samples + 20):
            called = perf_counter()
            await engine.jobs.insert(TENANT, [JobDraft("task:stamp", payload={})], correlation_id="bench")
            waits.append((await begun.get() - called) * 1000)
            await asyncio.sleep(0.005)
    return waits[20:]
