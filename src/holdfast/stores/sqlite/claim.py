"""Claiming: due jobs move to RUNNING under a new lease, in fair order.

Queues go by priority; inside a queue ``stores.lanes`` divides the free slots among the tenants that wait; inside a
tenant the static rank decides. A job whose deadline passed is left for ``fail_overdue_jobs``. Writers take turns in
SQLite, so counts of running jobs are exact and need no locks.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from holdfast.model.errors import WorkerGone
from holdfast.model.fairness import Lane
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.ports import ClaimRequest
from holdfast.stores.codec import decode, decode_policy, encode
from holdfast.stores.history import EventRow, change_data
from holdfast.stores.lanes import divide
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.sql import claim as sql
from holdfast.stores.sqlite.sql import workers as workers_sql


def claim(db: sqlite3.Connection, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
    """Raises ``WorkerGone`` when the worker isn't alive."""
    if db.execute(workers_sql.IS_ALIVE, (request.worker_id,)).fetchone() is None:
        raise WorkerGone(f"worker {request.worker_id} isn't alive")
    wanted = Wanted(db, request, now)
    for queue in db.execute(sql.QUEUES, (id_list(request.queues),)).fetchall():
        if not queue["paused"] and wanted.left > 0:
            wanted.take_from(queue["name"], queue["concurrency"])
    return wanted.start()


@dataclass(slots=True)
class Wanted:
    """One claim in the making: the rows taken so far and the slots left."""

    db: sqlite3.Connection
    request: ClaimRequest
    now: Instant
    kinds: str = ""
    left: int = 0
    rows: list[sqlite3.Row] = field(default_factory=list)
    _by_tenant: dict[str, int] | None = None

    def __post_init__(self) -> None:
        self.kinds = id_list(sorted(self.request.kinds))
        self.left = self.request.limit

    def take_from(self, queue: str, concurrency: int | None) -> None:
        """Takes this queue's share of the slots that are left."""
        self.db.execute(sql.PROMOTE, (queue, self.now))
        slots = self.left
        if concurrency is not None:
            slots = min(slots, concurrency - self._count(sql.RUNNING_IN_QUEUE, queue))
        waiting = self.db.execute(sql.WAITING_TENANTS, {"queue": queue}).fetchall() if slots > 0 else []
        lanes = [self._lane(queue, row, slots) for row in waiting]
        for turn in divide(lanes, slots):
            if turn.slots:
                self._take(queue, turn.tenant, turn.slots)
            self.db.execute(sql.SAVE_LANE, (queue, turn.tenant, turn.passed, turn.idle))

    def _lane(self, queue: str, row: sqlite3.Row, slots: int) -> Lane:
        tenant: str = row["tenant_id"]
        # One more than could be taken, so that a lane that is emptied can be told from one that isn't.
        ready = self._count(sql.COUNT_READY, queue, tenant, self.kinds, self.now, slots + 1)
        room = None if row["max_running"] is None else max(0, row["max_running"] - self._running(tenant))
        return Lane(tenant, row["weight"], row["passed"], ready, room, bool(row["idle"]))

    def _running(self, tenant: str) -> int:
        if self._by_tenant is None:
            self._by_tenant = dict(map(tuple, self.db.execute(sql.RUNNING_BY_TENANT)))
        taken = sum(1 for row in self.rows if row["tenant_id"] == tenant)
        return self._by_tenant.get(tenant, 0) + taken

    def _count(self, statement: str, *values: object) -> int:
        count: int = self.db.execute(statement, values).fetchone()[0]
        return count

    def _take(self, queue: str, tenant: str, slots: int) -> None:
        taken = self.db.execute(sql.TAKE, (queue, tenant, self.kinds, self.now, slots)).fetchall()
        self.rows.extend(taken)
        self.left -= len(taken)

    def start(self) -> list[ClaimedJob]:
        """Moves what was taken to RUNNING and writes the events."""
        if not self.rows:
            return []
        self.db.execute(sql.START, (self.request.worker_id, self.now, id_list(row["id"] for row in self.rows)))
        write_events(self.db, _started_rows(self.rows, self.request.worker_id, self.now))
        return [_claimed(row, self.now) for row in self.rows]


def _claimed(row: sqlite3.Row, now: Instant) -> ClaimedJob:
    attempt: int = row["attempt"]
    return ClaimedJob(
        id=row["id"],
        tenant=row["tenant_id"],
        kind=row["kind"],
        queue=row["queue"],
        payload=decode(row["payload"]),
        attempt=attempt,
        used=attempt - row["base_attempt"],
        lost=row["lost"],
        lease=row["lease"],
        started_at=now,
        created_at=row["created_at"],
        retry=decode_policy(row["retry"]),
        timeout=row["timeout"],
        deadline_at=row["deadline_at"],
        correlation_id=row["correlation_id"],
        run_id=row["run_id"],
        node_id=row["node_id"],
        version_id=row["version_id"],
    )


def _started_rows(rows: Sequence[sqlite3.Row], worker: str, now: Instant) -> list[EventRow]:
    events: list[EventRow] = []
    for row in rows:
        where = (row["run_id"], row["node_id"], row["id"])
        if row["run_id"] is not None and row["lease"] == 1:  # a node starts once, whatever its attempts
            events.append((row["tenant_id"], "node.started", now, *where, encode({"kind": row["kind"]})))
        data = change_data(
            row["kind"], row["queue"], "PENDING", "RUNNING", "claimed", row["lease"], row["attempt"], worker
        )
        events.append((row["tenant_id"], "job.started", now, *where, data))
    return events
