"""What every part of the SQLite store works with: the writer, the readers, and the parsed graphs of versions.

``memory:`` has one connection for everything, so its reads go through the writer.
"""

import asyncio
import os
import platform
import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from holdfast.model.errors import NotFound, Unavailable
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.stores.codec import decode_object
from holdfast.stores.sqlite.connection import connect_writer, path_of
from holdfast.stores.sqlite.readers import Readers
from holdfast.stores.sqlite.writer import Writer

T = TypeVar("T")

MAX_VERSIONS: Final = 500
# What bodies see of their surroundings, kept for so many nodes: it is read for every child.
MAX_CLOSURES: Final = 64
_CLOSURE: Final = "SELECT closure FROM run_nodes WHERE run_id = ? AND node_id = ?"
_DEFINITION: Final = """
SELECT definition FROM workflow_versions WHERE id = ?1 UNION ALL SELECT definition FROM drafts WHERE id = ?1"""


def as_given(graph: Graph, run_input: JSON) -> JSON:
    """Where nothing checks the input of workflows that are called: their defaults are filled in."""
    return graph.with_defaults(run_input)


class Rules:
    """What a transaction needs besides the database: graphs by version, fresh ids, and how a child's input is checked.

    ``checked_input`` answers a workflow's input with its defaults filled in, or raises ``Invalid``.
    """

    def __init__(
        self,
        graph_of: Callable[[str, JSONObject], Graph],
        new_id: Callable[[Instant], str],
        checked_input: Callable[[Graph, JSON], JSON],
    ) -> None:
        self._graph_of = graph_of
        self.new_id = new_id
        self.checked_input = checked_input
        self._definitions: dict[str, JSONObject] = {}
        self._closures: dict[tuple[str, str], JSONObject] = {}

    def graph(self, db: sqlite3.Connection, version_id: str) -> Graph:
        """The graph of a version, whose definition never changes and is read once. Raises ``NotFound``."""
        definition = self._definitions.get(version_id)
        if definition is None:
            row = db.execute(_DEFINITION, (version_id,)).fetchone()
            if row is None:
                raise NotFound(f"no workflow version {version_id}")
            definition = decode_object(row["definition"])
            if len(self._definitions) >= MAX_VERSIONS:
                self._definitions.pop(next(iter(self._definitions)))
            self._definitions[version_id] = definition
        return self._graph_of(version_id, definition)

    def closure(self, db: sqlite3.Connection, run_id: str, node_id: str) -> JSONObject:
        """What the children of a node see of its run; it never changes once they have begun."""
        closure = self._closures.get((run_id, node_id))
        if closure is None:
            row = db.execute(_CLOSURE, (run_id, node_id)).fetchone()
            closure = decode_object(None if row is None else row["closure"])
            for oldest in list(self._closures)[: -MAX_CLOSURES + 1]:  # a copy: readers of other threads add to it
                self._closures.pop(oldest, None)
            self._closures[run_id, node_id] = closure
        return closure


class Session:
    """Opened, it runs works in the writer's transactions and reads in snapshots."""

    name = "sqlite"
    # Processes of one host may share a file, but those of other hosts can't open it.
    shared = False

    def __init__(
        self,
        url: str,
        *,
        graph_of: Callable[[str, JSONObject], Graph],
        new_id: Callable[[Instant], str],
        checked_input: Callable[[Graph, JSON], JSON] = as_given,
    ) -> None:
        self._path = path_of(url)
        where = f"memory of process {os.getpid()}" if self._path is None else os.path.realpath(self._path)
        self.place = f"{platform.node()}:{where}"
        self._rules = Rules(graph_of, new_id, checked_input)
        self._writer: Writer | None = None
        self._readers: Readers | None = None

    async def open(self) -> None:
        if self._writer is None:
            # In a thread: another process's work may have to be waited for.
            self._writer = Writer(await asyncio.to_thread(connect_writer, self._path))
            self._readers = None if self._path is None else Readers(self._path)

    async def close(self) -> None:
        readers, writer, self._readers, self._writer = self._readers, self._writer, None, None
        if readers is not None:
            await readers.close()
        if writer is not None:
            await writer.close()

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``work`` in a write transaction, shared with others, and answers after the commit."""
        if self._writer is None:
            raise Unavailable("the store isn't open")
        return await self._writer.run(work)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``work`` on a snapshot."""
        return await (self._write(work) if self._readers is None else self._readers.run(work))
