"""Claiming: due jobs move to RUNNING under a new lease, in fair order.

What is due joins the ready work first. Queues go by their priority and the age of their oldest work; inside a queue
``stores.lanes`` divides the free slots among the tenants that wait; inside a tenant the static rank decides. A job
whose deadline passed is left for ``fail_overdue_jobs``. Writers take turns in SQLite, so counts of running jobs and of
tokens are exact and need no locks.
"""

import sqlite3
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from holdfast.model.errors import WorkerGone
from holdfast.model.fairness import Lane
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, rank
from holdfast.model.limits import Bucket, Rate
from holdfast.ports import ClaimRequest
from holdfast.stores.codec import decode, decode_policy
from holdfast.stores.handing import all_started_rows
from holdfast.stores.lanes import Division
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.gates import admit_due, admit_waking, take_tokens
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.sql import claim as sql
from holdfast.stores.sqlite.sql import workers as workers_sql

# Jobs read by one statement, so that payloads of the usual greatest size fit into one text.
PORTION: Final = 250
# How many keys whose token came one claim looks after; the next one goes on.
_KEYS: Final = 100

_taken: Final = msgspec.json.Decoder(list[list[Any]])
_FIELDS: Final = len(ClaimedJob._fields)
_PAYLOAD, _RETRY = ClaimedJob._fields.index("payload"), ClaimedJob._fields.index("retry")


def claim(db: sqlite3.Connection, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
    """Raises ``WorkerGone`` when the worker isn't alive."""
    if db.execute(workers_sql.IS_ALIVE, (request.worker_id,)).fetchone() is None:
        raise WorkerGone(f"worker {request.worker_id} isn't alive")
    admit_waking(db, now, _KEYS)
    wanted = Wanted(db, request, now, id_list(sorted(request.kinds)), id_list(sorted(request.tags)), request.limit)
    for queue in wanted.waiting():
        if wanted.left <= 0:
            break
        wanted.take_from(queue)
    return wanted.start()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue in which work waits for this worker. ``closed`` are tenants whose waiting jobs it may not start."""

    name: str
    concurrency: int | None
    bucket: Bucket | None
    tenants: list[sqlite3.Row]
    closed: list[sqlite3.Row]
    order: int


@dataclass(slots=True)
class Wanted:
    """One claim in the making: the jobs taken so far and the slots left."""

    db: sqlite3.Connection
    request: ClaimRequest
    now: Instant
    kinds: str
    tags: str
    left: int
    jobs: list[ClaimedJob] = field(default_factory=list)
    started: list[tuple[str, str]] = field(default_factory=list)
    _running: dict[str, int] | None = None

    def waiting(self) -> list[Waiting]:
        """The queues in which work waits, first what goes first."""
        queues = self.db.execute(sql.QUEUES, (id_list(self.request.queues),)).fetchall()
        found = [queue for row in queues if (queue := self._look(row)) is not None]
        return sorted(found, key=lambda queue: (queue.order, queue.name))

    def _look(self, row: sqlite3.Row) -> Waiting | None:
        name, priority, concurrency, count, per, credit, at = row
        self.db.execute(sql.PROMOTE, (name, self.now))
        admit_due(self.db, name, self.now)
        wanted = {"queue": name, "kinds": self.kinds, "tags": self.tags, "now": self.now}
        tenants = self.db.execute(sql.WAITING, wanted).fetchall()
        ours = [tenant for tenant in tenants if tenant["rank"] is not None]
        if not ours:
            return None
        closed = [tenant for tenant in tenants if tenant["rank"] is None]
        bucket = None if count is None else Bucket(Rate(count, per), credit, at).refilled(self.now)
        order = rank(min(tenant["rank"] for tenant in ours), priority)
        return Waiting(name, concurrency, bucket, ours, closed, order)

    def take_from(self, queue: Waiting) -> None:
        """Takes this queue's share of the slots that are left."""
        slots = self._slots(queue)
        if slots <= 0:
            return
        before = len(self.jobs)
        division = Division(
            [self._lane(row) for row in queue.tenants], slots, [self._lane(row) for row in queue.closed]
        )
        while asked := division.ask():
            division.took({tenant: self._take(queue.name, tenant, count) for tenant, count in asked.items()})
        self._keep(queue.name, division.standing())
        taken = len(self.jobs) - before
        if queue.bucket is not None and taken:
            left = queue.bucket.taken(taken)
            self.db.execute(sql.SAVE_CREDIT, (left.credit, left.at, queue.name))

    def _slots(self, queue: Waiting) -> int:
        slots = self.left
        if queue.concurrency is not None:
            running: int = self.db.execute(sql.RUNNING_IN_QUEUE, (queue.name,)).fetchone()[0]
            slots = min(slots, queue.concurrency - running)
        return slots if queue.bucket is None else min(slots, queue.bucket.tokens)

    def _lane(self, row: sqlite3.Row) -> Lane:
        passed, limit = row["passed"], row["running_limit"]
        room = None if limit is None else max(0, limit - self._running_of(row["tenant_id"]))
        return Lane(row["tenant_id"], row["weight"], passed or 0.0, 0, room, passed is None)

    def _running_of(self, tenant: str) -> int:
        if self._running is None:
            self._running = dict(map(tuple, self.db.execute(sql.RUNNING_BY_TENANT)))
        return self._running.get(tenant, 0) + sum(1 for job in self.jobs if job.tenant == tenant)

    def _take(self, queue: str, tenant: str, slots: int) -> int:
        """Moves up to ``slots`` ready jobs to RUNNING; how many there were."""
        taken = 0
        while taken < slots:
            wanted = min(slots - taken, PORTION)
            some = self._take_some(queue, tenant, wanted)
            taken += some
            if some < wanted:
                break
        self.left -= taken
        return taken

    def _take_some(self, queue: str, tenant: str, slots: int) -> int:
        values = {
            "queue": queue,
            "tenant": tenant,
            "kinds": self.kinds,
            "tags": self.tags,
            "now": self.now,
            "slots": slots,
        }
        try:
            text = self.db.execute(sql.TAKE, values).fetchone()[0]
        except sqlite3.DataError:  # payloads that are too large together
            if slots == 1:
                raise
            half = slots // 2
            first = self._take_some(queue, tenant, half)
            return first if first < half else first + self._take_some(queue, tenant, slots - half)
        rows = _taken.decode(text)
        if rows:
            self.db.execute(sql.START, (self.request.worker_id, self.now, id_list(row[0] for row in rows)))
            self.jobs += map(_claimed, rows)
            self.started += [(row[1], row[-2]) for row in rows if row[-1]]
        return len(rows)

    def _keep(self, queue: str, standing: dict[str, float]) -> None:
        self.db.execute(sql.DROP_LANES, (queue, id_list(standing)))
        write_rows(self.db, sql.SAVE_LANES, [(queue, tenant, passed) for tenant, passed in standing.items()])

    def start(self) -> list[ClaimedJob]:
        """Takes the tokens of what started and writes the events."""
        if self.started:
            take_tokens(self.db, self.started, self.now)
        write_events(self.db, all_started_rows(self.jobs, self.request.worker_id, self.now))
        return self.jobs


def _claimed(row: list[Any]) -> ClaimedJob:
    if row[_PAYLOAD] is not None:
        row[_PAYLOAD] = decode(row[_PAYLOAD])
    row[_RETRY] = decode_policy(row[_RETRY])
    return ClaimedJob._make(row[:_FIELDS])
