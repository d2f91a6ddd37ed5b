"""Kept: the drain while the history of a million finished jobs is kept, beside a drain on an empty store.

The history is made as a user makes it: by finishing jobs.
"""

from typing import Final

from bench.backlog import JOBS, WARM_UP, Backlog
from bench.bench import Bench
from bench.noise import Meter

KEPT: Final = 1_000_000
_PORTION: Final = 100_000


async def measure(store: str, bench: Bench) -> None:
    jobs, kept = bench.scale.of(JOBS), bench.scale.of(KEPT)

    async def empty(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return {"rate": await Backlog(url).drain(jobs, meter)}

    before = await bench.repeat(store, f"drain of {jobs:,}, nothing kept", {"rate": "jobs/s"}, empty)
    with bench.stores.fresh(store) as (url, _):
        backlog = Backlog(url)
        while backlog.finished < kept:
            await backlog.drain(min(_PORTION, max(kept - backlog.finished - WARM_UP, 1)), Meter())

        async def full(meter: Meter) -> dict[str, float]:
            return {"rate": await backlog.drain(jobs, meter)}

        after = await bench.repeat(store, f"drain of {jobs:,}, {kept:,} kept", {"rate": "jobs/s"}, full)
    bench.derive(store, f"{kept:,} kept against nothing kept", "ratio", after["rate"] / before["rate"])
