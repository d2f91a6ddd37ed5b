"""Concurrency keys: who of a key's work may go on, by the key's limit and rate.

A job with a key is inserted *gated*: no claim sees it. ``admit`` lets through as many as the key has free places and,
under a rate, tokens; it runs in every transaction that inserts such work, frees a place, or finds that work became due
or a token came. Places are counted each time, so no counter can drift; writers take turns in SQLite, so a count holds.

* Limit 1: strictly the oldest due work first. It keeps its place until it ends; under a rate it waits for the token of
  its next start behind the gate, *returning*, and nobody passes it there.
* A higher limit or none: in the order of ready work. What parks gives its place back and asks again.

``Gates.admit`` is the backstop: it walks all keys with work behind their gates, some at each call.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.job import JobState, NewJob, Transition
from holdfast.model.limits import Bucket, Rate
from holdfast.stores.settling import LiveJob
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import gates as sql

# (tenant, key)
Key = tuple[str, str]

# What one call lets through of one key at most; the backstop goes on with the rest.
MOST: Final = 5000


class Gate(NamedTuple):
    """What holds a key's work back: a limit (None: none) and a rate, as the bucket at its last change."""

    limit: int | None
    bucket: Bucket | None = None
    wake_at: Instant | None = None


# A key whose gate is gone: its work goes one by one, which is never more than anybody asked for.
_UNKNOWN: Final = Gate(1)


def gate_of(db: sqlite3.Connection, key: Key) -> Gate:
    row = db.execute(sql.GET_GATE, key).fetchone()
    return _UNKNOWN if row is None else _gate(*row)


def _gate(
    limit: int | None, count: int | None, per: int, credit: int, credited_at: Instant, wake_at: Instant | None
) -> Gate:
    return Gate(limit, None if count is None else Bucket(Rate(count, per), credit, credited_at), wake_at)


def set_gates(db: sqlite3.Connection, jobs: Sequence[NewJob]) -> list[Key]:
    """Gives each key of these new jobs the limit and rate of its newest; the keys."""
    newest = {(job.tenant, job.concurrency_key): job for job in jobs if job.concurrency_key is not None}
    for key, job in newest.items():
        row = db.execute(sql.GET_GATE, key).fetchone()
        if row is None:
            db.execute(sql.ADD_GATE, (*key, *_settings(job, job.created_at)))
        elif (row[0], row[1], row[2]) != (job.concurrency_limit, *_rate(job.rate)):
            same = (row[1], row[2]) == _rate(job.rate)
            level = (row[3], row[4]) if same else _settings(job, job.created_at)[3:]
            db.execute(sql.CHANGE_GATE, (*key, job.concurrency_limit, *_rate(job.rate), *level))
    return list(newest)


def _settings(job: NewJob, now: Instant) -> tuple[Any, ...]:
    """Limit, rate, and the level of a bucket that is full."""
    credit = 0 if job.rate is None else Bucket.full(job.rate, now).credit
    return (job.concurrency_limit, *_rate(job.rate), credit, now)


def _rate(rate: Rate | None) -> tuple[int | None, int | None]:
    return (None, None) if rate is None else (rate.count, rate.per)


def parked_at(gate: Gate, move: Transition) -> tuple[bool, bool]:
    """``gated`` and ``metered`` of a job with a key that parks."""
    if gate.limit == 1:
        return (gate.bucket is not None,) * 2
    holds = move.to is JobState.PENDING and gate.bucket is None
    return (not holds, False)


def key_of(live: LiveJob) -> Key | None:
    return None if live.concurrency_key is None else (live.tenant, live.concurrency_key)


def take_tokens(db: sqlite3.Connection, started: Iterable[Key], now: Instant) -> set[str]:
    """A token for each start, named by its key; then who comes next, as ``admit``."""
    starts = Counter(started)
    for key, count in starts.items():
        bucket = gate_of(db, key).bucket
        if bucket is not None:
            left = bucket.refilled(now).taken(count)
            db.execute(sql.SAVE_CREDIT, (left.credit, left.at, *key))
    return admit(db, starts, now)


def admit(db: sqlite3.Connection, keys: Iterable[Key], now: Instant) -> set[str]:
    """Lets work of these keys through; the queues where it became ready."""
    return {queue for key in sorted(set(keys)) for queue in _admit(db, key, now)}


def _admit(db: sqlite3.Connection, key: Key, now: Instant) -> list[str]:
    values: dict[str, Any] = {"tenant": key[0], "key": key[1], "now": now}
    known, *settings, waits, due = db.execute(sql.LOOK, values).fetchone()
    gate = _gate(*settings) if known else _UNKNOWN
    if due:
        db.execute(sql.PROMOTE, values)
        waits = True
    rows = _let_through(db, gate, values) if waits else []
    wake_at = _next_token(db, gate, values, len(rows)) if waits else None
    if wake_at != gate.wake_at:
        db.execute(sql.SAVE_WAKE, (wake_at, *key))
    return [queue for _, queue in rows]


def _let_through(db: sqlite3.Connection, gate: Gate, values: dict[str, Any]) -> list[tuple[str, str]]:
    most = MOST if gate.bucket is None else min(MOST, _tokens(db, gate.bucket, values))
    if most <= 0:
        return []
    rows = list(map(tuple, db.execute(sql.RETURNING, {**values, "limit": most})))
    room = min(most - len(rows), _places(db, gate, values))
    if room > 0:
        order = sql.OLDEST if gate.limit == 1 else sql.FIRST
        rows += map(tuple, db.execute(order, {**values, "limit": room}))
    db.execute(sql.LET_THROUGH, (gate.bucket is not None, id_list(job_id for job_id, _ in rows)))
    return rows


def _places(db: sqlite3.Connection, gate: Gate, values: dict[str, Any]) -> int:
    """The key's free places."""
    if gate.limit is None:
        return MOST
    taken: int = db.execute(sql.TAKEN, {**values, "most": gate.limit}).fetchone()[0]
    return gate.limit - taken


def _tokens(db: sqlite3.Connection, bucket: Bucket, values: dict[str, Any]) -> int:
    """Tokens that nothing which is ready will take."""
    return bucket.refilled(values["now"]).tokens - _metered(db, values)


def _metered(db: sqlite3.Connection, values: dict[str, Any]) -> int:
    count: int = db.execute(sql.METERED, values).fetchone()[0]
    return count


def _next_token(db: sqlite3.Connection, gate: Gate, values: dict[str, Any], let: int) -> Instant | None:
    """When the next token comes, if that is what the key's work waits for. While what is ready will take a whole bucket
    the next one comes after a start, which asks again.
    """
    if gate.bucket is None or db.execute(sql.STILL_WAITING, values).fetchone() is None:
        return None
    returning = db.execute(sql.RETURNING, {**values, "limit": 1}).fetchone()
    if returning is None and _places(db, gate, values) <= 0:
        return None
    bucket, wanted = gate.bucket.refilled(values["now"]), _metered(db, values) + 1
    return bucket.when(wanted) if wanted <= bucket.rate.count else None


def admit_due(db: sqlite3.Connection, queue: str, now: Instant) -> None:
    """For a claim: lets through what became due behind a gate of this queue."""
    rows = db.execute(sql.DUE_BEHIND, (queue, now)).fetchall()
    if rows:
        admit(db, [(row[0], row[1]) for row in rows], now)


def admit_waking(db: sqlite3.Connection, now: Instant, limit: int) -> set[str]:
    """Lets work of keys through whose next token has come."""
    rows = db.execute(sql.WAKING, (now, limit)).fetchall()
    return admit(db, [(row[0], row[1]) for row in rows], now) if rows else set()


class Gates(Session):
    # Where the last round of the backstop stopped.
    _last: Key = ("", "")

    async def admit(self, now: Instant, limit: int = 500) -> frozenset[str]:
        def work(db: sqlite3.Connection) -> set[str]:
            queues = admit_waking(db, now, limit)
            keys = self._behind(db, limit)
            return queues | admit(db, keys, now)

        return frozenset(await self._write(work))

    def _behind(self, db: sqlite3.Connection, limit: int) -> list[Key]:
        """The next keys with work behind their gates; from the start again after the last."""
        keys: list[Key] = []
        last = self._last
        while len(keys) < limit and (row := db.execute(sql.NEXT_BEHIND, last).fetchone()) is not None:
            last = (row[0], row[1])
            keys.append(last)
        self._last = last if len(keys) == limit else ("", "")
        return keys
