"""Capacity: how far one PostgreSQL goes with more cores and workers than there are here. ``python -m bench.capacity``.

A simulation, because it can't be measured here: workers take turns between the database's cores, one log that is
flushed for all who wait for it, and a core of their own. What each step costs comes from ``python -m bench costs``.
The first line it prints is this machine, where workers and database share the cores: it must come out near what
``python -m bench drain`` measures, or the others mean nothing.

Claims beside each other step over the rows that the others lock (``--skip``; none with offers over Redis, which are
claimed by id); claims of a queue that tenants share or a limit bounds wait for its lock (``--shared``). What is left
out: vacuum, checkpoints, contention inside the database, the network's bandwidth. Read it as an upper bound.
"""

import argparse
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

Do = Callable[[], None]
Process = Iterator[tuple["Station", float]]

_SECONDS: Final = 4.0
# A worker claims and finishes in two lanes beside each other.
_LANES: Final = 2


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one job, in microseconds: claim and end in the database, the worker's part; and of each transaction.

    ``skip``: of a row that another claim has locked; ``log``: bytes of the write-ahead log for one job.
    """

    database: float
    process: float
    transaction: float = 250.0
    round_trip: float = 200.0
    batch: int = 250
    shared: float = 0.0
    skip: float = 0.0
    log: float = 2_200


@dataclass(slots=True)
class Station:
    """So many servers and a queue before them. With a ``flush`` time it serves all who wait at once, in that time and
    the sum of theirs: a log."""

    servers: int
    flush: float | None = None
    busy: int = 0
    used: float = 0.0
    waiting: deque[tuple[float, Do]] = field(default_factory=deque)


class Simulation:
    """Virtual time in microseconds. A process is a generator of (station, how long it needs it)."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = itertools.count()
        self._events: list[tuple[float, int, Do]] = []

    def start(self, process: Process) -> None:
        step = next(process, None)
        if step is not None:
            self._need(step[0], step[1], lambda: self.start(process))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, then = heapq.heappop(self._events)
            then()

    def _need(self, station: Station, time: float, then: Do) -> None:
        station.waiting.append((time, then))
        self._serve(station)

    def _serve(self, station: Station) -> None:
        while station.waiting and station.busy < station.servers:
            served = [station.waiting[0]] if station.flush is None else list(station.waiting)
            for _ in served:
                station.waiting.popleft()
            time = (station.flush or 0.0) + sum(needed for needed, _ in served)
            station.busy += 1
            station.used += time
            heapq.heappush(self._events, (self.now + time, next(self._order), self._done(station, served)))

    def _done(self, station: Station, served: list[tuple[float, Do]]) -> Do:
        def done() -> None:
            station.busy -= 1
            for _, then in served:
                then()
            self._serve(station)

        return done


@dataclass(frozen=True, slots=True)
class Outcome:
    """Jobs a second, and how busy the database's cores and its log were (1: all the time)."""

    rate: float
    cores: float
    log: float


@dataclass(frozen=True, slots=True)
class Disk:
    """Of the log: microseconds of one flush, and megabytes a second."""

    flush: float = 450.0
    bandwidth: float = 500.0


def simulate(costs: Costs, workers: int, cores: int, disk: Disk, *, together: bool = False, seed: int = 1) -> Outcome:
    """``together``: the workers run on the database's cores."""
    simulation, chance = Simulation(), random.Random(seed)
    database, log, gate = Station(cores), Station(1, flush=disk.flush), Station(1)
    network = Station(workers * _LANES)
    finished = claiming = 0
    writing = costs.batch * costs.log / 2 / disk.bandwidth
    working = costs.transaction + costs.batch * costs.database / 2

    def lane(own: Station) -> Process:
        nonlocal finished, claiming
        while True:
            yield network, costs.round_trip * chance.uniform(0.5, 1.5)
            if costs.shared:
                yield gate, costs.shared
            claiming += 1
            yield database, working + (claiming - 1) * costs.batch * costs.skip
            yield log, writing
            claiming -= 1
            yield own, costs.batch * costs.process
            yield network, costs.round_trip * chance.uniform(0.5, 1.5)
            yield database, working
            yield log, writing
            finished += costs.batch

    for _ in range(workers):
        own = database if together else Station(1)
        for _ in range(_LANES):
            simulation.start(lane(own))
    span = _SECONDS * 1e6
    simulation.run(span)
    return Outcome(finished / _SECONDS, database.used / span / cores, log.used / span)


def largest_share(tenants: int, shards: int, skew: float, seed: int = 1) -> float:
    """The part of all work that the fullest of ``shards`` gets, tenants being dealt out by a hash, their sizes by
    ``1 / rank ** skew``: how far dealing out by tenant is from dividing evenly (``1 / shards``)."""
    chance = random.Random(seed)
    load = [0.0] * shards
    sizes = [1 / rank**skew for rank in range(1, tenants + 1)]
    for size in sizes:
        load[chance.randrange(shards)] += size
    return float(max(load) / sum(sizes))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description="Reckon beyond this machine.")
    parser.add_argument("--database", type=float, default=47, help="the database's microseconds for a job")
    parser.add_argument("--process", type=float, default=29, help="a worker's microseconds for a job")
    parser.add_argument("--flush", type=float, default=450, help="microseconds of one flush of the log")
    parser.add_argument("--bandwidth", type=float, default=500, help="megabytes a second that the log's disk takes")
    parser.add_argument("--log", type=float, default=2_200, help="bytes of the log for one job")
    parser.add_argument("--skip", type=float, default=0.5, help="microseconds of a row that another claim has locked")
    parser.add_argument("--shared", type=float, default=0, help="microseconds that a claim holds its queue's lock")
    chosen = parser.parse_args()
    costs = Costs(chosen.database, chosen.process, shared=chosen.shared, skip=chosen.skip, log=chosen.log)
    disk = Disk(chosen.flush, chosen.bandwidth)
    print("workers  cores of the database  jobs/s   cores busy  log busy")
    for workers in (1, 2):
        _line(f"{workers} here", 2, simulate(costs, workers, 2, disk, together=True))
    for cores in (2, 4, 8, 16, 32):
        for workers in (1, 2, 4, 8, 16, 32):
            _line(str(workers), cores, simulate(costs, workers, cores, disk))
    print("\nshards  fullest shard's part: 1,000 equal tenants, sizes as 1/rank")
    for shards in (2, 4, 8, 16):
        even, skewed = largest_share(1_000, shards, 0.0), largest_share(1_000, shards, 1.0)
        print(f"{shards:>6}  {even:>6.1%} {skewed:>8.1%}   (evenly {1 / shards:.1%})")


def _line(workers: str, cores: int, outcome: Outcome) -> None:
    print(f"{workers:>7}  {cores:>21}  {outcome.rate:>7,.0f}  {outcome.cores:>9.0%}  {outcome.log:>8.0%}")


if __name__ == "__main__":
    main()
