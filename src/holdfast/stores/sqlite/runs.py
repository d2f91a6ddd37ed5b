"""The ``RunStore`` part of the port on SQLite: start, context, cancel, pause, timeout, reads."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page, RunContext, RunRecord
from holdfast.model.run import RunCancelled, RunEvent, RunPaused, RunResumed, RunState, RunTimedOut
from holdfast.ports import Accepted, Finished, NewRun, Taker
from holdfast.stores.apart import settle_found
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.revival import why_not
from holdfast.stores.rows import run_node_record, run_record, wait_record
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.folds import contexts
from holdfast.stores.sqlite.job_reads import AFTER_ALL_IDS
from holdfast.stores.sqlite.session import Rules, Session
from holdfast.stores.sqlite.settlement import Settlement
from holdfast.stores.sqlite.sql import children as children_sql
from holdfast.stores.sqlite.sql import runs as sql
from holdfast.stores.sqlite.starting import admissible, admit_queued, start
from holdfast.stores.sqlite.workflows import find


class Runs(Session):
    async def start_runs(self, batch: Sequence[NewRun], now: Instant, taker: Taker | None = None) -> list[Accepted]:
        return await self._write(lambda db: start(db, self._rules, batch, now, taker=taker))

    async def admit_runs(self, now: Instant, limit: int = 100) -> Finished:
        async def find(count: int) -> list[str]:
            return await self._read(lambda db: admissible(db, count))

        async def begin(run_ids: Sequence[str]) -> Finished:
            return await self._write(lambda db: admit_queued(db, self._rules, run_ids, now))

        return await settle_found(find, begin, str, limit)

    async def run_contexts(self, wanted: Sequence[tuple[str, frozenset[str]]]) -> list[RunContext]:
        return await self._read(lambda db: contexts(db, self._rules, wanted))

    async def cancel_run(
        self, tenant: str, run_id: str, now: Instant, *, compensate: bool = False
    ) -> tuple[RunRecord, Finished]:
        return await self._tell(tenant, run_id, RunCancelled(compensate=compensate), now)

    async def pause_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        return await self._tell(tenant, run_id, RunPaused(), now)

    async def resume_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        return await self._tell(tenant, run_id, RunResumed(), now)

    async def _tell(self, tenant: str, run_id: str, event: RunEvent, now: Instant) -> tuple[RunRecord, Finished]:
        def work(db: sqlite3.Connection) -> tuple[RunRecord, Finished]:
            if reason := why_not(get(db, tenant, run_id, now), event):
                raise Conflict(reason)
            settlement = Settlement(db, self._rules, now)
            settlement.lock([run_id])
            settlement.tell(run_id, event)
            done = settlement.write()
            return get(db, tenant, run_id, now), done

        return await self._write(work)

    async def expire_runs(self, now: Instant, limit: int = 100) -> Finished:
        async def find(count: int) -> list[str]:
            return await self._read(lambda db: [row["id"] for row in db.execute(sql.EXPIRED, (now, count))])

        async def end(run_ids: Sequence[str]) -> Finished:
            return await self._write(lambda db: expire(db, self._rules, run_ids, now))

        return await settle_found(find, end, str, limit)

    async def get_run(self, tenant: str, run_id: str, now: Instant) -> RunRecord:
        return await self._read(lambda db: get(db, tenant, run_id, now))

    async def list_runs(
        self,
        tenant: str,
        workflow: str | None,
        state: RunState | None,
        now: Instant,
        cursor: str | None,
        limit: int,
        *,
        test: bool | None = None,
    ) -> Page[RunRecord]:
        return await self._read(lambda db: list_page(db, tenant, workflow, state, now, cursor, limit, test))


def expire(db: sqlite3.Connection, rules: Rules, run_ids: Sequence[str], now: Instant) -> Finished:
    """Fails those of these runs that are still open."""
    settlement = Settlement(db, rules, now)
    expired = [row["id"] for row in db.execute(sql.STILL_OPEN, (id_list(run_ids),))]
    settlement.lock(expired)
    for run_id in expired:
        settlement.tell(run_id, RunTimedOut())
    return replace(settlement.write(), ended=len(expired))


def get(db: sqlite3.Connection, tenant: str, run_id: str, now: Instant) -> RunRecord:
    """With its nodes. Raises ``NotFound``."""
    run = db.execute(sql.GET, {"id": run_id, "tenant": tenant, "now": now}).fetchone()
    if run is None:
        raise NotFound(f"no run {run_id}")
    waits = {row["node_id"]: wait_record(row) for row in db.execute(children_sql.RUN_WAITS, (run_id,))}
    nodes = [run_node_record(row, now, waits.get(row["node_id"])) for row in db.execute(sql.NODES, (run_id,))]
    return replace(run_record(run), nodes={node.node_id: node for node in nodes})


def list_page(
    db: sqlite3.Connection,
    tenant: str,
    workflow: str | None,
    state: RunState | None,
    now: Instant,
    cursor: str | None,
    limit: int,
    test: bool | None,
) -> Page[RunRecord]:
    before = AFTER_ALL_IDS if cursor is None else decode_cursor(cursor, str)[0]
    values: dict[str, object] = {"tenant": tenant, "before": before, "now": now, "limit": limit + 1}
    more = {None: "", True: " AND r.version = 0", False: " AND r.version > 0"}[test]
    if workflow is not None:
        column, values["workflow"] = _workflow(db, tenant, workflow)
        more += f" AND r.{column} = :workflow"
    indexed = "INDEXED BY runs_tests" if test else ""
    statement = sql.LIST.replace("{indexed}", indexed).replace("{more}", more).replace("{shown}", _shown(state))
    rows = db.execute(statement, {**values, "state": state}).fetchall()
    items = tuple(run_record(row) for row in rows[:limit])
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


def _shown(state: RunState | None) -> str:
    if state is None:
        return ""
    if state is RunState.WAITING:
        return " AND (state = 'WAITING' OR (state = 'RUNNING' AND NOT busy))"
    return " AND state = :state" + (" AND busy" if state is RunState.RUNNING else "")


def _workflow(db: sqlite3.Connection, tenant: str, name_or_id: str) -> tuple[str, str]:
    """The column and value that select a workflow's runs; a deleted one is still known by the name its runs bear."""
    try:
        return "workflow_id", find(db, tenant, name_or_id)["id"]
    except NotFound:
        known = db.execute(sql.HAS_RUNS, (name_or_id, tenant)).fetchone()
        return ("workflow" if known is None else "workflow_id"), name_or_id
