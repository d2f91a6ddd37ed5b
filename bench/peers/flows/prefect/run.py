"""Prefect: its own server on SQLite, started beside it; tasks beside each other are submitted, as documented."""

import asyncio
import os

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

from prefect import flow, task  # type: ignore[import-not-found]

from bench.peers.flows import laps


async def _noop(number: int) -> int:
    return number


async def _long() -> int:
    for number in range(laps.STEPS):
        await noop(number)
    return laps.STEPS


async def _wide() -> int:
    futures = [noop.submit(number) for number in range(laps.WAYS)]
    return len([future.result() for future in futures])


async def _short() -> int:
    for number in range(laps.SHORT_STEPS):
        await noop(number)
    return laps.SHORT_STEPS


noop = task(_noop)
long = flow(_long)
wide = flow(_wide)
short = flow(_short)


async def many(count: int) -> None:
    await asyncio.gather(*(short() for _ in range(count)))


asyncio.run(laps.laps(long, wide, many, laps.runs_of(30)))
