"""The live event stream: 500 clients of one tenant at one server process, 2,000 events a second, every one to each.

Events are appended by this process, 20 of them in a transaction, so that the server does nothing but stream; its
clients are a third process. What the server's processor time comes to for each event that reached a client is told.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic_ns, perf_counter
from typing import Any, Final

from bench.bench import Bench
from bench.instance import TENANT, engine_on, process_settings
from bench.noise import Meter
from holdfast.engine.engine import Engine
from holdfast.engine.wakeups import EVENTS
from holdfast.model.event import NewEvent
from tests.support.process import HoldfastProcess

CLIENTS: Final = 500
RATE: Final = 2_000
SECONDS: Final = 10.0
_AT_ONCE: Final = 20
# How long after the last event everybody must have it.
_PATIENCE: Final = 60.0
_UNITS: Final = {
    "rate": "/s",
    "missed": "",
    "doubled": "",
    "disorder": "",
    "p50": "ms",
    "p99": "ms",
    "cores": "cores",
    "each": "µs",
}


async def measure(store: str, bench: Bench) -> None:
    events = bench.scale.of(int(RATE * SECONDS), 1_000)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, folder):
            return await streamed(url, folder, events, CLIENTS, meter)

    await bench.repeat(store, f"{events:,} events to {CLIENTS} clients each", _UNITS, once)


async def streamed(url: str, folder: Path, events: int, clients: int, meter: Meter) -> dict[str, float]:
    settings = process_settings(url)
    with HoldfastProcess("migrate", settings=settings, folder=folder) as migration:
        if await migration.ended():
            raise RuntimeError(migration.output())
    with HoldfastProcess("server", "--port", "0", settings=settings, folder=folder) as server:
        address = await server.ready()
        async with _listening(address, clients, events) as listeners, engine_on(url, role="server") as engine:
            await engine.wakeups.open()
            used, began = cpu(server.pid), perf_counter()
            with meter.timing():
                await _tell(engine, events)
                told = await _ended(listeners)
            took = perf_counter() - began
            used = cpu(server.pid) - used
    return {**told, "rate": events / took, "cores": used / took, "each": used * 1e6 / (events * clients)}


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _tell(engine: Engine, events: int) -> None:
    began = perf_counter()
    for first in range(0, events, _AT_ONCE):
        now = engine.clock.now()
        some = [_event(number, now) for number in range(first, min(first + _AT_ONCE, events))]
        await engine.store.append_events(some)
        engine.wakeups.notify({EVENTS})
        await asyncio.sleep(max(began + (first + _AT_ONCE) / RATE - perf_counter(), 0))


def _event(number: int, now: int) -> NewEvent:
    return NewEvent(TENANT, "bench.tick", now, {"mark": "~", "n": number, "sent": monotonic_ns()})


@asynccontextmanager
async def _listening(address: str, clients: int, events: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The clients' process, all connected."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.listeners", address, str(clients), str(events)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError("the clients couldn't connect")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ended(listeners: asyncio.subprocess.Process) -> dict[str, Any]:
    """What came of it, when everybody has every event or none of them can come any more."""
    assert listeners.stdin is not None
    assert listeners.stdout is not None
    reading = asyncio.create_task(listeners.stdout.readline())
    done, _ = await asyncio.wait([reading], timeout=_PATIENCE)
    if not done:
        listeners.stdin.write(b"enough\n")
    told: dict[str, Any] = json.loads(await reading)
    return told
