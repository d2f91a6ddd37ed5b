"""Inserting jobs: dedupe keys and unique keys are answered from what exists, everything else is new rows and events.

A job whose id is there already was inserted by an earlier try of the same call: it is answered as accepted, not as a
duplicate. All of a batch is written by a few statements, whatever its size. Work with a concurrency key comes in gated
and asks for a place at once.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from holdfast.model.errors import Conflict
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, NewJob, rank
from holdfast.ports import Accepted, Handed, NewJobs, Taker
from holdfast.stores.codec import encode_or_null, encode_policy
from holdfast.stores.event_batches import scheduled_rows
from holdfast.stores.history import EventRow, inserted_row
from holdfast.stores.settling import HELD
from holdfast.stores.sqlite.bulk import id_list, is_constant, write_columns, write_rows
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.gates import admit, set_gates
from holdfast.stores.sqlite.handover import chosen, start
from holdfast.stores.sqlite.insert_records import Memories, Records
from holdfast.stores.sqlite.sql import finish as finish_sql
from holdfast.stores.sqlite.sql import insert as sql
from holdfast.stores.sqlite.unique import holder_of


def insert_jobs(
    db: sqlite3.Connection, batch: Sequence[NewJobs], now: Instant, taker: Taker | None = None
) -> list[list[Accepted]]:
    entry = _Entry(db, _known(db, [job for group in batch for job in group.jobs]), now, taker)
    answers = [entry.group(group) for group in batch]
    entry.write()
    given = {job.id: job for job in entry.handed}
    return [[_with(given, one) for one in group] for group in answers] if given else answers


def _with(given: Mapping[str, ClaimedJob], one: Accepted) -> Accepted:
    """The answer with the job, where that was handed over: not the answer of a repeat of it in the same batch."""
    job = None if one.duplicate or one.conflict else given.get(one.id)
    return one if job is None else replace(one, handed=Handed((job,)))


def _known(db: sqlite3.Connection, jobs: Sequence[NewJob]) -> set[str]:
    """Ids that are there already. Raises ``Conflict`` when one is another tenant's: no honest caller can cause it."""
    tenants = {job.id: job.tenant for job in jobs}
    rows = db.execute(sql.KNOWN_IDS, (id_list(tenants),)).fetchall()
    if any(tenants[row["id"]] != row["tenant_id"] for row in rows):
        raise Conflict("a job id is taken")
    return {row["id"] for row in rows}


class _Entry:
    """One batch coming in: the jobs that are new so far, not written yet."""

    def __init__(self, db: sqlite3.Connection, known: set[str], now: Instant, taker: Taker | None = None) -> None:
        self._taker = taker
        self.handed: list[ClaimedJob] = []
        self._db = db
        self._known = known
        self._now = now
        self._fresh: list[NewJob] = []
        self._keys: set[tuple[str, str]] = set()
        self._records = Records()
        self._memories = Memories(db)

    def group(self, group: NewJobs) -> list[Accepted]:
        guard = group.dedupe if group.jobs else None
        if guard is not None:
            earlier = seen(self._db, guard, [job.id for job in group.jobs], self._now)
            if earlier is not None:
                return earlier
        told = group.firing or group.memory or group.delivery
        repeated = told is not None and any(job.id in self._known for job in group.jobs)
        if group.memory is not None and not repeated and not self._memories.take(group.memory):
            return [Accepted(job.id, refused=True) for job in group.jobs]
        answers = [self._one(job) for job in group.jobs]
        if guard is not None:
            keep(self._db, guard, [answer.id for answer in answers])
        if told is not None and not repeated:
            fresh = [job for job, answer in zip(group.jobs, answers, strict=True) if not answer.duplicate]
            self._records.add(group, fresh, self._now)
        return answers

    def write(self) -> None:
        self.handed += write_and_hand(self._db, self._fresh, self._taker, self._now)
        if self._taker is not None and self.handed:
            self._taker = None  # what is written later in the batch comes behind what was left of this
        self._records.write(self._db)
        self._fresh = []
        self._keys.clear()

    def _one(self, job: NewJob) -> Accepted:
        if job.id in self._known:
            return Accepted(job.id)
        if job.unique_key is not None:
            holder = self._holder(job, job.unique_key)
            if holder is not None:
                return Accepted(holder, duplicate=True)
            self._db.execute(sql.TAKE_KEY, (job.tenant, job.unique_key, job.id, job.unique_until))
            self._keys.add((job.tenant, job.unique_key))
        self._known.add(job.id)
        self._fresh.append(job)
        return Accepted(job.id)

    def _holder(self, job: NewJob, key: str) -> str | None:
        """The job that keeps the key from this one."""
        if (job.tenant, key) in self._keys:
            self.write()  # a holder of this same batch has no row yet
        return holder_of(self._db, job, self._now)


def write_and_hand(
    db: sqlite3.Connection,
    jobs: Sequence[NewJob],
    taker: Taker | None,
    now: Instant,
    versions: Mapping[str, str] = MappingProxyType({}),
) -> list[ClaimedJob]:
    """``write_jobs``; answers what was handed over. ``versions`` by run, for the steps among the jobs."""
    handed = chosen(db, jobs, taker, now)
    write_jobs(db, jobs, now)
    return start(db, handed, versions, taker.worker_id, now) if taker is not None else []


def write_jobs(db: sqlite3.Connection, jobs: Sequence[NewJob], now: Instant) -> None:
    """Writes new jobs with their live rows and events; also used for the nodes that a run starts.

    One that was made long before ``now``, by a call that is repeated, may be due by now though it was scheduled.
    """
    if not jobs:
        return
    for queue in {job.queue for job in jobs}:
        db.execute(sql.ADD_QUEUE, (queue, now))
    given: dict[str, Sequence[Any]] = dict(zip(NewJob._fields, zip(*jobs, strict=True), strict=True))
    stored = _stored(given)
    write_columns(db, sql.ADD_JOBS, [stored[name] for name in sql.JOBS])
    write_columns(db, sql.ADD_LIVE, [stored[name] for name in sql.LIVE])
    write_events(db, [inserted_row(job) for job in jobs if job.run_id is not None])
    write_events(db, scheduled_rows(job for job in jobs if job.run_id is None))
    if keys := set_gates(db, jobs):
        admit(db, keys, now)


def write_events(db: sqlite3.Connection, rows: Sequence[EventRow]) -> None:
    write_rows(db, finish_sql.ADD_EVENTS, rows)


def _stored(given: dict[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """The columns of new jobs, from the fields of ``NewJob``."""
    created, due, keys = given["created_at"], given["due_at"], given["concurrency_key"]
    policies = given["retry"]
    return given | {
        "payload": [encode_or_null(payload) for payload in given["payload"]],
        "retry": [encode_policy(policies[0])] * len(policies)
        if is_constant(policies)
        else [encode_policy(policy) for policy in policies],
        "state": [
            HELD if paused else "SCHEDULED" if at > since else "PENDING"
            for at, since, paused in zip(due, created, given["paused"], strict=True)
        ],
        "rank": [rank(at, priority) for at, priority in zip(due, given["priority"], strict=True)],
        "gated": [key is not None for key in keys],
    }
