"""Workers: the drain by two worker processes against one, each a process of its own beside the database.

Two gain only where there are cores for them: on a machine of two, PostgreSQL and two workers share them.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bench.backlog import JOBS, WARM_UP, Backlog
from bench.bench import Bench
from bench.instance import engine_on
from bench.noise import Meter

_PATIENCE: Final = 300.0


class Report(NamedTuple):
    """What a worker process said: at that moment it had finished so many jobs, and held so many."""

    at: float
    finished: int
    held: int = 0


async def measure(store: str, bench: Bench) -> None:
    jobs = bench.scale.of(2 * JOBS)
    rates = {}
    for count in (1, 2):

        async def once(meter: Meter, count: int = count) -> dict[str, float]:
            with bench.stores.fresh(store) as (url, _):
                return {"rate": await _drain(url, jobs, count, meter)}

        what = f"drain of {jobs:,} by {count} worker process{'es' * (count > 1)}"
        rates[count] = (await bench.repeat(store, what, {"rate": "jobs/s"}, once))["rate"]
    bench.derive(store, "two workers against one", "ratio", rates[2] / rates[1])


async def _drain(url: str, jobs: int, count: int, meter: Meter) -> float:
    backlog = Backlog(url)
    await backlog.add(WARM_UP + jobs)
    workers = await asyncio.gather(*(ready(url) for _ in range(count)))
    try:
        with meter.timing():
            go(workers)
            reports = await until(workers, WARM_UP + jobs)
    finally:
        await gone(workers)
    async with engine_on(url, role="server") as engine:
        await backlog.check(engine, WARM_UP + jobs)
    return rate(reports, WARM_UP, WARM_UP + jobs)


async def ready(url: str, redis: str | None = None) -> Process:
    """A worker process that waits for the word to begin."""
    addresses = [url] if redis is None else [url, redis]
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.worker", *addresses, stdin=PIPE, stdout=PIPE
    )
    assert worker.stdout is not None
    if (await worker.stdout.readline()).strip() != b"ready":
        raise RuntimeError("a worker process ended before it was ready")
    return worker


def go(workers: Iterable[Process]) -> None:
    """Has them begin."""
    for worker in workers:
        _input(worker).write(b"go\n")


async def gone(workers: Sequence[Process]) -> None:
    """Ends them."""
    for worker in workers:
        _input(worker).close()
    await asyncio.gather(*(worker.wait() for worker in workers))


def _input(worker: Process) -> asyncio.StreamWriter:
    assert worker.stdin is not None
    return worker.stdin


async def until(workers: Sequence[Process], target: int) -> list[list[Report]]:
    """Each worker's reports until together they have finished ``target``."""
    reports: list[list[Report]] = [[] for _ in workers]
    done = asyncio.Event()

    async def follow(index: int) -> None:
        stdout = workers[index].stdout
        assert stdout is not None
        while line := await stdout.readline():
            at, finished, held = line.split()
            reports[index].append(Report(float(at), int(finished), int(held)))
            if sum(told[-1].finished for told in reports if told) >= target:
                done.set()

    following = [asyncio.create_task(follow(index)) for index in range(len(workers))]
    waiting = asyncio.create_task(done.wait())
    try:
        async with asyncio.timeout(_PATIENCE):
            await asyncio.wait([waiting, *following], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (waiting, *following):
            task.cancel()
    if not done.is_set():
        raise RuntimeError("a worker process ended too early, or said something else")
    return reports


def rate(reports: Iterable[Sequence[Report]], first: int, last: int) -> float:
    """Finished a second between the moment when all together had ``first`` and the one when they had ``last``."""
    steps = sorted((report.at, index, report.finished) for index, told in enumerate(reports) for report in told)
    counts: dict[int, int] = {}
    passed: list[tuple[float, int]] = []
    for at, index, count in steps:
        counts[index] = count
        passed.append((at, sum(counts.values())))
    began = next(step for step in passed if step[1] >= first)
    ended = next(step for step in passed if step[1] >= last)
    return (ended[1] - began[1]) / (ended[0] - began[0])
