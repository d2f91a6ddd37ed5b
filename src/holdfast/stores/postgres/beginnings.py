"""Children that begin: the next of each family become runs, of their node's body or of the workflow that it calls."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from holdfast.model.instant import Instant, format_instant
from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.stores.codec import decode
from holdfast.stores.families import (
    Called,
    Child,
    MailRow,
    ParentRun,
    body_child,
    called_child,
    called_input,
    next_iteration,
)
from holdfast.stores.planning import RunFold
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.kin import send
from holdfast.stores.postgres.part import Rules, columns, run
from holdfast.stores.postgres.sql import families as sql
from holdfast.stores.postgres.starting import start
from holdfast.stores.postgres.surroundings import NodeKey, closures
from holdfast.stores.postgres.twins import MANY, alike, begin_twins
from holdfast.stores.rows import around_of

CHILD_COLUMNS = 8

REFUSED = ErrorInfo("refused", "the workflow has no place for another run now")


class Beginning(NamedTuple):
    """At most ``room`` children of a node that begin: a loop's with ``item``, others from index ``first`` on."""

    fold: RunFold
    row: Row
    node_id: str
    first: int
    item: JSON
    room: int

    @property
    def key(self) -> NodeKey:
        return (self.fold.view.id, self.node_id)

    @property
    def called(self) -> str | None:
        return self.fold.families[self.node_id].workflow


class Beginnings:
    """``mail``: of children that ended at once. ``told``: older runs were told to give way. ``queues`` have work."""

    def __init__(self, connection: Connection, rules: Rules, now: Instant) -> None:
        self._connection = connection
        self._rules = rules
        self._now = now
        self._refused: set[NodeKey] = set()
        self._next: dict[NodeKey, int] = {}
        self.mail: list[MailRow] = []
        self.queues: set[str] = set()
        self.told = False

    def refused(self, key: NodeKey) -> bool:
        """Whether a child of the node couldn't begin."""
        return key in self._refused

    def next_index(self, key: NodeKey) -> int:
        return self._next.get(key, 0)

    async def begin(self, wanted: Sequence[Beginning]) -> None:
        wanted = [one for one in wanted if not await self._alike(one)]
        if not wanted:
            return
        items = await self._items(wanted)
        around = await closures(self._connection.fetch, [one.key for one in wanted if one.called is None])
        called = await self._called(wanted)
        born: list[tuple[Beginning, Child]] = []
        for one in wanted:
            parent = self._parent(one)
            kind = one.fold.families[one.node_id].kind
            for index, item in items[one.key]:
                if one.called is not None:
                    child = self._call(parent, one, kind, index, item, called.get((parent.view.tenant, one.called)))
                else:
                    surrounding = around_of(around.get(one.key, {}), item, index)
                    graph = one.fold.graph.of_body(one.node_id)
                    child = body_child(parent, one.node_id, kind, index, item, surrounding, graph)
                born.append((one, child))
                self._next[one.key] = index + 1
        await self._write(born)

    async def _alike(self, one: Beginning) -> bool:
        """Begins a map's children by one statement if there are many and they begin alike."""
        family = one.fold.families[one.node_id]
        if one.room < MANY or family.kind != "map" or one.called is not None:
            return False
        graph = one.fold.graph.of_body(one.node_id)
        if not alike(graph):
            return False
        self._next[one.key], queues = await begin_twins(self._connection, self._parent(one), graph, one.first, one.room)
        self.queues |= queues
        return True

    async def _items(self, wanted: Sequence[Beginning]) -> dict[NodeKey, list[tuple[int, JSON]]]:
        items: defaultdict[NodeKey, list[tuple[int, JSON]]] = defaultdict(list)
        asked = []
        for one in wanted:
            family = one.fold.families[one.node_id]
            if family.kind == "loop":
                items[one.key].append((next_iteration(family), one.item))
            else:
                asked.append((*one.key, one.first, one.room))
        for row in await self._connection.fetch(sql.NEXT_CHILDREN, *columns(asked, 4)) if asked else ():
            items[row["run_id"], row["node_id"]].append((row["idx"], decode(row["item"])))
        return items

    async def _called(self, wanted: Sequence[Beginning]) -> dict[tuple[str, str], Called]:
        names = sorted({(one.fold.view.tenant, one.called) for one in wanted if one.called is not None})
        rows = await self._connection.fetch(sql.CALLED, *columns(names, 2)) if names else []
        graphs = await self._rules.versions.graphs(self._connection, (row["version_id"] for row in rows))
        return {
            (row["tenant_id"], row["name"]): Called(
                row["id"], row["name"], row["version"], row["version_id"], row["enabled"], graphs[row["version_id"]]
            )
            for row in rows
        }

    def _parent(self, one: Beginning) -> ParentRun:
        new_id = self._rules.new_id
        return ParentRun(one.fold.view, one.row["workflow_id"], one.row["depth"], self._now, lambda: new_id(self._now))

    def _call(
        self, parent: ParentRun, one: Beginning, kind: str, index: int, item: JSON, called: Called | None
    ) -> Child:
        run_input = called_input(kind, index, item)
        at = format_instant(self._now)
        return called_child(parent, one.node_id, index, item, run_input, called, self._rules.checked_input, at)

    async def _write(self, born: Sequence[tuple[Beginning, Child]]) -> None:
        started = await start(
            self._connection, [(child.run, child.place) for _, child in born if child.run is not None], self._now
        )
        self.queues |= started.queues
        self.told |= started.mail
        rows = []
        for one, child in born:
            if child.run is not None and child.run.plan.view.id in started.refused:
                child = Child(child.index, child.item, child.place, None, REFUSED)
            rows.append(child.row(one.fold.view, one.node_id))
            if child.run is None:
                self._refused.add(one.key)
            if child.run is None or child.run.plan.view.id not in started.queued:
                end = child.end_mail(one.fold.view, one.node_id)
                self.mail += [] if end is None else [end]
        await run(self._connection, sql.SAVE_CHILDREN, rows, CHILD_COLUMNS)
        await send(self._connection, self.mail)
