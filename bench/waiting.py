"""Waiting: the drain of the first jobs of a queue while 500,000 others wait behind them, or wait for their time.

Beside a drain of the same jobs alone.
"""

from typing import Final

from bench.backlog import JOBS, NOOP, Backlog, fill
from bench.bench import Bench
from bench.noise import Meter
from holdfast.engine.drafts import JobDraft
from holdfast.model.instant import DAY

WAITING: Final = 500_000
LATER: Final = JobDraft("noop", delay=DAY)


async def measure(store: str, bench: Bench) -> None:
    jobs, waiting = bench.scale.of(JOBS), bench.scale.of(WAITING)

    async def alone(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, _):
            return {"rate": await Backlog(url).drain(jobs, meter)}

    before = await bench.repeat(store, f"drain of {jobs:,}, none behind", {"rate": "jobs/s"}, alone)
    for how, draft in (("due behind", NOOP), ("scheduled", LATER)):
        with bench.stores.fresh(store) as (url, _):
            backlog = await _with(url, draft, waiting)

            async def behind(meter: Meter, backlog: Backlog = backlog) -> dict[str, float]:
                return {"rate": await backlog.drain(jobs, meter)}

            after = await bench.repeat(store, f"drain of {jobs:,}, {waiting:,} {how}", {"rate": "jobs/s"}, behind)
        bench.derive(store, f"{waiting:,} {how} against none", "ratio", after["rate"] / before["rate"])


async def _with(url: str, draft: JobDraft, waiting: int) -> Backlog:
    backlog = Backlog(url)
    if draft is LATER:
        await fill(url, waiting, draft)
    else:
        await backlog.add(waiting)
    return backlog
