"""What every part of the store stands on: the database, graphs by version, what an input must be, fresh ids."""

from collections.abc import Callable, Sequence
from typing import Any

from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.stores.postgres.connection import Connection, Database
from holdfast.stores.postgres.versions import Versions

CheckedInput = Callable[[Graph, JSON], JSON]


def as_given(_: Graph, run_input: JSON) -> JSON:
    """Takes any input as it is."""
    return run_input


class Rules:
    """What a transaction needs besides the database: graphs by version, the input that a workflow makes of what it was
    given (raises ``Invalid``), and fresh ids."""

    def __init__(
        self,
        graph_of: Callable[[str, JSONObject], Graph],
        new_id: Callable[[Instant], str],
        checked_input: CheckedInput,
    ) -> None:
        self.versions = Versions(graph_of)
        self.new_id = new_id
        self.checked_input = checked_input


class Part:
    """A group of the port's methods. Parts share one ``Database`` and keep nothing that the store doesn't know."""

    def __init__(
        self,
        url: str,
        *,
        graph_of: Callable[[str, JSONObject], Graph],
        new_id: Callable[[Instant], str],
        checked_input: CheckedInput = as_given,
        pool_size: int = 8,
    ) -> None:
        self._db = Database(url, pool_size)
        self._rules = Rules(graph_of, new_id, checked_input)


async def run(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]], count: int) -> None:
    """Executes a statement with one array per column; nothing at all when there is no row."""
    if rows:
        await connection.fetch(statement, *columns(rows, count))


def columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[tuple[Any, ...]]:
    """Rows as one array per column, for ``unnest``; ``count`` columns also when there is no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * count
