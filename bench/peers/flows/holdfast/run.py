"""Holdfast: the shipped defaults, one process, every attempt and transition kept."""

import asyncio

import uvloop

from bench.documents import chain, fan
from bench.instance import TENANT, engine_on
from bench.peers.flows import laps
from bench.progress import Progress
from holdfast.engine.engine import Engine
from holdfast.model.instant import MINUTE
from holdfast.model.run import RunState
from holdfast.observe.logs import configure


async def main() -> None:
    async with engine_on(laps.url()) as engine:
        for document in (chain(laps.STEPS), chain(laps.SHORT_STEPS), fan(laps.WAYS)):
            await engine.workflows.create(TENANT, document)
        await engine.start()
        await laps.laps(
            lambda: _run(engine, f"chain-{laps.STEPS}"),
            lambda: _run(engine, f"fan-{laps.WAYS}"),
            lambda count: _many(engine, count),
            laps.runs_of(2_000),
        )


async def _run(engine: Engine, name: str) -> None:
    accepted = await engine.runs.start(TENANT, name, {}, correlation_id="bench")
    run = await engine.runs.wait(TENANT, accepted.id, MINUTE)
    if run.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"a run ended {run.state}")


async def _many(engine: Engine, count: int) -> None:
    """All have ended when all their steps have."""
    progress = Progress(engine)
    name = f"chain-{laps.SHORT_STEPS}"
    starting = [engine.runs.start(TENANT, name, {}, correlation_id="bench") for _ in range(count)]
    await asyncio.gather(*starting)
    await progress.reach(count * laps.SHORT_STEPS)


configure("console", "error")
uvloop.run(main())
