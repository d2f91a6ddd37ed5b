"""The one thread that writes, with group commit.

Whatever queued up while the last commit ran (at most ``MAX_GROUP`` works) becomes one transaction: ``BEGIN IMMEDIATE``,
each work in a savepoint of its own, one commit, then every caller is told. An idle writer commits a lone work at once.

- A work that raises is rolled back to its savepoint and fails alone.
- A failing begin or commit, or an error that made SQLite roll back everything, fails the whole group with
  ``Unavailable``: nothing of it was written.
- A caller that was cancelled meanwhile isn't told, but its work may have been committed.
- ``close`` lets the queued works finish.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from holdfast.model.errors import Unavailable
from holdfast.stores.sqlite.connection import begin, translated

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

MAX_GROUP: Final = 200


@dataclass(slots=True)
class Ticket:
    """A work with the caller that awaits it; then also what came of it."""

    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """In the caller's loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Owns the writing connection; ``run`` may be called from any event loop."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._queue: SimpleQueue[Ticket | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="holdfast-sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T]) -> T:
        """The work's result, after its commit."""
        if self._closed:
            raise Unavailable("the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(Ticket(work, loop, future))
        return await future

    async def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._db.close()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            group, more = self._group(first)
            self._commit(group)
            _tell(group)
            if not more:
                return

    def _group(self, first: Ticket) -> tuple[list[Ticket], bool]:
        group = [first]
        while len(group) < MAX_GROUP:
            try:
                ticket = self._queue.get_nowait()
            except Empty:
                break
            if ticket is None:
                return group, False
            group.append(ticket)
        return group, True

    def _commit(self, group: list[Ticket]) -> None:
        try:
            with translated():
                begin(self._db)
                for ticket in group:
                    self._apply(ticket)
                self._db.execute("COMMIT")
        except Exception as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            for ticket in group:
                # Each caller raises an exception of its own: a traceback belongs to one.
                ticket.error = ticket.error or Unavailable(str(error))

    def _apply(self, ticket: Ticket) -> None:
        self._db.execute("SAVEPOINT work")
        try:
            with translated():
                ticket.result = ticket.work(self._db)
        except Exception as error:
            ticket.error = error
            if not self._db.in_transaction:
                raise Unavailable(f"SQLite rolled the transaction back: {error}") from error
            self._db.execute("ROLLBACK TO work")
        self._db.execute("RELEASE work")


def _tell(group: list[Ticket]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Ticket]] = {}
    for ticket in group:
        by_loop.setdefault(ticket.loop, []).append(ticket)
    for loop, tickets in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell_all, tickets)
        except RuntimeError:  # that loop was closed: nobody waits there any more
            continue


def _tell_all(tickets: list[Ticket]) -> None:
    for ticket in tickets:
        ticket.tell()
