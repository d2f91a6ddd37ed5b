"""One simulated process: entrances, a worker and the rescuer, as ``compose`` puts them together, in its own strand.

It can die between any two of its awaits (nothing of it runs afterwards), freeze and thaw, have its clock jump, lose its
notifications, and end as an operator ends it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any, Final, TypeVar, cast

from holdfast.engine.events import Events
from holdfast.engine.follower import EventFollower
from holdfast.engine.graphs import Graphs
from holdfast.engine.inputs import Inputs
from holdfast.engine.jobs import Jobs
from holdfast.engine.loop import Loop
from holdfast.engine.maintenance.leading import Leading
from holdfast.engine.maintenance.rescuer import HUNG_GRACE, Rescuer
from holdfast.engine.maintenance.runs_on import Deliverer, RunAdmitter, WaitTimer
from holdfast.engine.offers import Takers
from holdfast.engine.runs import Runs
from holdfast.engine.wakeups import Wakeups
from holdfast.engine.worker import Parts, Worker, WorkerConfig
from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND, Micros
from holdfast.ports import Observer
from holdfast.schema import JsonSchemas
from tests.simulation.database import Database, Fate, SimulatedStore
from tests.simulation.definitions import graph_of
from tests.simulation.ledger import Ledger, LedgerExecutor
from tests.simulation.loop import SimulatedLoop
from tests.simulation.machine import SeededEntropy, SimulatedClock
from tests.simulation.notifier import Post, SimulatedNotifier
from tests.simulation.scripted import ScriptedKinds
from tests.simulation.workload import TAG, TAGGED

T = TypeVar("T")

LEASE: Final[Micros] = 9 * SECOND
GRACE: Final[Micros] = 2 * SECOND
RESCUE_EVERY: Final[Micros] = 3 * SECOND
# What keeps flows going is told by wake-ups; without them it looks this often.
LOOK_EVERY: Final[Micros] = 2 * SECOND
QUEUES: Final = ("default", "narrow")
SCHEMAS: Final = JsonSchemas()


class NoAnswer(Exception):
    """The process died, or was too slow: whoever asked doesn't know what became of it."""


class Unobserved:
    """An ``Observer`` that keeps nothing, whatever it is told."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return _nothing


def _nothing(*_: object, **__: object) -> None: ...


class Process:
    """``name`` is its place in the cluster: a restart is another process of the same name.

    ``flows``: whether there are runs to keep going that wait or have children.
    """

    def __init__(
        self,
        name: str,
        loop: SimulatedLoop,
        database: Database,
        post: Post,
        ledger: Ledger,
        random: Random,
        fate: Callable[["Process"], Fate],
        gone: tuple[str, ...] = (),
        *,
        flows: bool = False,
    ) -> None:
        self.name = name
        self.loop = loop
        self.strand = loop.strand(name)
        self.clock = SimulatedClock(loop)
        self.notifier = SimulatedNotifier(post, self.strand)
        self._gone = gone
        self._random = random
        entropy = SeededEntropy(random)
        graphs = Graphs(graph_of)
        wakeups, observer = Wakeups(self.notifier), cast(Observer, Unobserved())
        self.store = SimulatedStore(
            database,
            self.strand,
            lambda: fate(self),
            self.clock.now,
            graph_of=graphs.of,
            new_id=entropy.new_id,
            checked_input=Inputs(SCHEMAS).checked,
        )
        takers = Takers()
        self.jobs = Jobs(self.store, self.clock, entropy, wakeups, observer, takers)
        self.runs = Runs(self.store, self.clock, entropy, wakeups, observer, graphs, SCHEMAS, takers)
        self.events = Events(self.store, self.clock, entropy, wakeups)
        kinds = ScriptedKinds(ledger)
        executor = LedgerExecutor(kinds, graphs, SCHEMAS, self.clock)
        executor.ledger, executor.process = ledger, name
        parts = Parts(self.store, graphs, kinds, executor, self.clock, entropy, wakeups, observer, takers=takers)
        slots = random.randint(1, 4)
        tags = (TAG,) if name == TAGGED else ()
        config = WorkerConfig(name, "host", 1, name, QUEUES, concurrency=slots, tags=tags, lease=LEASE, grace=GRACE)
        self.worker = Worker(config, parts)
        self._parts: list[Loop] = [Rescuer(self.store, self.clock, entropy, wakeups, observer, RESCUE_EVERY)]
        if flows:
            self._parts += [
                Deliverer(self.store, self.clock, entropy, wakeups, LOOK_EVERY),
                WaitTimer(self.store, self.clock, entropy, wakeups, LOOK_EVERY),
                RunAdmitter(self.store, self.clock, entropy, wakeups, LOOK_EVERY),
                EventFollower(self.store, graphs, self.clock, entropy, wakeups, LOOK_EVERY),
            ]
        if slots % 2:  # the others look by themselves, beside whoever leads
            leading = Leading(self.store, self.clock, entropy, wakeups)
            for part in self._parts:
                part.under(leading)
            self._parts.append(leading)
        self._wakeups = wakeups
        self._working: asyncio.Task[Any] | None = None

    def start(self) -> None:
        self._task(self._wakeups.open())
        self._task(self._begin())

    async def _begin(self) -> None:
        """What compose does before an engine starts: the jobs of this host's gone processes needn't wait."""
        if self._gone:
            with suppress(Unavailable):
                await self.store.rescue(self.clock.now(), hung_grace=HUNG_GRACE, gone=self._gone)
        for part in self._parts:
            self._task(part.run())
        self._working = self._task(self.worker.run())

    async def ask(self, call: Callable[[], Coroutine[Any, Any, T]], patience: float = 8.0) -> T:
        """What the call, made in this process, answers to somebody outside. Raises ``NoAnswer``."""
        asked: asyncio.Task[T] = self._task(call())
        await asyncio.wait({asked}, timeout=patience)
        if not asked.done():
            asked.add_done_callback(_unheard)
            raise NoAnswer(self.name)
        return asked.result()

    # -- what happens to it ------------------------------------------------------------------------------------------

    def die(self) -> None:
        self.strand.die()

    async def end(self) -> None:
        """As an operator ends it: within its grace."""
        self.loop.call_soon(self.worker.stop, context=self.strand.context)
        if self._working is not None:
            # It may die before it ends, which nothing tells.
            await asyncio.wait({self._working}, timeout=30)
        self.strand.die()

    @property
    def alive(self) -> bool:
        return not self.strand.dead

    def _task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return self.loop.create_task(work, context=self.strand.context)


def _unheard(asked: asyncio.Task[Any]) -> None:
    if not asked.cancelled():
        asked.exception()
