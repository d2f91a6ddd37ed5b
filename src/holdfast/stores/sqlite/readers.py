"""A few reading connections, each in a thread of its own, so that a long list never waits for a commit or blocks one.

A read is one transaction and therefore one snapshot. It sees every commit that was answered before it began.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from holdfast.model.errors import Unavailable
from holdfast.stores.sqlite.connection import connect_reader, translated

T = TypeVar("T")

READERS: Final = 4


class Readers:
    """Connections are opened as they are needed, at most one per thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="holdfast-sqlite-reader")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._closed:
            raise Unavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def close(self) -> None:
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        while (db := self._take()) is not None:
            db.close()

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._take() or connect_reader(self._path)
        try:
            with translated():
                db.execute("BEGIN")
                return work(db)
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
            self._idle.put(db)

    def _take(self) -> sqlite3.Connection | None:
        try:
            return self._idle.get_nowait()
        except Empty:
            return None
