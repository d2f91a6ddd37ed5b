"""Costs: what one unit of work takes of each resource of PostgreSQL and of the processes beside it.

The figures that ``docs/scaling.md`` reckons with: statements, transactions, flushes and bytes of the write-ahead log,
bytes on disk, and processor time of the database and of this process. They say more about another machine than a rate
does. Statements are counted by ``pg_stat_statements`` on a server of its own, which costs it a few per cent; only
PostgreSQL is measured, since a SQLite file has one writer wherever it is.
"""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.backlog import BATCH, NOOP
from bench.bench import Bench
from bench.documents import chain
from bench.instance import TENANT, engine_on
from bench.noise import PROC, Meter, family, snapshot
from bench.progress import Progress
from bench.runs import start
from holdfast.engine.engine import Engine
from tests.support.postgres import PostgresServer

JOBS: Final = 20_000
RUNS: Final = 400
STEPS: Final = 5
_WARM_UP: Final = 1_000
_DATABASE: Final = "costs"
_SETTLING: Final = 1.5  # seconds
_SETTINGS: Final = {"shared_preload_libraries": "pg_stat_statements", "min_wal_size": "1GB", "autovacuum": "off"}
_COUNTS: Final = """
SELECT (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database
            WHERE datname = current_database()) AND toplevel),
       (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
       (SELECT coalesce(sum(fsyncs), 0) FROM pg_stat_io WHERE object = 'wal'),
       pg_current_wal_insert_lsn() - '0/0'::pg_lsn,
       pg_database_size(current_database())
"""
UNITS: Final[Mapping[str, str]] = {
    "statements": "",
    "transactions": "",
    "log flushes": "",
    "log": "bytes",
    "disk": "bytes",
    "database": "us",
    "process": "us",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used so far: counts and bytes as the database tells them, processor time in microseconds."""

    counts: tuple[float, ...]
    database: float
    process: float

    def since(self, before: "Spent", units: int) -> dict[str, float]:
        """What each of so many units took since ``before``."""
        took = [now - then for now, then in zip(self.counts, before.counts, strict=True)]
        took += [self.database - before.database, self.process - before.process]
        return {name: value / units for name, value in zip(UNITS, took, strict=True)}


async def measure(store: str, bench: Bench) -> None:
    if store != "postgres":
        return
    jobs, runs = bench.scale.of(JOBS, 1_000), bench.scale.of(RUNS, 50)

    async def insert(meter: Meter) -> dict[str, float]:
        return await _measured(meter, jobs, _nothing, lambda engine: _insert(engine, jobs))

    async def drain(meter: Meter) -> dict[str, float]:
        return await _measured(meter, jobs, lambda engine: _insert(engine, jobs), lambda engine: _drain(engine, jobs))

    async def steps(meter: Meter) -> dict[str, float]:
        return await _measured(meter, runs * STEPS, _save, lambda engine: _run(engine, runs))

    await bench.repeat(store, f"inserting a job, {BATCH:,} in a call", UNITS, insert)
    await bench.repeat(store, "claim, attempt and end of a job", UNITS, drain)
    await bench.repeat(store, f"a step, in {runs} runs of {STEPS}", UNITS, steps)


Part = Callable[[Engine], Awaitable[None]]


async def _measured(meter: Meter, units: int, prepare: Part, work: Part) -> dict[str, float]:
    """What a unit of ``work`` takes, on a server of its own, in an engine that ``prepare`` has used before."""
    with PostgresServer(_SETTINGS) as server:
        url = server.create_database(_DATABASE)
        server.execute("CREATE EXTENSION pg_stat_statements", _DATABASE)
        async with engine_on(url) as engine:
            await _insert(engine, _WARM_UP)
            await prepare(engine)
            server.execute("CHECKPOINT", _DATABASE)
            before = spent(server)
            with meter.timing():
                await work(engine)
            return spent(server).since(before, units)


async def _nothing(_: Engine) -> None: ...


async def _insert(engine: Engine, count: int) -> None:
    for begin in range(0, count, BATCH):
        await engine.jobs.insert(TENANT, [NOOP] * min(BATCH, count - begin), correlation_id="bench")


async def _drain(engine: Engine, count: int) -> None:
    """Ends what waits, with that which warmed the engine up: the start of an engine is in the costs."""
    progress = Progress(engine)
    await engine.start()
    await progress.reach(_WARM_UP + count)


async def _save(engine: Engine) -> None:
    """Ends what waits, and saves the workflow."""
    await engine.workflows.create(TENANT, chain(STEPS))
    await _drain(engine, 0)


async def _run(engine: Engine, count: int) -> None:
    progress = Progress(engine)
    await start(engine, STEPS, count)
    await progress.reach(count * STEPS)


def spent(server: PostgresServer) -> Spent:
    """So far. The statistics of a backend may be a second old unless it is idle, so it is given that."""
    time.sleep(_SETTLING)
    counts = tuple(float(value) for value in server.execute(_COUNTS, _DATABASE).split("|"))
    now = snapshot(PROC)
    if now is None:
        raise RuntimeError("no /proc here: processor time can't be told")
    mine = family(now.processes, os.getpid())
    database = sum(now.processes[pid].ticks for pid in mine if _is_postgres(pid))
    return Spent(counts, database / os.sysconf("SC_CLK_TCK") * 1e6, time.process_time() * 1e6)


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
    except OSError:
        return False
