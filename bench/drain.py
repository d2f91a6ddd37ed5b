"""Drain: how many no-op jobs a second one worker claims, runs and finishes, every attempt and transition kept."""

from bench.backlog import JOBS, Backlog
from bench.bench import Bench
from bench.noise import Meter


async def measure(store: str, bench: Bench) -> None:
    jobs = bench.scale.of(JOBS)

    async def once(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return {"rate": await Backlog(url).drain(jobs, meter)}

    await bench.repeat(store, f"drain of {jobs:,} no-op jobs", {"rate": "jobs/s"}, once)
