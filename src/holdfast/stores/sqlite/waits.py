"""What parked nodes wait for on SQLite: signals end them, their time ends them, and readers look at them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from holdfast.model.errors import Conflict
from holdfast.model.instant import Instant
from holdfast.model.job import ENDED
from holdfast.model.records import RunRecord, WaitRecord
from holdfast.model.run import RUN_ENDED, NodeState, RunState
from holdfast.model.wait import Signal
from holdfast.ports import Finished
from holdfast.stores.apart import NOTHING, settle_found
from holdfast.stores.codec import encode_or_null
from holdfast.stores.rows import wait_record
from holdfast.stores.settling import TIMEOUT_PORT, LiveJob, timed_out
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.runs import get
from holdfast.stores.sqlite.session import Rules, Session
from holdfast.stores.sqlite.settlement import Settlement, resume
from holdfast.stores.sqlite.sql import children as sql
from holdfast.stores.sqlite.sql import finish as finish_sql

_ENDED: Final = frozenset({*ENDED, NodeState.SKIPPED})


class Waits(Session):
    async def signal_run(self, tenant: str, run_id: str, signal: Signal, now: Instant) -> tuple[RunRecord, Finished]:
        def work(db: sqlite3.Connection) -> tuple[RunRecord, Finished]:
            run = get(db, tenant, run_id, now)
            if run.state in RUN_ENDED:
                raise Conflict(f"the run has ended {run.state}")
            done = signalled(db, self._rules, run, signal, now)
            return get(db, tenant, run_id, now), done

        return await self._write(work)

    async def expire_waits(self, now: Instant, limit: int = 500) -> Finished:
        async def find(count: int) -> list[LiveJob]:
            return await self._read(lambda db: [LiveJob(*row) for row in db.execute(finish_sql.WAITED, (now, count))])

        async def end(jobs: Sequence[LiveJob]) -> Finished:
            return await self._write(lambda db: time_out(db, self._rules, jobs, now))

        return await settle_found(find, end, lambda job: job.run_id or job.id, limit)

    async def waits_for_events(self) -> list[WaitRecord]:
        return await self._read(lambda db: [wait_record(row) for row in db.execute(sql.EVENT_WAITS)])

    async def list_waits(self, tenant: str, run_id: str) -> list[WaitRecord]:
        def work(db: sqlite3.Connection) -> list[WaitRecord]:
            return [wait_record(row) for row in db.execute(sql.RUN_WAITS, (run_id,)) if row["tenant_id"] == tenant]

        return await self._read(work)


def signalled(db: sqlite3.Connection, rules: Rules, run: RunRecord, signal: Signal, now: Instant) -> Finished:
    """Ends the node that waits for the signal, or keeps it with the run."""
    wanted = {"run": run.id, "name": signal.name, "job": signal.job_id}
    row = db.execute(sql.WAITING_FOR, wanted).fetchone()
    if row is not None and run.state is not RunState.PAUSED:
        return resume(db, rules, [(row["job_id"], signal)], now)
    if row is not None or signal.job_id is None:
        _check_wanted(db, run, signal)
        output = encode_or_null(signal.output)
        values = (run.id, signal.job_id, signal.name, signal.port, output, signal.by, now)
        db.execute(sql.KEEP_SIGNAL, values)
    return NOTHING


def _check_wanted(db: sqlite3.Connection, run: RunRecord, signal: Signal) -> None:
    """Raises ``Conflict`` for a signal that no node is left to take."""
    if not signal.takers:
        return
    ended = [node_id for node_id, node in (run.nodes or {}).items() if node.state in _ENDED]
    (kept,) = db.execute(sql.COUNT_KEPT, (run.id, signal.name)).fetchone()
    signal.check_wanted(ended, kept)


def time_out(db: sqlite3.Connection, rules: Rules, jobs: Sequence[LiveJob], now: Instant) -> Finished:
    """Ends those of these jobs that are still parked and whose time has come."""
    rows = db.execute(finish_sql.STILL_WAITED, (id_list(job.id for job in jobs), now)).fetchall()
    waiting = [LiveJob(*row) for row in rows]
    settlement = Settlement(db, rules, now)
    settlement.lock(live.run_id for live in waiting if live.run_id is not None)
    for live in waiting:
        settlement.move(live, timed_out(live, now, handled=_handles_timeout(settlement, live)))
    return replace(settlement.write(), ended=len(waiting))


def _handles_timeout(settlement: Settlement, live: LiveJob) -> bool:
    run = settlement.run(live.run_id or "")
    if run is None or live.node_id is None:
        return False
    return bool(run.fold.graph.edges_from(live.node_id, TIMEOUT_PORT))
