"""Inserting jobs. Without keys a batch is one statement; with keys, a transaction that takes the keys first.

Keys are taken in key order and their conflicts are settled by the primary key, so two callers with the same key can't
both win. A repeat after an unknown commit finds its own ids behind the keys and is told it won.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob, rank
from holdfast.ports import Accepted, Dedupe, NewJobs
from holdfast.stores.codec import encode_or_null, encode_policy
from holdfast.stores.history import inserted_row
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part, columns
from holdfast.stores.postgres.sql import insert as sql

JOB_COLUMNS = 20
Key = tuple[str, str]


class Insert(Part):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queues_seen: set[str] = set()

    async def insert_jobs(self, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
        await self._ensure_queues({job.queue for item in batch for job in item.jobs}, now)
        if all(item.dedupe is None and all(job.unique_key is None for job in item.jobs) for item in batch):
            rows = job_rows(job for item in batch for job in item.jobs)
            await self._db.fetch(sql.INSERT_JOBS, *columns(rows, JOB_COLUMNS))
            return [[Accepted(job.id) for job in item.jobs] for item in batch]

        async def work(connection: Connection) -> list[list[Accepted]]:
            return await _insert_keyed(connection, batch, now)

        return await self._db.transact(work)

    async def _ensure_queues(self, names: set[str], now: Instant) -> None:
        """Queues are made at first use, in their own transaction, so that none waits for another's insert."""
        new = sorted(names - self._queues_seen)
        if new:
            await self._db.fetch(sql.ADD_QUEUES, new, now)
            self._queues_seen.update(new)


async def _insert_keyed(connection: Connection, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
    earlier = await take_dedupe(connection, [(item.dedupe, item.jobs[0].id) for item in batch if item.jobs], now)
    answers: list[list[Accepted]] = []
    fresh: list[NewJob] = []
    for item in batch:
        hit = earlier.get(item.jobs[0].id) if item.jobs else None
        answers.append([hit or Accepted(job.id) for job in item.jobs])
        if hit is None:
            fresh.extend(item.jobs)
    holders = await take_unique(connection, fresh, now)
    inserted = [job for job in fresh if job.id not in holders]
    await insert_rows(connection, inserted)
    return [
        [Accepted(holders[a.id], duplicate=True) if a.id in holders and not a.duplicate else a for a in item]
        for item in answers
    ]


async def insert_rows(connection: Connection, jobs: Sequence[NewJob]) -> None:
    if jobs:
        await connection.fetch(sql.INSERT_JOBS, *columns(job_rows(jobs), JOB_COLUMNS))


async def take_dedupe(
    connection: Connection, wanted: Sequence[tuple[Dedupe | None, str]], now: Instant
) -> dict[str, Accepted]:
    """Takes the keys of (dedupe, id of what would be made); answers, by that id, the requests that came before."""
    first: dict[tuple[str, str, str], tuple[Dedupe, str]] = {}
    for dedupe, made in wanted:
        if dedupe is not None:
            first.setdefault((dedupe.tenant, dedupe.scope, dedupe.key), (dedupe, made))
    if not first:
        return {}
    rows = [(*key, d.fingerprint, made, d.expires_at) for key, (d, made) in sorted(first.items(), key=_by_key)]
    taken = await connection.fetch(sql.TAKE_DEDUPE, *columns(rows, 6), now)
    owners = {key: (d.fingerprint, made) for key, (d, made) in first.items()}
    lost = sorted(first.keys() - {tuple(row) for row in taken})
    if lost:
        for row in await connection.fetch(sql.READ_DEDUPE, *columns(lost, 3)):
            owners[row["tenant_id"], row["scope"], row["key"]] = (row["fingerprint"], row["object_id"])
    earlier: dict[str, Accepted] = {}
    for dedupe, made in wanted:
        if dedupe is not None:
            fingerprint, owner = owners[dedupe.tenant, dedupe.scope, dedupe.key]
            if owner != made:
                same = fingerprint == dedupe.fingerprint
                earlier[made] = Accepted(owner, duplicate=same, conflict=not same)
    return earlier


def _by_key(item: tuple[tuple[str, str, str], tuple[Dedupe, str]]) -> tuple[str, str, str]:
    return item[0]


async def take_unique(connection: Connection, jobs: Sequence[NewJob], now: Instant) -> dict[str, str]:
    """Takes the jobs' unique keys; answers job id → holder's id for those whose key another job holds."""
    first: dict[Key, NewJob] = {}
    keyed = [(job, (job.tenant, job.unique_key)) for job in jobs if job.unique_key is not None]
    for job, key in keyed:
        first.setdefault(key, job)
    if not first:
        return {}
    rows = [(*key, job.id, job.unique_until) for key, job in sorted(first.items(), key=lambda item: item[0])]
    taken = await connection.fetch(sql.TAKE_UNIQUE, *columns(rows, 4), now)
    owners = {key: job.id for key, job in first.items()}
    lost = sorted(first.keys() - {(row["tenant_id"], row["key"]) for row in taken})
    if lost:
        for row in await connection.fetch(sql.READ_UNIQUE, *columns(lost, 2)):
            owners[row["tenant_id"], row["key"]] = row["job_id"]
    return {job.id: owners[key] for job, key in keyed if owners[key] != job.id}


def job_rows(jobs: Iterable[NewJob]) -> list[tuple[Any, ...]]:
    return [_job_row(job) for job in jobs]


def _job_row(job: NewJob) -> tuple[Any, ...]:
    event = inserted_row(job)
    return (
        job.id,
        job.tenant,
        job.kind,
        job.queue,
        job.priority,
        encode_or_null(job.payload),
        encode_policy(job.retry),
        job.timeout,
        job.due_at,
        job.created_at,
        job.deadline_at,
        job.run_id,
        job.node_id,
        job.unique_key,
        job.unique_until,
        job.correlation_id,
        job.state.value,
        rank(job.due_at, job.priority),
        event[1],
        event[6],
    )
