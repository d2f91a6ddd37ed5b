"""Fairness: how long another tenant's ten jobs wait while one tenant has 100,000 waiting, beside their wait when idle.

The bound is twice the idle wait plus a second, at the 95th percentile. The big tenant has a limit of running jobs below
the worker's slots; every handler that begins is a sample of how many run, and one over the limit is an error.
"""

import asyncio
from time import perf_counter
from typing import Final

from bench import tasks
from bench.backlog import fill
from bench.bench import Bench
from bench.instance import TASKS, TENANT, engine_on
from bench.noise import Meter
from bench.percentiles import percentile
from holdfast.engine.drafts import JobDraft
from holdfast.engine.engine import Engine
from holdfast.ports import NewTenant, TenantChange

WAITING: Final = 100_000
CAP: Final = 80
_ADDED: Final = 10
_ROUNDS: Final = 20
_OTHER: Final = "newcomer"
_STAMP: Final = JobDraft("task:stamp", payload={})
_BUSY: Final = JobDraft("task:sleep", payload={"seconds": 0.01})


async def measure(store: str, bench: Bench) -> None:
    waiting = bench.scale.of(WAITING, 10_000)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return await _waits(url, waiting, meter)

    units = {"idle p95": "ms", "busy p95": "ms", "running": "jobs"}
    found = await bench.repeat(store, f"10 jobs beside {waiting:,} of another tenant", units, once)
    bench.derive(store, "p95 wait against 2 x idle + 1 s", "share", found["busy p95"] / (2 * found["idle p95"] + 1000))


async def _waits(url: str, waiting: int, meter: Meter) -> dict[str, float]:
    async with engine_on(url) as engine:
        now = engine.clock.now()
        await engine.store.create_tenant(NewTenant(_OTHER, _OTHER), now)
        await engine.store.change_tenant(TENANT, TenantChange(max_running=CAP), now)
    async with engine_on(url, tasks=TASKS) as engine:
        await engine.start()
        await _rounds(engine, 2)
        with meter.timing():
            idle = await _rounds(engine, _ROUNDS)
    await fill(url, waiting, _BUSY)
    tasks.most_running.clear()
    async with engine_on(url, tasks=TASKS) as engine:
        await engine.start()
        await _rounds(engine, 2)
        with meter.timing():
            busy = await _rounds(engine, _ROUNDS)
        left = (await engine.store.list_queues(engine.clock.now()))[0].pending
    most = tasks.most_running[TENANT]
    if most > CAP or not left:
        raise RuntimeError(f"{most} jobs ran at once under a limit of {CAP}, {left} were left: this proves nothing")
    return {"idle p95": percentile(idle, 95), "busy p95": percentile(busy, 95), "running": most}


async def _rounds(engine: Engine, rounds: int) -> list[float]:
    """Milliseconds from the insert to the first line, of every job."""
    waits = []
    for _ in range(rounds):
        began: dict[str, float] = {}
        all_began = asyncio.Event()

        def note(job_id: str, at: float, began: dict[str, float] = began, all_began: asyncio.Event = all_began) -> None:
            began[job_id] = at
            if len(began) == _ADDED:
                all_began.set()

        tasks.listeners[:] = [note]
        called = perf_counter()
        await engine.jobs.insert(_OTHER, [_STAMP] * _ADDED, correlation_id="bench")
        await all_began.wait()
        waits += [(at - called) * 1000 for at in began.values()]
        await asyncio.sleep(0.05)
    return waits
