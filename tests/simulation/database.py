"""The one database of a simulated cluster, and each process's way to it.

The database is the real SQLite store's schema in memory; works run on it one at a time, each in a transaction of its
own, as they do behind the store's writer. Between a process and its transaction lies a way there and a way back, and on
both something may happen to a call (its ``Fate``):

* ``LOST``: it never arrives; the caller is told ``Unavailable``.
* ``ANSWER_LOST``: it commits; the caller is told ``Unavailable`` (an unknown commit).
* ``LATE``: the caller is told ``Unavailable`` first, and it commits afterwards, maybe behind the caller's next try.
* A process that dies while a call is under way may have reached the database or not.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from enum import Enum, auto
from random import Random
from typing import Any, Final, TypeVar

from holdfast.model.errors import Unavailable
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.stores.sqlite.connection import begin, translated
from holdfast.stores.sqlite.session import as_given
from holdfast.stores.sqlite.store import SQLiteStore
from tests.simulation.loop import SimulatedLoop, Strand

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

# What a way takes, in seconds: mostly little, sometimes long enough for others to get in between.
_SHORT: Final = 0.002
_LONG: Final = 0.4


class Fate(Enum):
    """What becomes of one call."""

    WELL = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    LATE = auto()


class Database:
    """Runs works for every process, in a strand of its own. ``trace`` tells what was done, for a failing seed.

    ``commits`` has, for each transaction that appended events, the number of its last one and its time.
    """

    def __init__(self, loop: SimulatedLoop, db: sqlite3.Connection, random: Random, trace: list[str]) -> None:
        self.db = db
        self.loop = loop
        self.random = random
        self.trace = trace
        self.closed = False
        self.under_way = 0
        self.commits: list[tuple[int, float]] = []
        self._strand = loop.strand("database")

    def transact(self, work: Work[T]) -> T:
        """The work's result after its commit; what it raises rolls it back."""
        with translated():
            begin(self.db)
            try:
                result = work(self.db)
                (last,) = self.db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
        if last and (not self.commits or self.commits[-1][0] < last):
            self.commits.append((last, self.loop.time()))
        return result

    async def call(self, strand: Strand, work: Work[T], fate: Fate) -> T:
        """A process's call, from its way there to the answer."""
        if self.closed:
            await asyncio.Event().wait()
        answer: asyncio.Future[T] = self.loop.create_future()
        self.under_way += 1
        self._later(self._way(), self._arrive, strand, work, fate, answer)
        return await answer

    # -- in the database's strand ------------------------------------------------------------------------------------

    def _arrive(self, strand: Strand, work: Work[T], fate: Fate, answer: asyncio.Future[T]) -> None:
        if fate is Fate.LATE:
            self._answer(answer, Unavailable("the connection was lost"))
            self._later(self.random.random() * 3, self._arrive, strand, work, Fate.ANSWER_LOST, _nobody(self.loop))
            return
        self.under_way -= 1
        if fate is Fate.LOST or (strand.dead and self.random.random() < 0.5):
            self._answer(answer, Unavailable("the call was lost"))
            return
        outcome = self._run(strand, work, fate)
        self._later(self._way(), self._answer, answer, outcome)

    def _run(self, strand: Strand, work: Work[T], fate: Fate) -> "T | Exception":
        try:
            result = self.transact(work)
        except Exception as error:
            self._note(strand, work, fate, type(error).__name__)
            return error
        self._note(strand, work, fate, "")
        return Unavailable("the answer was lost") if fate is Fate.ANSWER_LOST else result

    def _answer(self, answer: asyncio.Future[T], outcome: "T | Exception") -> None:
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
            answer.exception()  # a caller that died or gave up never asks
        else:
            answer.set_result(outcome)

    def _later(self, seconds: float, call: Callable[..., None], *args: object) -> None:
        self.loop.call_later(seconds, call, *args, context=self._strand.context)

    def _way(self) -> float:
        drawn = self.random.random()
        return _LONG * (drawn - 0.9) * 10 if drawn > 0.9 else _SHORT * drawn

    def _note(self, strand: Strand, work: Work[Any], fate: Fate, error: str) -> None:
        what = work.__qualname__.removesuffix(".<locals>.<lambda>").rpartition(".")[2]
        self.trace.append(f"{self.loop.time():9.3f} {strand.name:8} {what} {fate.name.lower()} {error}")


def _nobody(loop: SimulatedLoop) -> asyncio.Future[Any]:
    """An answer that nobody waits for."""
    answer: asyncio.Future[Any] = loop.create_future()
    answer.cancel()
    return answer


class SimulatedStore(SQLiteStore):
    """The real store, its works sent over one process's way to the simulated database."""

    def __init__(
        self,
        database: Database,
        strand: Strand,
        fate: Callable[[], Fate],
        now: Callable[[], Instant],
        *,
        graph_of: Callable[[str, JSONObject], Graph],
        new_id: Callable[[Instant], str],
        checked_input: Callable[[Graph, JSON], JSON] = as_given,
    ) -> None:
        super().__init__("memory:", graph_of=graph_of, new_id=new_id, checked_input=checked_input)
        self._database = database
        self._strand = strand
        self._fate = fate
        self._now = now

    async def clock(self) -> Instant:
        return self._now()

    async def _write(self, work: Work[T]) -> T:
        return await self._database.call(self._strand, work, self._fate())

    async def _read(self, work: Work[T]) -> T:
        return await self._write(work)


class Watcher(SimulatedStore):
    """A store for looking at the end: its calls take no time, so that nothing happens in between."""

    async def _write(self, work: Work[T]) -> T:
        return self._database.transact(work)
