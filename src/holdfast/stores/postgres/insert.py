"""Inserting jobs.

Modes. *Plain*: no job has a key; a few are one statement, many are copied into the tables in one transaction. *Keyed*:
a transaction that takes dedupe and unique keys first, then inserts, then lets work through its gates.

Keys are taken in key order and their conflicts are settled by the primary key, so two callers with the same key can't
both win. A repeat after an unknown commit is told what the first try was, also when its jobs have ended since: a copy
that meets its own rows fails as a whole and is done as a statement, which leaves out what is there.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from holdfast.model.errors import Conflict
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, NewJob, rank
from holdfast.ports import Accepted, Dedupe, Handed, NewJobs, Taker
from holdfast.stores.codec import encode_or_null, encode_policy
from holdfast.stores.handing import claimed, wanted
from holdfast.stores.history import inserted_row
from holdfast.stores.postgres.alongside import comes_alone, write_alongside
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.copying import copy_jobs
from holdfast.stores.postgres.dedupe import drop_dedupe, keep_answered, key_of, read_dedupe, take_dedupe
from holdfast.stores.postgres.gates import admit, keys_of, set_gates
from holdfast.stores.postgres.memories import Judged, compare
from holdfast.stores.postgres.part import Part, columns, run
from holdfast.stores.postgres.sql import insert as sql
from holdfast.stores.postgres.unique import debounce, take_unique
from holdfast.stores.settling import HELD

JOB_COLUMNS: Final = 21
# From this many jobs on a copy is worth its round trips.
MANY: Final = 50

Fetch = Callable[..., Awaitable[list[Row]]]
# What was handed over, by id.
Given = Mapping[str, ClaimedJob]


class Insert(Part):
    async def insert_jobs(
        self, batch: Sequence[NewJobs], now: Instant, taker: Taker | None = None
    ) -> list[list[Accepted]]:
        if all(item.dedupe is None and comes_alone(item) and all(map(_is_plain, item.jobs)) for item in batch):
            given = await self._insert_plain([job for item in batch for job in item.jobs], now, taker)
            return [[_accepted(job, given) for job in item.jobs] for item in batch]

        async def work(connection: Connection) -> list[list[Accepted]]:
            return await _insert_keyed(connection, batch, now, taker)

        return await self._db.transact(work)

    async def answered_before(self, guards: Sequence[Dedupe], now: Instant) -> list[tuple[Accepted, ...] | None]:
        return await read_dedupe(self._db.fetch, guards, now)

    async def _insert_plain(self, jobs: Sequence[NewJob], now: Instant, taker: Taker | None) -> Given:
        if len(jobs) >= MANY:
            try:
                await self._db.transact(lambda connection: copy_jobs(connection, jobs, now))
            except Conflict:
                pass  # a repeat: some of these are there already
            else:
                return {}
        return (await insert_rows(self._db.fetch, jobs, now, taker)).handed


class Inserted(NamedTuple):
    """The ids of jobs that weren't there yet, and those among them that were handed over."""

    made: set[str]
    handed: Given


def _accepted(job: NewJob, given: Given) -> Accepted:
    return Accepted(job.id, handed=Handed((given[job.id],))) if job.id in given else Accepted(job.id)


def _is_plain(job: NewJob) -> bool:
    return job.unique_key is None and job.concurrency_key is None and job.run_id is None


async def _insert_keyed(
    connection: Connection, batch: Sequence[NewJobs], now: Instant, taker: Taker | None
) -> list[list[Accepted]]:
    guards = [(item.dedupe if item.jobs else None, [job.id for job in item.jobs]) for item in batch]
    earlier = await take_dedupe(connection, guards, now)
    judged = await _judged(connection, batch, earlier)
    for place in judged.moved:
        earlier[place] = [Accepted(job.id, refused=True) for job in batch[place].jobs]
    fresh = [job for item, answered in zip(batch, earlier, strict=True) if answered is None for job in item.jobs]
    holders, given = await _insert_fresh(connection, fresh, now, taker)
    answers = [
        [_held(one, holders) for one in answered or [_accepted(job, given) for job in item.jobs]]
        for item, answered in zip(batch, earlier, strict=True)
    ]
    corrected = [
        (item.dedupe, [one.id for one in given])
        for item, given, answered in zip(batch, answers, earlier, strict=True)
        if item.dedupe is not None and answered is None and any(one.duplicate for one in given)
    ]
    await keep_answered(connection, corrected)
    done = zip(batch, answers, earlier, strict=True)
    beside = [(item, given) for item, given, answered in done if answered is None and not comes_alone(item)]
    if beside:
        await write_alongside(connection, beside, judged, now)
    return answers


async def _judged(connection: Connection, batch: Sequence[NewJobs], earlier: Sequence[list[Accepted] | None]) -> Judged:
    """Which of these were judged by memories that were written since; their dedupe keys are free again.

    An earlier try of the same call has written the memory itself. That is looked up behind the lock, since it may have
    waited for just this try.
    """
    judged = await compare(
        connection,
        [
            (place, item.memory)
            for place, item in enumerate(batch)
            if earlier[place] is None and item.memory is not None and item.jobs
        ],
    )
    known = await _known(connection, [job for place in judged.moved for job in batch[place].jobs])
    judged.moved -= {place for place in judged.moved if any(job.id in known for job in batch[place].jobs)}
    dropped = [guard for place in judged.moved if (guard := batch[place].dedupe) is not None]
    await drop_dedupe(connection, dropped)
    free = {key_of(guard) for guard in dropped}
    # Others of the batch were answered as their repeats.
    judged.moved |= {place for place, item in enumerate(batch) if item.dedupe and key_of(item.dedupe) in free}
    return judged


def _held(one: Accepted, holders: Mapping[str, str]) -> Accepted:
    """The answer as it is, or with the holder of the job's unique key in place of the job."""
    return Accepted(holders[one.id], duplicate=not one.conflict, conflict=one.conflict) if one.id in holders else one


async def _insert_fresh(
    connection: Connection, jobs: Sequence[NewJob], now: Instant, taker: Taker | None
) -> tuple[dict[str, str], Given]:
    """Inserts jobs whose unique key is free or that have none; answers job id → holder's id for the others, and what
    was handed over.

    A job that is there already was inserted by an earlier try of the same call, and may have ended: it takes no key.
    """
    known = await _known(connection, [job for job in jobs if not _is_plain(job)])
    new = [job for job in jobs if job.id not in known]
    taken = await take_unique(connection, new, now)
    inserted = [job for job in new if job.id not in taken.holders]
    made, given = await insert_rows(connection.fetch, inserted, now, taker)
    # The earlier try may also run beside this one: while this one waited for it, its job may even have ended.
    late = [(job.tenant, job.id) for job in inserted if job.unique_key is not None and job.id not in made]
    await run(connection, sql.RELEASE_UNIQUE, late, 2)
    keys = {*keys_of(inserted), *taken.locked, *await debounce(connection, taken.debounced, now)}
    if keys:
        await set_gates(connection, inserted, keys, now)
        await admit(connection, keys, now)
    return taken.holders, given


async def _known(connection: Connection, jobs: Sequence[NewJob]) -> set[str]:
    rows = [(job.tenant, job.id) for job in jobs]
    return {row["id"] for row in await connection.fetch(sql.KNOWN, *columns(rows, 2))} if rows else set()


async def insert_rows(
    fetch: Fetch,
    jobs: Sequence[NewJob],
    now: Instant,
    taker: Taker | None = None,
    versions: Mapping[str, str] = MappingProxyType({}),
) -> Inserted:
    """Inserts jobs, and queues that they are the first of. ``versions`` by run, for the steps that may be handed over.

    What has a concurrency key comes gated: ``admit`` its key afterwards, in the same transaction.
    """
    if not jobs:
        return Inserted(set(), {})
    some = {job.id: job for job in wanted(jobs, taker, now)}
    values: list[Any] = columns(job_rows(jobs), JOB_COLUMNS)
    if taker is None or not some:
        return Inserted({row["id"] for row in await fetch(sql.INSERT_JOBS, *values)}, {})
    values += ([job.id in some for job in jobs], taker.worker_id, taker.offer.slots, now)
    rows = await fetch(sql.INSERT_AND_HAND, *values)
    started = (some[row["id"]] for row in rows if row["handed"])
    given = {job.id: claimed(job, versions.get(job.run_id or ""), now) for job in started}
    return Inserted({row["id"] for row in rows}, given)


def job_rows(jobs: Iterable[NewJob]) -> list[tuple[Any, ...]]:
    return [_job_row(job) for job in jobs]


def _job_row(job: NewJob) -> tuple[Any, ...]:
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
        job.concurrency_key,
        job.tag,
        job.correlation_id,
        HELD if job.paused else job.state.value,
        rank(job.due_at, job.priority),
        None if job.run_id is None else inserted_row(job)[6],
    )
