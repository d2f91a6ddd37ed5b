"""Graphs of workflow versions, inside a transaction. A version never changes, so its definition is read once."""

from collections.abc import Callable, Iterable
from typing import Final

from holdfast.model.errors import NotFound
from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.stores.codec import decode_object
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.sql import runs as sql

KEPT: Final = 500


class Versions:
    """Definitions by version id, the newest ``KEPT`` of them; ``graph_of`` keeps what it parsed from them."""

    def __init__(self, graph_of: Callable[[str, JSONObject], Graph]) -> None:
        self._graph_of = graph_of
        self._definitions: dict[str, JSONObject] = {}

    async def graphs(self, connection: Connection, version_ids: Iterable[str]) -> dict[str, Graph]:
        """Raises ``NotFound`` for a version that isn't there."""
        wanted = set(version_ids)
        unknown = sorted(wanted - self._definitions.keys())
        if unknown:
            for row in await connection.fetch(sql.DEFINITIONS, unknown):
                self._definitions[row["id"]] = decode_object(row["definition"])
        graphs = {version: self._graph(version) for version in wanted}
        while len(self._definitions) > KEPT:
            self._definitions.pop(next(iter(self._definitions)))
        return graphs

    def _graph(self, version_id: str) -> Graph:
        definition = self._definitions.get(version_id)
        if definition is None:
            raise NotFound(f"no workflow version {version_id}")
        return self._graph_of(version_id, definition)
