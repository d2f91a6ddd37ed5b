"""Graphs of workflow versions, compiled once per process: versions never change, so neither do they."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Lock

from holdfast.model.graph import Graph
from holdfast.model.json import JSONObject
from holdfast.ports import Store

_KEEP = 2_000


class Graphs:
    """A bounded cache: version id → ``Graph``. Used from the event loop and from a store's writer thread."""

    def __init__(self, compile_definition: Callable[[JSONObject], Graph]) -> None:
        self._compile = compile_definition
        self._known: OrderedDict[str, Graph] = OrderedDict()
        self._lock = Lock()

    def of(self, version_id: str, definition: JSONObject) -> Graph:
        """The graph of a version whose definition is at hand."""
        graph = self.known(version_id)
        if graph is None:
            graph = self._compile(definition)
            with self._lock:
                self._known[version_id] = graph
                while len(self._known) > _KEEP:
                    self._known.popitem(last=False)
        return graph

    def known(self, version_id: str) -> Graph | None:
        with self._lock:
            graph = self._known.get(version_id)
            if graph is not None:
                self._known.move_to_end(version_id)
            return graph

    async def load(self, version_id: str, store: Store) -> Graph:
        """The graph of a version, read from the store when this process hasn't seen it."""
        graph = self.known(version_id)
        if graph is None:
            version = await store.get_version(version_id)
            graph = self.of(version_id, version.definition)
        return graph

    async def prepare(self, version_ids: Collection[str], store: Store) -> None:
        """Reads those that this process hasn't seen in one go, for callers who are about to ask for each."""
        missing = [version_id for version_id in version_ids if self.known(version_id) is None]
        for version in await store.get_versions(missing) if missing else ():
            with suppress(Exception):  # told to whoever asks for it
                self.of(version.id, version.definition)
