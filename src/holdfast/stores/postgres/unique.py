"""Unique keys of new jobs: taken when they are free, taken over or debounced where the new job asks for it.

A key is free when its last holder has ended and its time has passed. A job that names the states in which a holder
keeps its key takes it over from one in another state, whose end then frees nothing. A debounced insert that meets a
holder which nobody has claimed gives it the new payload and moves it away; the newest of several counts.

Order of locks: the holders' live rows, then keys. Holders are looked up before their keys are locked; a key that has
changed hands by then makes the whole transaction begin again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.job import LIVE, JobState, NewJob, rank
from holdfast.model.retry import Reason
from holdfast.stores.codec import encode_or_null
from holdfast.stores.history import EventRow, change_data
from holdfast.stores.postgres.connection import Connection, Row, TryAgain
from holdfast.stores.postgres.part import columns, run
from holdfast.stores.postgres.sql import insert as sql
from holdfast.stores.postgres.sql.finish import ADD_EVENTS
from holdfast.stores.rows import job_state

# (tenant, key)
Key = tuple[str, str]


class Holder(NamedTuple):
    """A live job that holds a unique key; locked, or inserted in this transaction."""

    id: str
    tenant: str
    state: JobState
    due_at: Instant
    claimed: bool
    priority: int
    kind: str
    queue: str
    concurrency_key: str | None
    until: Instant | None


@dataclass(slots=True)
class Taken:
    """``holders``: job id → holder's id for jobs whose key another job holds. ``debounced``: holders to move."""

    holders: dict[str, str] = field(default_factory=dict)
    debounced: list[tuple[Holder, NewJob]] = field(default_factory=list)


async def take_unique(connection: Connection, jobs: Sequence[NewJob], now: Instant) -> Taken:
    """Takes the jobs' unique keys."""
    keyed = [(job, (job.tenant, job.unique_key)) for job in jobs if job.unique_key is not None]
    first: dict[Key, NewJob] = {}
    for job, key in keyed:
        first.setdefault(key, job)
    if not first:
        return Taken()
    asking = sorted({key for job, key in keyed if job.debounce is not None or job.unique_states != LIVE})
    standing = await _lock_holders(connection, asking)
    await _take_over(connection, first, standing, now)
    owners = await _take(connection, first, now)
    taken = Taken({job.id: owners[key] for job, key in keyed if owners[key] != job.id})
    newest = {key: job for job, key in keyed if job.debounce is not None and job.id in taken.holders}
    for key, job in newest.items():
        holder = _as_holder(first[key]) if owners[key] == first[key].id else standing.get(key)
        if holder is not None and not holder.claimed:
            taken.debounced.append((holder, job))
    return taken


async def debounce(
    connection: Connection, debounced: Sequence[tuple[Holder, NewJob]], now: Instant
) -> list[tuple[str, str]]:
    """Moves waiting holders; the concurrency keys that must be asked again."""
    if not debounced:
        return []
    rows, events = [], []
    for holder, job in debounced:
        due_at = now + (job.debounce or 0)
        payload = encode_or_null(job.payload)
        rows.append((holder.tenant, holder.id, due_at, rank(due_at, holder.priority), payload))
        events.append(_debounced(holder, due_at, now))
    await connection.fetch(sql.DEBOUNCE, *columns(sorted(rows, key=lambda row: row[1]), 5))
    await connection.fetch(ADD_EVENTS, *columns(events, 7))
    return sorted({(one.tenant, one.concurrency_key) for one, _ in debounced if one.concurrency_key is not None})


def _debounced(holder: Holder, due_at: Instant, now: Instant) -> EventRow:
    data = change_data(
        holder.kind, holder.queue, holder.state, JobState.SCHEDULED, Reason.DEBOUNCED, 0, 0, None, due_at=due_at
    )
    return (holder.tenant, "job.scheduled", now, None, None, holder.id, data)


async def _lock_holders(connection: Connection, keys: Sequence[Key]) -> dict[Key, Holder]:
    """Locks the live holders of these keys, then the keys."""
    if not keys:
        return {}
    rows = await connection.fetch(sql.LOCK_HOLDERS, *columns(keys, 2))
    standing = {(row["tenant_id"], row["key"]): _holder(row) for row in rows}
    for row in await connection.fetch(sql.LOCK_UNIQUE, *columns(keys, 2)):
        known = standing.get((row["tenant_id"], row["key"]))
        if row["held"] and (known is None or known.id != row["job_id"]):
            raise TryAgain
        if not row["held"]:
            standing.pop((row["tenant_id"], row["key"]), None)
    return standing


async def _take_over(
    connection: Connection, first: dict[Key, NewJob], standing: dict[Key, Holder], now: Instant
) -> None:
    """Hands keys over whose holder stands in a state in which the new job doesn't respect it."""
    rows = []
    for key, holder in sorted(standing.items()):
        job, free = first[key], holder.until is None or holder.until <= now
        if free and job_state(holder.state, holder.due_at, now) not in job.unique_states:
            rows.append((*key, job.id, job.unique_until))
            del standing[key]
    await run(connection, sql.TAKE_OVER, rows, 4)


async def _take(connection: Connection, first: dict[Key, NewJob], now: Instant) -> dict[Key, str]:
    """The owner of each key after this: the new job, or who holds it already."""
    rows = [(*key, job.id, job.unique_until) for key, job in sorted(first.items(), key=lambda item: item[0])]
    taken = await connection.fetch(sql.TAKE_UNIQUE, *columns(rows, 4), now)
    owners = {key: job.id for key, job in first.items()}
    lost = sorted(first.keys() - {(row["tenant_id"], row["key"]) for row in taken})
    if lost:
        for row in await connection.fetch(sql.READ_UNIQUE, *columns(lost, 2)):
            owners[row["tenant_id"], row["key"]] = row["job_id"]
    return owners


def _holder(row: Row) -> Holder:
    return Holder(
        row["job_id"],
        row["tenant_id"],
        JobState(row["state"]),
        row["due_at"],
        row["lease"] > 0,
        row["priority"],
        row["kind"],
        row["queue"],
        row["concurrency_key"],
        row["until"],
    )


def _as_holder(job: NewJob) -> Holder:
    return Holder(
        job.id,
        job.tenant,
        job.state,
        job.due_at,
        False,
        job.priority,
        job.kind,
        job.queue,
        job.concurrency_key,
        job.unique_until,
    )
