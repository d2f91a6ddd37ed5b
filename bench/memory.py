"""Memory: what a worker process holds resident with 10,000 jobs in flight, and with none.

A real ``holdfast worker`` with a concurrency of 10,000; the handlers sleep. Read from ``/proc`` once the store shows
all of them RUNNING.
"""

import re
from pathlib import Path
from typing import Final

from bench.backlog import fill
from bench.bench import Bench
from bench.instance import TASKS, engine_on, process_settings
from bench.noise import Meter
from holdfast.engine.drafts import JobDraft
from holdfast.engine.engine import Engine
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

IN_FLIGHT: Final = 10_000
_SLEEPER: Final = JobDraft("task:sleep", payload={"seconds": 3600})
_READY: Final = re.compile("worker ready")
_PATIENCE: Final = 120.0


async def measure(store: str, bench: Bench) -> None:
    jobs = bench.scale.of(IN_FLIGHT)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, folder):
            return await _resident(url, folder, jobs)

    units = {"idle": "MiB", "busy": "MiB", "most": "MiB"}
    await bench.repeat(store, f"a worker's memory, {jobs:,} jobs in flight", units, once, times=1)


async def _resident(url: str, folder: Path, jobs: int) -> dict[str, float]:
    async with engine_on(url, role="all") as engine:
        settings = process_settings(url, TASKS) | {"HOLDFAST_WORKER_CONCURRENCY": str(jobs)}
        with HoldfastProcess("worker", settings=settings, folder=folder) as worker:
            await worker.printed(_READY)
            idle = memory(worker.pid, "VmRSS")
            await fill(url, jobs, _SLEEPER)
            await eventually(lambda: _all_run(engine, jobs), timeout=_PATIENCE, message=worker.output)
            return {"idle": idle, "busy": memory(worker.pid, "VmRSS"), "most": memory(worker.pid, "VmHWM")}


async def _all_run(engine: Engine, jobs: int) -> bool:
    queues = await engine.store.list_queues(engine.clock.now())
    return sum(queue.running for queue in queues) == jobs


def memory(pid: int, field: str) -> float:
    """MiB of a process, from ``/proc/<pid>/status``: ``VmRSS`` now, ``VmHWM`` at most so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)
