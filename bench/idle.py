"""Idle: what an instance without any work asks of its database, and what it costs the machine.

Fifty real ``holdfast worker`` processes beside one server, without a broker and with one; and one ``holdfast up`` on
each store. Statements are counted by the database server itself once everything has settled (``bench.statements``), the
most frequent ones are told one by one. CPU is what ``/proc`` says of the database's processes and of ours.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from bench.bench import Bench
from bench.instance import process_settings
from bench.noise import Meter, family, snapshot
from bench.statements import Asked, asked
from tests.support.process import HoldfastProcess
from tests.support.valkey import ValkeyServer

WORKERS: Final = 50
SECONDS: Final = 40.0
# Leads are taken, connections made and notifications proven by then.
_SETTLING: Final = 20.0
_READY: Final = re.compile("worker ready|ready at")
_PATIENCE: Final = 180.0
# Processes that start at once: each takes a core for a second.
_AT_ONCE: Final = 4
_TOLD: Final = 12


async def measure(store: str, bench: Bench) -> None:
    await _up(store, bench)
    if store == "postgres":
        await _many(bench, "without Redis", redis=False)
        await _many(bench, "with Redis", redis=True)


async def _up(store: str, bench: Bench) -> None:
    """One process with everything in it."""

    async def once(meter: Meter) -> dict[str, float]:
        if store == "postgres":
            with asked() as server:
                return (await _idle({"HOLDFAST_DATABASE_URL": server.url}, 0, meter, server)).values()
        with bench.stores.fresh(store) as (url, _):
            return (await _idle({"HOLDFAST_DATABASE_URL": url}, 0, meter, None)).values()

    units = {"cpu": "% of a core"} if store == "sqlite" else {"cpu": "% of a core", "statements": "/s"}
    await bench.repeat(store, "one idle process", units, once, times=1)


async def _many(bench: Bench, how: str, *, redis: bool) -> None:
    workers = bench.scale.of(WORKERS, 2)
    seen: list[Idle] = []

    async def once(meter: Meter) -> dict[str, float]:
        with asked() as server, ValkeyServer() if redis else nullcontext() as broker:
            settings = {"HOLDFAST_DATABASE_URL": server.url}
            if broker is not None:
                settings["HOLDFAST_REDIS_URL"] = broker.url
            seen.append(await _idle(settings, workers, meter, server))
        return seen[-1].values()

    units = {"statements": "/s", "cpu": "% of a core", "database": "% of a core", "connections": ""}
    what = f"{workers} idle workers and a server, {how}"
    await bench.repeat("postgres", what, units, once, times=1)
    for text, rate in list(seen[-1].rates.items())[:_TOLD]:
        bench.derive("postgres", text, how, rate, "/s")


@dataclass(frozen=True, slots=True)
class Idle:
    """CPU in shares of a core, of our processes and of the database's; statements a second by their text."""

    cpu: float
    database: float
    connections: int
    rates: Mapping[str, float]

    def values(self) -> dict[str, float]:
        shares = {"cpu": self.cpu * 100, "database": self.database * 100}
        return shares | {"connections": self.connections, "statements": sum(self.rates.values())}


async def _idle(settings: Mapping[str, str], workers: int, meter: Meter, server: Asked | None) -> Idle:
    """An instance that does nothing: a process with everything in it, or a server and so many workers."""
    async with _instance(process_settings(settings["HOLDFAST_DATABASE_URL"]) | dict(settings), workers) as pids:
        databases = set() if server is None else {server.pid}
        await asyncio.sleep(_SETTLING)
        if server is not None:
            server.forget()
        began, ours, theirs = perf_counter(), _cpu(pids), _cpu(databases)
        with meter.timing():
            await asyncio.sleep(SECONDS)
        ours, theirs, seconds = _cpu(pids) - ours, _cpu(databases) - theirs, perf_counter() - began
        counts = {} if server is None else server.counted()
        rates = {text: calls / seconds for text, calls in counts.items()}
        return Idle(ours / seconds, theirs / seconds, 0 if server is None else server.connections(), rates)


@asynccontextmanager
async def _instance(settings: Mapping[str, str], workers: int) -> AsyncIterator[set[int]]:
    """The ids of the processes, all of which are ready."""
    with TemporaryDirectory(prefix="holdfast-idle-") as name, ExitStack() as running:
        folder = Path(name)
        first = ("up", "--port", "0") if not workers else ("server", "--port", "0")
        if workers:
            await _migrated(settings, folder)
        pids = {await _started(first, settings, folder, running)}
        starting = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            async with starting:
                pids.add(await _started(("worker",), settings, folder, running))

        await asyncio.gather(*(one() for _ in range(workers)))
        yield pids


async def _migrated(settings: Mapping[str, str], folder: Path) -> None:
    with HoldfastProcess("migrate", settings=settings, folder=folder) as migration:
        if await migration.ended():
            raise RuntimeError(migration.output())


async def _started(command: tuple[str, ...], settings: Mapping[str, str], folder: Path, running: ExitStack) -> int:
    process = running.enter_context(HoldfastProcess(*command, settings=settings, folder=folder))
    await process.printed(_READY, _PATIENCE)
    return process.pid


def _cpu(pids: set[int]) -> float:
    """Seconds that these processes and their descendants used so far."""
    now = snapshot(Path("/proc"))
    if now is None:
        return 0.0
    found = {each for pid in pids for each in family(now.processes, pid)}
    return sum(now.processes[pid].ticks for pid in found) / os.sysconf("SC_CLK_TCK")
