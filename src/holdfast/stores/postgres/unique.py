"""Unique keys of new jobs: taken when they are free, taken over or debounced where the new job asks for it.

A key is free when its last holder has ended and its time has passed. A job that names the states in which a holder
keeps its key takes it over from one in another state, whose end then frees nothing. A debounced insert that meets a
holder which nobody has claimed gives it the new payload and moves it away; the newest of several counts.

Order of locks: the holders' live rows, then keys. Holders are looked up before their keys are locked; a key that has
changed hands by then makes the whole transaction begin again.
"""

from collections.abc import Mapping, Sequence
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
    """A job that holds a unique key; it is locked, inserted in this transaction, or has ended."""

    id: str
    tenant: str
    state: JobState
    due_at: Instant
    unclaimed: bool
    lease: int
    priority: int
    kind: str
    queue: str
    concurrency_key: str | None
    until: Instant | None


@dataclass(slots=True)
class Taken:
    """``holders``: job id → holder's id for jobs whose key another job holds. ``debounced``: holders to move.

    ``locked``: the concurrency keys of holders that were locked and must be asked again.
    """

    holders: dict[str, str] = field(default_factory=dict)
    debounced: list[tuple[Holder, NewJob]] = field(default_factory=list)
    locked: set[Key] = field(default_factory=set)


async def take_unique(connection: Connection, jobs: Sequence[NewJob], now: Instant) -> Taken:
    """Takes the jobs' unique keys, as if they came one after another."""
    keyed = [(job, (job.tenant, job.unique_key)) for job in jobs if job.unique_key is not None]
    if not keyed:
        return Taken()
    if all(job.debounce is None and job.unique_states == LIVE for job, _ in keyed):
        return await _take_free(connection, keyed, now)
    # Every key of the batch is locked in one order then, also those of jobs that ask for nothing.
    standing = await _lock(connection, sorted({key for _, key in keyed}), now)
    taken, owners = _follow(keyed, standing, now)
    held = (holder for holder in standing.values() if holder is not None)
    taken.locked |= {(one.tenant, one.concurrency_key) for one in held if one.concurrency_key is not None}
    new = [(*key, job.id, job.unique_until) for key, job in sorted(owners.items(), key=lambda item: item[0])]
    await run(connection, sql.TAKE_OVER, [row for row in new if (row[0], row[1]) in standing], 4)
    made = [row for row in new if (row[0], row[1]) not in standing]
    if made and len(await connection.fetch(sql.TAKE_UNIQUE, *columns(made, 4), now)) < len(made):
        raise TryAgain
    return taken


async def _take_free(connection: Connection, keyed: Sequence[tuple[NewJob, Key]], now: Instant) -> Taken:
    """Takes keys that are free; the first job of a key stands for the others."""
    first: dict[Key, NewJob] = {}
    for job, key in keyed:
        first.setdefault(key, job)
    rows = [(*key, job.id, job.unique_until) for key, job in sorted(first.items(), key=lambda item: item[0])]
    taken = await connection.fetch(sql.TAKE_UNIQUE, *columns(rows, 4), now)
    owners = {key: job.id for key, job in first.items()}
    lost = sorted(first.keys() - {(row["tenant_id"], row["key"]) for row in taken})
    if lost:
        for row in await connection.fetch(sql.READ_UNIQUE, *columns(lost, 2)):
            owners[row["tenant_id"], row["key"]] = row["job_id"]
    return Taken({job.id: owners[key] for job, key in keyed if owners[key] != job.id})


async def _lock(connection: Connection, keys: Sequence[Key], now: Instant) -> dict[Key, Holder | None]:
    """Locks the live holders of these keys, then the keys; who holds each key that there is (None: it is free)."""
    rows = await connection.fetch(sql.LOCK_HOLDERS, *columns(keys, 2))
    live = {(row["tenant_id"], row["key"]): _holder(row) for row in rows}
    standing: dict[Key, Holder | None] = {}
    for row in await connection.fetch(sql.LOCK_UNIQUE, *columns(keys, 2)):
        key = (row["tenant_id"], row["key"])
        known = live.get(key)
        if row["held"] and (known is None or known.id != row["job_id"]):
            raise TryAgain
        if row["held"]:
            standing[key] = known
        else:
            windowed = row["until"] is not None and row["until"] > now
            standing[key] = _ended(row) if windowed else None
    return standing


def _follow(
    keyed: Sequence[tuple[NewJob, Key]], standing: Mapping[Key, Holder | None], now: Instant
) -> tuple[Taken, dict[Key, NewJob]]:
    """What becomes of each job, and the jobs that hold keys at the end."""
    holders, owners, taken = dict(standing), dict[Key, NewJob](), Taken()
    moved: dict[str, tuple[Holder, NewJob]] = {}
    for job, key in keyed:
        holder = holders.get(key)
        if holder is not None and job.debounce is not None and holder.unclaimed:
            moved[holder.id] = (moved.get(holder.id, (holder,))[0], job)
            holders[key] = holder._replace(state=JobState.SCHEDULED, due_at=now + job.debounce)
            taken.holders[job.id] = holder.id
        elif holder is not None and _is_kept(holder, job, now):
            taken.holders[job.id] = holder.id
        else:
            holders[key], owners[key] = _as_holder(job), job
    taken.debounced.extend(moved.values())
    return taken, owners


def _is_kept(holder: Holder, job: NewJob, now: Instant) -> bool:
    """Whether the key stays with its holder."""
    windowed = holder.until is not None and holder.until > now
    return windowed or job_state(holder.state, holder.due_at, now) in job.unique_states


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
        holder.kind,
        holder.queue,
        holder.state,
        JobState.SCHEDULED,
        Reason.DEBOUNCED,
        holder.lease,
        0,
        None,
        due_at=due_at,
    )
    return (holder.tenant, "job.scheduled", now, None, None, holder.id, data)


def _holder(row: Row) -> Holder:
    return Holder(
        row["job_id"],
        row["tenant_id"],
        JobState(row["state"]),
        row["due_at"],
        row["attempt"] == 0 and row["state"] in (JobState.PENDING, JobState.SCHEDULED),
        row["lease"],
        row["priority"],
        row["kind"],
        row["queue"],
        row["concurrency_key"],
        row["until"],
    )


def _ended(row: Row) -> Holder:
    """Who keeps the key for its time although it has ended."""
    return Holder(row["job_id"], row["tenant_id"], JobState.SUCCEEDED, 0, False, 0, 0, "", "", None, row["until"])


def _as_holder(job: NewJob) -> Holder:
    return Holder(
        job.id,
        job.tenant,
        job.state,
        job.due_at,
        True,
        0,
        job.priority,
        job.kind,
        job.queue,
        job.concurrency_key,
        job.unique_until,
    )
