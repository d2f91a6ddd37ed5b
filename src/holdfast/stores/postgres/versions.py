"""Graphs of workflow versions, inside a transaction. A version never changes, so its definition is read once."""

from collections.abc import Callable, Iterable, Mapping
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
        found = {version: self._definitions[version] for version in wanted if version in self._definitions}
        unknown = sorted(wanted - found.keys())
        if unknown:
            rows = await connection.fetch(sql.DEFINITIONS, unknown)
            self._keep(read := {row["id"]: decode_object(row["definition"]) for row in rows})
            found |= read
        for version in unknown:
            if version not in found:
                raise NotFound(f"no workflow version {version}")
        return {version: self._graph_of(version, definition) for version, definition in found.items()}

    def _keep(self, read: Mapping[str, JSONObject]) -> None:
        """Other callers do the same meanwhile, so what is kept now may be gone after the next await."""
        self._definitions.update(read)
        while len(self._definitions) > KEPT:
            self._definitions.pop(next(iter(self._definitions)))
