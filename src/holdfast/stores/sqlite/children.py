"""Families on SQLite: children that begin, what their ends come to, and reading them.

``Families`` lives inside one write transaction beside the settlement of the parents, whose runs it has locked. It takes
the ends of children, asks ``spawn.step``, and writes all that begins in a few statements.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from holdfast.model.advance_flow import expression_error
from holdfast.model.errors import NotFound
from holdfast.model.expression import ExpressionError
from holdfast.model.instant import Instant, format_instant
from holdfast.model.job import JobState
from holdfast.model.json import JSON
from holdfast.model.outcome import ErrorInfo
from holdfast.model.records import ChildRecord, Page
from holdfast.model.run import NodeState
from holdfast.model.spawn import MAX_ITEMS, ChildEnd, ChildState, Family, step
from holdfast.ports import Accepted
from holdfast.stores.codec import bad_cursor, decode, decode_cursor, encode_cursor
from holdfast.stores.families import (
    Called,
    Child,
    MailRow,
    ParentRun,
    body_child,
    called_child,
    called_input,
    failure_of,
    has_room,
    next_iteration,
    recorded,
    result_of,
    spawn_mail,
    too_large,
)
from holdfast.stores.rows import around_of, child_record
from holdfast.stores.settling import resumed
from holdfast.stores.sqlite.bulk import write_rows
from holdfast.stores.sqlite.folds import Locked
from holdfast.stores.sqlite.session import Rules, Session
from holdfast.stores.sqlite.settlement import Settlement, lock_live
from holdfast.stores.sqlite.sql import children as sql
from holdfast.stores.sqlite.sql import workflows as workflows_sql
from holdfast.stores.sqlite.starting import start

_REFUSED = ErrorInfo("refused", "the workflow's limit of concurrent runs is reached")


class Children(Session):
    async def list_children(
        self, tenant: str, run_id: str, node_id: str, state: ChildState | None, cursor: str | None, limit: int
    ) -> Page[ChildRecord]:
        after = -1 if cursor is None else _index_of(cursor)
        values: dict[str, Any] = {"run": run_id, "node": node_id, "after": after, "limit": limit + 1, "state": state}
        statement = sql.LIST.replace("{more}", "" if state is None else "AND state = :state")

        def work(db: sqlite3.Connection) -> Page[ChildRecord]:
            if db.execute(sql.KNOWN_NODE, (run_id, node_id, tenant)).fetchone() is None:
                raise NotFound(f"no node {node_id} of a run {run_id} that was reached")
            rows = db.execute(statement, values).fetchall()
            items = tuple(child_record(row) for row in rows[:limit])
            return Page(items, encode_cursor(items[-1].index) if len(rows) > limit else None)

        return await self._read(work)


class Families:
    """The families of one transaction's runs, whose settlement is written afterwards."""

    def __init__(self, db: sqlite3.Connection, rules: Rules, settlement: Settlement, now: Instant) -> None:
        self._db = db
        self._rules = rules
        self._settlement = settlement
        self._now = now
        self._begun: list[tuple[Locked, str, Child]] = []
        self._more: list[MailRow] = []
        self._called: dict[tuple[str, str], Called | None] = {}
        self._queued: set[str] = set()

    def go_on(self, run: Locked, node_id: str, ends: Sequence[ChildEnd]) -> None:
        """Takes ends of children that are written already; with none, the family begins."""
        fold = run.fold
        family, node = fold.families.get(node_id), fold.view.nodes.get(node_id)
        if family is None or node is None:
            return
        if fold.ended or node.state is not NodeState.ACTIVE:
            fold.families[node_id] = recorded(family, ends)
            return
        try:
            judged = [self._judged(run, node_id, end) for end in ends] if family.kind == "loop" else ends
        except ExpressionError as error:
            fold.families[node_id] = recorded(family, ends)
            self._end(run, node_id, error=expression_error("until", error))
            return
        taken = step(family, judged)
        fold.families[node_id] = taken.family
        begun = self._begin(run, node_id, taken.family, taken.start, ends)
        if has_room(taken):
            self._more.append(spawn_mail(fold.view.id, node_id))
        if taken.failure is not None:
            run_id = self._child_id(run, node_id, taken.failure.index)
            self._end(run, node_id, error=failure_of(family, taken.failure, run_id))
        elif taken.done:
            self._finish(run, node_id, taken.family, begun)

    def write(self) -> bool:
        """Writes the runs that began; whether mail was sent: of one that ended at once, or to begin with more."""
        self._start([child for _, _, child in self._begun])
        ends = [
            child.end_mail(run.fold.view, node_id)
            for run, node_id, child in self._begun
            if child.run is None or child.run.plan.view.id not in self._queued  # its plan is of no account yet
        ]
        told = [*self._more, *(end for end in ends if end is not None)]
        write_rows(self._db, sql.SEND, told)
        return bool(told)

    @property
    def queues(self) -> frozenset[str]:
        """Where the runs that began have work."""
        runs = (child.run for _, _, child in self._begun if child.run is not None)
        return frozenset(job.queue for run in runs for job in run.jobs)

    def _start(self, children: Sequence[Child]) -> list[Accepted]:
        runs = [child.run for child in children if child.run is not None]
        places = {child.run.plan.view.id: child.place for child in children if child.run is not None}
        return start(self._db, self._rules, runs, self._now, places, self._queued)

    # -- beginning ---------------------------------------------------------------------------------------------------

    def _begin(self, run: Locked, node_id: str, family: Family, count: int, ends: Sequence[ChildEnd]) -> list[Child]:
        if count == 0:
            return []
        view, db = run.fold.view, self._db
        if family.kind == "loop":
            index, item = next_iteration(family), ends[-1].output if ends else None
            children = [self._child(run, node_id, family, index, item)]
            write_rows(db, sql.ADD_CHILDREN, [child.row(view, node_id) for child in children])
        else:
            rows = db.execute(sql.NEXT_NEW, (view.id, node_id, count)).fetchall()
            children = self._children(run, node_id, family, rows)
            ids = [None if child.run is None else child.run.plan.view.id for child in children]
            begun = zip(children, ids, strict=True)
            write_rows(db, sql.BEGIN, [(view.id, node_id, child.index, run_id) for child, run_id in begun])
        self._begun += [(run, node_id, child) for child in children]
        return children

    def _children(self, run: Locked, node_id: str, family: Family, rows: Sequence[sqlite3.Row]) -> list[Child]:
        first: Child | None = None
        children = []
        for row in rows:
            child = self._child(run, node_id, family, row["idx"], decode(row["item"]), first)
            first = first or child
            children.append(child)
        return children

    def _child(
        self, run: Locked, node_id: str, family: Family, index: int, item: JSON, like: Child | None = None
    ) -> Child:
        view = run.fold.view
        parent = ParentRun(view, run.workflow_id, run.depth, self._now, lambda: self._rules.new_id(self._now))
        if family.workflow is None:
            around = around_of(self._rules.closure(self._db, view.id, node_id), item, index)
            graph = run.fold.graph.bodies[node_id]
            return body_child(parent, node_id, family.kind, index, item, around, graph, like)
        called = self._newest(view.tenant, family.workflow)
        run_input, at = called_input(family.kind, index, item), format_instant(self._now)
        child = called_child(parent, node_id, index, item, run_input, called, self._rules.checked_input, at)
        return self._unless_refused(child)

    def _unless_refused(self, child: Child) -> Child:
        """A run that its workflow's limit may refuse is started now, so that a refusal is known."""
        if child.run is None or child.run.limit is None or child.run.when_full != "reject":
            return child
        (answer,) = self._start([child])
        return Child(child.index, child.item, child.place, None, _REFUSED) if answer.refused else child

    def _newest(self, tenant: str, name: str) -> Called | None:
        if (tenant, name) not in self._called:
            row = self._db.execute(workflows_sql.BY_NAME, (name, tenant)).fetchone()
            self._called[tenant, name] = None if row is None else self._as_called(row)
        return self._called[tenant, name]

    def _as_called(self, row: sqlite3.Row) -> Called:
        graph = self._rules.graph(self._db, row["version_id"])
        return Called(row["id"], row["name"], row["version"], row["version_id"], bool(row["enabled"]), graph)

    # -- ending ------------------------------------------------------------------------------------------------------

    def _judged(self, run: Locked, node_id: str, end: ChildEnd) -> ChildEnd:
        """Whether the loop is over after this iteration. Raises what its expression raises."""
        if end.state is not ChildState.SUCCEEDED:
            return end
        fold = run.fold
        closure = self._rules.closure(self._db, fold.view.id, node_id)
        scope = fold.graph.scope_within(fold.view, closure, end.output, end.index, self._now)
        over = fold.graph.loop_over(node_id, scope)
        return ChildEnd(end.index, end.state, end.output, end.error, over)

    def _finish(self, run: Locked, node_id: str, family: Family, begun: Sequence[Child]) -> None:
        if not family.detached:
            if family.kind == "map" and (refused := too_large(self._size(run, node_id))) is not None:
                self._end(run, node_id, error=refused)
                return
            outputs = self._outputs(run, node_id, family)
            self._end(run, node_id, output=result_of(family, outputs, None))
            return
        child = begun[0]
        if child.run is None:
            error = None if child.error is None else child.error.as_json()
            end = ChildEnd(child.index, ChildState.FAILED, error=error)
            self._end(run, node_id, error=failure_of(family, end, None))
        else:
            self._end(run, node_id, output=result_of(family, (), child.run.plan.view.id))

    def _size(self, run: Locked, node_id: str) -> int:
        size: int = self._db.execute(sql.OUTPUT_SIZE, (run.fold.view.id, node_id)).fetchone()[0]
        return size

    def _outputs(self, run: Locked, node_id: str, family: Family) -> list[JSON]:
        view = run.fold.view
        if family.kind == "map":
            outputs = decode(self._db.execute(sql.OUTPUTS, (view.id, node_id)).fetchone()[0])
            return outputs if isinstance(outputs, list) else []
        last = self._db.execute(sql.LAST_OUTPUT, (view.id, node_id)).fetchone()
        return [] if last is None else [decode(last[0])]

    def _child_id(self, run: Locked, node_id: str, index: int) -> str | None:
        row = self._db.execute(sql.CHILD_ID, (run.fold.view.id, node_id, index)).fetchone()
        return None if row is None else row[0]

    def _end(self, run: Locked, node_id: str, *, output: JSON = None, error: ErrorInfo | None = None) -> None:
        """Ends the node's parked job."""
        job_id = run.fold.view.nodes[node_id].job_id
        for live in lock_live(self._db, [job_id] if job_id else []).values():
            if live.state == JobState.WAITING:
                self._settlement.move(live, resumed(live, self._now, output=output, error=error))


def _index_of(cursor: str) -> int:
    """The index that a page ended with. Raises ``Invalid``."""
    (index,) = decode_cursor(cursor, int)
    if not isinstance(index, int) or not 0 <= index < MAX_ITEMS:
        raise bad_cursor()
    return index


def write_ends(db: sqlite3.Connection, ends: Sequence[sqlite3.Row]) -> None:
    """What children came to, from mail rows."""
    rows = [(row["run_id"], row["node_id"], row["idx"], row["state"], row["output"], row["error"]) for row in ends]
    write_rows(db, sql.END, rows)
