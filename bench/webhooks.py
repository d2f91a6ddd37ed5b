"""Webhooks: how many a second a server process accepts durably from 50 connections, over real HTTP."""

import asyncio
from pathlib import Path
from time import perf_counter

import aiohttp

from bench.bench import Bench
from bench.instance import process_settings
from bench.noise import Meter
from bench.percentiles import middle_and_tail
from tests.support.process import HoldfastProcess

CONNECTIONS = 50
SECONDS = 5.0
_FLOW = {
    "holdfast": 1,
    "name": "hooked",
    "triggers": [{"id": "hook", "type": "webhook"}],
    "nodes": [{"id": "only", "type": "noop"}],
}


async def measure(store: str, bench: Bench) -> None:
    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, folder):
            rate, waits = await webhooks(url, folder, meter)
            return {"rate": rate, **middle_and_tail(waits)}

    units = {"rate": "/s", "p50": "ms", "p99": "ms"}
    await bench.repeat(store, f"webhooks accepted, {CONNECTIONS} connections", units, once)


async def webhooks(url: str, folder: Path, meter: Meter) -> tuple[float, list[float]]:
    """(accepted per second, milliseconds of each answer). The worker isn't running: this measures the entrance."""
    settings = process_settings(url)
    with HoldfastProcess("migrate", settings=settings, folder=folder) as migration:
        if await migration.ended():
            raise RuntimeError(migration.output())
    with HoldfastProcess("server", "--port", "0", settings=settings, folder=folder) as server:
        address = await server.ready()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
            async with session.post(f"{address}/api/v1/workflows", json=_FLOW) as response:
                response.raise_for_status()
                hook = (await response.json())["triggers"][0]["url"]
            with meter.timing():
                until = perf_counter() + SECONDS
                answers = await asyncio.gather(*(_caller(session, hook, until) for _ in range(CONNECTIONS)))
        waits = [wait for caller in answers for wait in caller]
        return len(waits) / SECONDS, waits


async def _caller(session: aiohttp.ClientSession, hook: str, until: float) -> list[float]:
    waits = []
    while (began := perf_counter()) < until:
        async with session.post(hook, json={"email": "ada@example.com", "score": 42}) as response:
            await response.read()
            if response.status != 202:
                raise RuntimeError(f"a webhook was answered {response.status}")
        waits.append((perf_counter() - began) * 1000)
    return waits
