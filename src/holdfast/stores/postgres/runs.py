"""Runs: started, cancelled, paused, timed out, read. What follows from an event of a run is ``advance``'s to say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.model.records import Page, RunContext, RunRecord
from holdfast.model.run import RUN_ENDED, RunCancelled, RunPaused, RunResumed, RunState, RunTimedOut
from holdfast.ports import Accepted, Finished, Handed, NewRun, Taker
from holdfast.stores.apart import settle_found
from holdfast.stores.codec import encode_cursor
from holdfast.stores.handing import handed
from holdfast.stores.planning import RunFold
from holdfast.stores.postgres.connection import PROMPT, Connection, Row
from holdfast.stores.postgres.dedupe import drop_dedupe, take_dedupe
from holdfast.stores.postgres.firings import write_firings
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part, columns
from holdfast.stores.postgres.settlement import Settlement
from holdfast.stores.postgres.sql import runs as sql
from holdfast.stores.postgres.starting import Started, start
from holdfast.stores.postgres.surroundings import surroundings
from holdfast.stores.rows import run_context, run_node_record, run_record, wait_record
from holdfast.stores.run_rows import ALONE
from holdfast.stores.trigger_rows import firing_row


class Runs(Part):
    # -- changing ----------------------------------------------------------------------------------------------------

    async def start_runs(self, batch: Sequence[NewRun], now: Instant, taker: Taker | None = None) -> list[Accepted]:
        async def work(connection: Connection) -> list[Accepted]:
            earlier = await take_dedupe(connection, [(new.dedupe, (new.plan.view.id,)) for new in batch], now)
            fresh = [new for new, answered in zip(batch, earlier, strict=True) if answered is None]
            started = await start(connection, [(new, ALONE) for new in fresh], now, taker)
            refused, given = started.refused, await self._handed(connection, fresh, started.handed)
            # What was refused was not done: a repeat may find a place.
            await drop_dedupe(connection, [new.dedupe for new in fresh if new.plan.view.id in refused])
            begun = [new for new in fresh if new.firing is not None and new.plan.view.id not in refused]
            await write_firings(connection, [firing_row(new.firing, new.plan.view.id) for new in begun if new.firing])
            return [
                _answer(new.plan.view.id, started, given) if answered is None else answered[0]
                for new, answered in zip(batch, earlier, strict=True)
            ]

        return await self._db.transact(work, patience=PROMPT)

    async def _handed(
        self, connection: Connection, fresh: Sequence[NewRun], steps: Sequence[ClaimedJob]
    ) -> dict[str, Handed]:
        """What was handed over of each run, with what these steps may read."""
        if not steps:
            return {}
        begun = {step.run_id for step in steps}
        views = [new.plan.view for new in fresh if new.plan.view.id in begun]
        graphs = await self._rules.versions.graphs(connection, (view.version_id for view in views))
        return handed(steps, {view.id: RunFold(view, graphs[view.version_id]) for view in views})

    async def cancel_run(
        self, tenant: str, run_id: str, now: Instant, *, compensate: bool = False
    ) -> tuple[RunRecord, Finished]:
        def cancel(fold: RunFold) -> None:
            _must_go_on(fold)
            fold.feed(RunCancelled(compensate=compensate))

        return await self._change(tenant, run_id, now, cancel)

    async def pause_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        def pause(fold: RunFold) -> None:
            _must_go_on(fold)
            if fold.view.state is RunState.PENDING:
                raise Conflict("the run waits for its place; it can be cancelled, not paused")
            if fold.paused:
                raise Conflict("the run is paused already")
            fold.feed(RunPaused())

        return await self._change(tenant, run_id, now, pause)

    async def resume_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        def resume(fold: RunFold) -> None:
            _must_go_on(fold)
            if not fold.paused:
                raise Conflict("the run isn't paused")
            fold.feed(RunResumed())

        return await self._change(tenant, run_id, now, resume)

    async def _change(
        self, tenant: str, run_id: str, now: Instant, change: Callable[[RunFold], None]
    ) -> tuple[RunRecord, Finished]:
        async def work(connection: Connection) -> Finished:
            settlement = Settlement(connection, self._rules, now)
            change(await locked_run(connection, settlement, tenant, run_id))
            return await settlement.write()

        finished = await self._db.transact(work)
        return await self.get_run(tenant, run_id, now), finished

    async def expire_runs(self, now: Instant, limit: int = 100) -> Finished:
        async def find(count: int) -> list[str]:
            return [row["id"] for row in await self._db.fetch(sql.EXPIRED, now, count)]

        async def end(run_ids: Sequence[str]) -> Finished:
            return await self._db.transact(lambda connection: self._time_out(connection, run_ids, now))

        return await settle_found(find, end, str, limit)

    async def _time_out(self, connection: Connection, run_ids: Sequence[str], now: Instant) -> Finished:
        """Fails those of these runs that are still open and don't end already."""
        settlement = Settlement(connection, self._rules, now)
        folds = (await settlement.lock_runs(run_ids)).values()
        still_open = [fold for fold in folds if fold.view.state not in RUN_ENDED and fold.view.ending is None]
        for fold in still_open:
            fold.feed(RunTimedOut())
        return replace(await settlement.write(), ended=len(still_open))

    # -- reading -----------------------------------------------------------------------------------------------------

    async def run_contexts(self, wanted: Sequence[tuple[str, frozenset[str]]]) -> list[RunContext]:
        if not wanted:
            return []
        rows = await self._db.fetch(sql.CONTEXTS, sorted({run_id for run_id, _ in wanted}))
        runs = {row["id"]: row for row in rows}
        around = await surroundings(self._db.fetch, rows)
        pairs = sorted({(run_id, node) for run_id, nodes in wanted for node in nodes})
        values: dict[str, list[Row]] = {}
        for row in await self._db.fetch(sql.NODE_VALUES, *columns(pairs, 2)) if pairs else ():
            values.setdefault(row["run_id"], []).append(row)
        contexts = []
        for run_id, nodes in wanted:
            if run_id not in runs:
                raise NotFound(f"no run {run_id}")
            found = [value for value in values.get(run_id, ()) if value["node_id"] in nodes]
            contexts.append(run_context(runs[run_id], found, around.get(run_id)))
        return contexts

    async def get_run(self, tenant: str, run_id: str, now: Instant) -> RunRecord:
        row = await self._db.seen_first(sql.GET, now, tenant, run_id) if is_id(run_id) else None
        if row is None:
            raise NotFound(f"no run {run_id}")
        shown = await self._db.seen(sql.SHOWN_NODES, run_id)
        nodes = [run_node_record(node, now, None if node["wait"] is None else wait_record(node)) for node in shown]
        return run_record(row, {node.node_id: node for node in nodes})

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
        values: list[Any] = [now, tenant, id_after(cursor), limit + 1]
        more, shown = _state(state, values)
        more += {None: "", True: " AND r.version = 0", False: " AND r.version > 0"}[test]
        if workflow is not None:
            ids = await self._workflows_named(tenant, workflow)
            if not ids:
                return Page(())
            values.append(ids[0] if len(ids) == 1 else ids)
            more += f" AND r.workflow_id = {f'${len(values)}' if len(ids) == 1 else f'ANY (${len(values)}::uuid[])'}"
        rows = await self._db.seen(sql.LIST.replace("{more}", more).replace("{shown}", shown), *values)
        items = tuple(run_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def _workflows_named(self, tenant: str, workflow: str) -> list[str]:
        as_id = workflow if is_id(workflow) else None
        return [row["id"] for row in await self._db.seen(sql.WORKFLOWS_NAMED, tenant, workflow, as_id)]


def _state(state: RunState | None, values: list[Any]) -> tuple[str, str]:
    """Conditions on the stored state, and on what is shown of it: RUNNING with nothing due is WAITING."""
    if state is None:
        return "", ""
    stored = RunState.RUNNING if state is RunState.WAITING else state
    values.append(stored.value)
    more = f" AND r.state = ${len(values)}"
    if state not in RUN_ENDED:
        more += " AND r.finished_at IS NULL"
    shown = {RunState.RUNNING: " AND busy", RunState.WAITING: " AND NOT busy"}.get(state, "")
    return more, shown


async def locked_run(connection: Connection, settlement: Settlement, tenant: str, run_id: str) -> RunFold:
    """The tenant's run, locked. Raises ``NotFound``."""
    if is_id(run_id) and await connection.fetchrow(sql.RUN_STATE, tenant, run_id) is not None:
        fold = (await settlement.lock_runs([run_id])).get(run_id)
        if fold is not None:  # else: pruned since it was looked at
            return fold
    raise NotFound(f"no run {run_id}")


def _answer(run_id: str, started: Started, given: Mapping[str, Handed]) -> Accepted:
    return Accepted(
        run_id, refused=run_id in started.refused, handed=given.get(run_id), waiting=run_id in started.queued
    )


def _must_go_on(fold: RunFold) -> None:
    if fold.view.state in RUN_ENDED:
        raise Conflict(f"the run has ended {fold.view.state.value}")
