"""One seed's life: some processes on one database, callers, and faults; then calm, until everything has settled.

``live`` answers what is wrong at the end (``checks``), with the trace of what was done. The same seed lives the same
life, on every machine.
"""

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.simulation import definitions, journal
from tests.simulation.callers import Callers
from tests.simulation.checks import violations
from tests.simulation.database import Database, Fate, Watcher
from tests.simulation.faults import Fault, Weather
from tests.simulation.ledger import Ledger
from tests.simulation.loop import Deadlock, simulated_loop
from tests.simulation.machine import SeededEntropy, SimulatedClock
from tests.simulation.notifier import Post
from tests.simulation.process import Process
from tests.simulation.workload import WINDOW, draw_orders

# Seconds after the last fault in which everything must have ended.
PATIENCE: Final = 400.0
# How far a clock may jump, in microseconds, either way.
_FARTHEST: Final = 25_000_000
# The share of lives in which runs wait, have children, are undone or wait for a place.
_FLOWS: Final = 0.35
# A pause whose answer was lost may come after the resume that was to end it.
_PAUSED: Final = "SELECT id, tenant_id FROM runs WHERE state = 'PAUSED' AND body IS NULL"
_UNENDED: Final = """
SELECT (SELECT count(*) FROM live) + (SELECT count(*) FROM runs WHERE finished_at IS NULL)
  + (SELECT count(*) FROM inbox)"""


@dataclass(slots=True)
class Outcome:
    """What a seed came to. ``violations`` is empty when all held."""

    seed: int
    violations: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    steps: int = 0
    seconds: float = 0.0


class Cluster:
    """The parts of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.trace: list[str] = []
        self.flows = self.random.random() < _FLOWS
        self.loop = simulated_loop(self.random)
        self.clock = SimulatedClock(self.loop)
        self.ledger = Ledger(self.clock.now)
        self.weather = Weather(self.random)
        self.database = Database(self.loop, definitions.fresh_database(), self.random, self.trace)
        self.post = Post(self.loop, self.random, self.weather.rough_post)
        self.processes = [self._process(f"p{number}") for number in range(self.random.randint(2, 3))]
        self._striking: set[asyncio.Task[None]] = set()

    def _process(self, name: str, gone: tuple[str, ...] = ()) -> Process:
        random = Random(self.random.getrandbits(64))
        place = (name, self.loop, self.database, self.post, self.ledger, random, self._fate, gone)
        return Process(*place, flows=self.flows)

    def _fate(self, process: Process) -> Fate:
        return self.weather.fate(process.name, self.loop.time())

    # -- the life ----------------------------------------------------------------------------------------------------

    async def live(self) -> list[str]:
        for process in self.processes:
            process.start()
        callers = Callers(self._find, self.ledger, self.random)
        orders = draw_orders(self.random, flows=self.flows)
        placing = [asyncio.create_task(callers.place(when, order)) for when, order in orders]
        for _ in range(self.random.randint(2, 8) if self.flows else self.random.randint(1, 5)):
            placing.append(asyncio.create_task(callers.meddle(self.random.random() * WINDOW, flows=self.flows)))
        striking = [asyncio.create_task(self._strike(fault)) for fault in self.weather.faults]
        await asyncio.gather(*striking)
        self._calm()
        await asyncio.gather(*placing)
        stuck = await self._settle(callers)
        return stuck or await violations(self._watcher(), self.database, self.ledger, self.clock.now())

    def _calm(self) -> None:
        """Whatever is broken is mended: dead processes come back, clocks are right, calls and notifications arrive."""
        self.note("calm")
        self.weather.clear()
        self.post.rough = False
        for process in self.processes:
            process.strand.defuse()
            process.strand.frozen = False
            process.clock.off = 0
            process.notifier.healthy = True

    async def _settle(self, callers: Callers) -> list[str]:
        """Waits until all work has ended; what hasn't is wrong. Nobody leaves a run paused for good."""
        until = self.loop.time() + PATIENCE
        while self.database.under_way or self.database.db.execute(_UNENDED).fetchone()[0]:
            if self.loop.time() > until:
                return [*self.ledger.refused[:3], *unended(self.database)]
            for run_id, tenant in self.database.db.execute(_PAUSED).fetchall():
                await callers.resume(tenant, run_id)
            await asyncio.sleep(1)
        return []

    def _watcher(self) -> Watcher:
        entropy = SeededEntropy(Random(0))
        return Watcher(
            self.database,
            self.loop.world,
            lambda: Fate.WELL,
            self.clock.now,
            graph_of=lambda _, definition: definitions.graph_of(definition),
            new_id=entropy.new_id,
        )

    async def _find(self) -> Process:
        """A process that a caller reaches; it may die or be frozen all the same."""
        while True:
            there = [process for process in self.processes if process.alive]
            if there:
                return self.random.choice(there)
            await asyncio.sleep(0.5)

    # -- faults ------------------------------------------------------------------------------------------------------

    async def _strike(self, fault: Fault) -> None:
        await asyncio.sleep(fault.when)
        place = int(fault.place * len(self.processes))
        process = self.processes[place]
        if not process.alive:
            return
        self.note(f"{fault.sort} {process.name} for {fault.lasts:.3f}s")
        match fault.sort:
            case "crash":
                await self._crash(place, process, fault)
            case "freeze":
                await self._freeze(process, fault)
            case "jump":
                process.clock.off = round(fault.amount * _FARTHEST)
                self.ledger.jumped = True
                self.ledger.ahead = max(self.ledger.ahead, process.clock.off)
                await asyncio.sleep(fault.lasts)
                process.clock.off = 0
            case "outage":
                for one in self.processes if fault.amount > 0 else [process]:
                    self.weather.cut_off(one.name, self.loop.time() + fault.lasts)
            case "deaf":
                process.notifier.healthy = False
                await asyncio.sleep(fault.lasts)
                process.notifier.healthy = True
            case "end":
                await process.end()
                self._restart(place, process)

    async def _crash(self, place: int, process: Process, fault: Fault) -> None:
        process.strand.after_steps(fault.steps, process.die)
        await asyncio.sleep(fault.lasts)
        process.die()
        self._restart(place, process)

    async def _freeze(self, process: Process, fault: Fault) -> None:
        def freeze() -> None:
            process.strand.frozen = True

        process.strand.after_steps(fault.steps, freeze)
        await asyncio.sleep(fault.lasts)
        process.strand.defuse()
        process.strand.frozen = False

    def _restart(self, place: int, process: Process) -> None:
        """The next process of that name; half of the time it knows the last one's worker id and that it is gone."""
        if self.processes[place] is not process:
            return
        last = process.worker.worker_id
        gone = (last,) if last is not None and self.random.random() < 0.5 else ()
        self.note(f"restart {process.name}")
        self.processes[place] = self._process(process.name, gone)
        self.processes[place].start()

    def note(self, what: str) -> None:
        self.trace.append(f"{self.loop.time():9.3f} -------- {what}")


def unended(database: Database) -> list[str]:
    """What is still going on, as sentences."""
    rows = database.db.execute("SELECT job_id, state, kind, run_id, attempt, lost FROM live").fetchall()
    found = [f"job {row[0]} never ended: {tuple(row)[1:]}" for row in rows]
    runs = database.db.execute("SELECT id, workflow, state FROM runs WHERE finished_at IS NULL").fetchall()
    found += [f"run {row[0]} of {row[1]} never ended: {row[2]}" for row in runs]
    mails = database.db.execute("SELECT run_id, kind FROM inbox").fetchall()
    return found + [f"mail to run {row[0]} was never read: {row[1]}" for row in mails]


def run_seed(seed: int) -> Outcome:
    """One seed from its first to its last moment."""
    cluster = Cluster(seed)
    with journal.errors_to(cluster.ledger.refused):
        try:
            found = cluster.loop.run_until_complete(cluster.live())
        except Deadlock as error:
            found = [str(error), *unended(cluster.database)]
        found += [f"the loop was told: {failure}" for failure in cluster.loop.failures]
        outcome = Outcome(seed, found, cluster.trace, cluster.loop.steps, cluster.loop.time())
        cluster.database.closed = True
        cluster.loop.bury()
    cluster.database.db.close()
    return outcome
