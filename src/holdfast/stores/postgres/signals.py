"""What parked nodes wait for, and what ends it: a signal, an event that fits, their time.

A signal acts under its run's lock. It is kept when nothing waits for it yet or the run is paused, and acts the moment
that its wait begins or the run goes on (``Settlement``). One that is for a certain job alone is kept once, and only
while the run is paused: whoever sends it may send it twice.
"""

from collections.abc import Sequence
from dataclasses import replace

from holdfast.model.errors import Conflict
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.job import JobState
from holdfast.model.records import RunRecord, WaitRecord
from holdfast.model.run import RUN_ENDED, NodeState, RunView
from holdfast.model.wait import Signal
from holdfast.ports import Finished
from holdfast.stores.apart import settle_found
from holdfast.stores.codec import encode_or_null
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.runs import Runs, locked_run
from holdfast.stores.postgres.settlement import Settlement
from holdfast.stores.postgres.sql import waits as sql
from holdfast.stores.rows import wait_record
from holdfast.stores.settling import TIMEOUT_PORT, LiveJob, resumed, timed_out


class Signals(Runs):
    async def signal_run(self, tenant: str, run_id: str, signal: Signal, now: Instant) -> tuple[RunRecord, Finished]:
        async def work(connection: Connection) -> Finished:
            settlement = Settlement(connection, self._rules, now)
            fold = await locked_run(connection, settlement, tenant, run_id)
            if fold.view.state in RUN_ENDED:
                raise Conflict(f"the run has ended {fold.view.state.value}")
            live = await _waiting(connection, settlement, run_id, signal)
            if live is not None and not fold.paused:
                settlement.move(live, resumed(live, now, port=signal.port, output=signal.output))
            elif signal.job_id is None or live is not None:
                await _check_wanted(connection, fold.view, signal)
                await _keep(connection, run_id, signal, now)
            return await settlement.write()

        finished = await self._db.transact(work)
        return await self.get_run(tenant, run_id, now), finished

    async def expire_waits(self, now: Instant, limit: int = 500) -> Finished:
        async def find(count: int) -> list[Row]:
            return await self._db.fetch(sql.OVERDUE, now, count)

        async def end(rows: Sequence[Row]) -> Finished:
            return await self._db.transact(lambda connection: self._time_out_waits(connection, rows, now))

        return await settle_found(find, end, lambda row: row["run_id"] or row["job_id"], limit)

    async def _time_out_waits(self, connection: Connection, rows: Sequence[Row], now: Instant) -> Finished:
        """Ends those of these that still wait and whose run isn't paused."""
        settlement = Settlement(connection, self._rules, now)
        folds = await settlement.lock_runs(row["run_id"] for row in rows if row["run_id"] is not None)
        ended = 0
        for live in (await settlement.lock_jobs(row["job_id"] for row in rows)).values():
            fold = folds.get(live.run_id or "")
            goes = live.run_id is None or (fold is not None and not fold.paused)
            if goes and live.state == JobState.WAITING and live.due_at <= now:
                handled = fold is not None and bool(fold.graph.edges_from(live.node_id or "", TIMEOUT_PORT))
                settlement.move(live, timed_out(live, now, handled=handled))
                ended += 1
        return replace(await settlement.write(), ended=ended)

    async def waits_for_events(self) -> list[WaitRecord]:
        return [wait_record(row) for row in await self._db.fetch(sql.FOR_EVENTS)]

    async def list_waits(self, tenant: str, run_id: str) -> list[WaitRecord]:
        rows = await self._db.seen(sql.LIST_WAITS, run_id) if is_id(run_id) else []
        return [wait_record(row) for row in rows if row["tenant_id"] == tenant]


async def _waiting(connection: Connection, settlement: Settlement, run_id: str, signal: Signal) -> LiveJob | None:
    """The parked job that the signal is for, locked."""
    rows = await connection.fetch(sql.WAITS_OF_NAME, run_id, signal.name)
    ids = [row["job_id"] for row in rows if signal.job_id in (None, row["job_id"])]
    found = await settlement.lock_jobs(ids[:1])
    return next(iter(found.values()), None)


async def _check_wanted(connection: Connection, run: RunView, signal: Signal) -> None:
    """Raises ``Conflict`` for a signal that no node is left to take."""
    if not signal.takers:
        return
    ended = [node_id for node_id, node in run.nodes.items() if node.state is not NodeState.ACTIVE]
    (row,) = await connection.fetch(sql.COUNT_KEPT, run.id, signal.name)
    signal.check_wanted(ended, row["kept"])


async def _keep(connection: Connection, run_id: str, signal: Signal, now: Instant) -> None:
    if signal.job_id is not None and await connection.fetch(sql.KEPT_FOR, run_id, signal.name, signal.job_id):
        return
    output = encode_or_null(signal.output)
    await connection.fetch(sql.KEEP_SIGNAL, run_id, signal.job_id, signal.name, signal.port, output, signal.by, now)
