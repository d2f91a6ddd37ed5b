"""Concurrency keys: who of a key's work may go on, by the key's limit and rate.

A job with a key is inserted *gated*: no claim sees it. ``admit`` lets through as many as the key has free places and,
under a rate, tokens; it runs in every transaction that inserts such work, frees a place, or finds that work became due
or a token came. Places are counted each time under the gate's lock, so no counter can drift.

* Limit 1: strictly the oldest due work first. It keeps its place until it ends; under a rate it waits for the token of
  its next start behind the gate, *returning* (gated and metered), and nobody passes it there.
* A higher limit or none: in the order of ready work. What parks gives its place back and asks again.

Order of locks: jobs, unique keys, gates in key order; other jobs of a gate are taken only where nobody else has them.
Whoever has locked a gated job calls ``admit`` for its key afterwards, also if nothing became of it.
``Gates.admit`` is the backstop: it walks all keys with work behind their gates, some at each call.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import JobState, NewJob, Transition
from holdfast.model.limits import Bucket, Rate
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.part import Part, columns, run
from holdfast.stores.postgres.sql import gates as sql
from holdfast.stores.settling import LiveJob

# (tenant, key)
Key = tuple[str, str]

# What one call lets through of one key at most; the backstop goes on with the rest.
MOST: Final = 5_000
# Tokens that come within this time are waited for together: a quick rate needn't wake a claim for each of them.
TOGETHER: Final[Micros] = 20 * MILLISECOND
# While what is ready will take a whole bucket, the next token comes after a start; this is how soon that is looked at.
LATER: Final[Micros] = SECOND


class Gate(NamedTuple):
    """What holds a key's work back: a limit (None: none) and a rate, as the bucket at its last change."""

    limit: int | None
    bucket: Bucket | None = None
    wake_at: Instant | None = None


class Room(NamedTuple):
    """How many of a key may go through now: ``returning`` ones of ``tokens``, others of ``places`` as well."""

    key: Key
    gate: Gate
    places: int
    tokens: int
    metered: int


# A key whose gate is gone: its work goes one by one, which is never more than anybody asked for.
_UNKNOWN: Final = Gate(1)


def bucket_of(row: Row) -> Bucket | None:
    """The bucket in a row of ``gates`` or ``queues``."""
    count = row["rate_count"]
    return None if count is None else Bucket(Rate(count, row["rate_per"]), row["credit"], row["credited_at"])


def key_of(live: LiveJob) -> Key | None:
    return None if live.concurrency_key is None else (live.tenant, live.concurrency_key)


def keys_of(jobs: Iterable[NewJob]) -> list[Key]:
    return sorted({(job.tenant, job.concurrency_key) for job in jobs if job.concurrency_key is not None})


async def lock_gates(connection: Connection, keys: Iterable[Key]) -> dict[Key, Gate]:
    """Locks the gates of these keys, in key order."""
    rows = await connection.fetch(sql.LOCK_GATES, *columns(sorted(set(keys)), 2))
    gates = {(row["tenant_id"], row["key"]): Gate(row["concurrency"], bucket_of(row), row["wake_at"]) for row in rows}
    return {key: gates.get(key, _UNKNOWN) for key in keys}


async def set_gates(connection: Connection, jobs: Sequence[NewJob], keys: Iterable[Key], now: Instant) -> None:
    """Gives each key of these new jobs the limit and rate of its newest, and leaves the gates of ``keys`` locked: all
    that the transaction will ask, so that they are locked in one order."""
    newest = {(job.tenant, job.concurrency_key): job for job in jobs if job.concurrency_key is not None}
    known = await lock_gates(connection, {*keys, *newest})
    changed = [
        (*key, job.concurrency_limit, *_rate(job.rate))
        for key, job in sorted(newest.items())
        if known[key] is _UNKNOWN or _settings(known[key]) != (job.concurrency_limit, job.rate)
    ]
    if changed:
        await connection.fetch(sql.SET_GATES, *columns(changed, 6), now)


def _settings(gate: Gate) -> tuple[int | None, Rate | None]:
    return gate.limit, None if gate.bucket is None else gate.bucket.rate


def _rate(rate: Rate | None) -> tuple[int | None, int | None, int]:
    """Count, time and the level of a full bucket."""
    return (None, None, 0) if rate is None else (rate.count, rate.per, Bucket.full(rate, 0).credit)


def parked_at(gate: Gate, move: Transition) -> tuple[bool, bool]:
    """``gated`` and ``metered`` of a job with a key that parks."""
    if gate.limit == 1:
        return (gate.bucket is not None,) * 2
    holds = move.to is JobState.PENDING and gate.bucket is None
    return (not holds, False)


async def admit(connection: Connection, keys: Iterable[Key], now: Instant) -> set[str]:
    """Lets work of these keys through; the queues where it became ready. Locks their gates."""
    ordered = sorted(set(keys))
    if not ordered:
        return set()
    gates = await lock_gates(connection, ordered)
    counted = await connection.fetch(sql.COUNT, *columns(ordered, 2), now)
    rooms = [_room(key, gates[key], row, now) for key, row in zip(ordered, counted, strict=True)]
    open_rooms = [room for room in rooms if room.tokens > 0]
    asked = columns([_asked(room) for room in open_rooms], 6)
    rows = await connection.fetch(sql.LET_THROUGH, *asked, now) if open_rooms else []
    await _save_wakes(connection, rooms, rows, now)
    return {row["queue"] for row in rows}


def _room(key: Key, gate: Gate, counted: Row, now: Instant) -> Room:
    tokens = MOST if gate.bucket is None else gate.bucket.refilled(now).tokens - counted["metered"]
    places = MOST if gate.limit is None else gate.limit - counted["taken"]
    return Room(key, gate, max(0, min(places, MOST)), max(0, min(tokens, MOST)), counted["metered"])


def _asked(room: Room) -> tuple[Any, ...]:
    """A row for ``LET_THROUGH``. Something returns only where the limit is 1, and it is alone then."""
    others = min(room.places, room.tokens)
    oldest, first = (others, 0) if room.gate.limit == 1 else (0, others)
    metered = room.gate.bucket is not None
    return (*room.key, room.tokens if metered else 1, oldest, first, metered)


async def _save_wakes(connection: Connection, rooms: Sequence[Room], rows: Sequence[Row], now: Instant) -> None:
    through = {room.key: 0 for room in rooms}
    for row in rows:
        through[row["tenant_id"], row["key"]] += row["jobs"]
    wakes = [(room, _wake_at(room, through[room.key], now)) for room in rooms]
    changed = [(*room.key, wake_at) for room, wake_at in wakes if wake_at != room.gate.wake_at]
    await run(connection, sql.SAVE_WAKE, changed, 3)


def _wake_at(room: Room, through: int, now: Instant) -> Instant | None:
    """When the next tokens come, if they are what the key's work may be waiting for."""
    bucket = room.gate.bucket
    if bucket is None or through < room.tokens:
        return None
    return next_tokens(bucket.refilled(now), room.metered + through)


def next_tokens(bucket: Bucket, promised: int) -> Instant:
    """When a token comes that isn't promised yet, or the first few of a quick rate."""
    rate = bucket.rate
    if promised >= rate.count:
        return bucket.at + LATER
    few = max(1, min(TOGETHER * rate.count // rate.per, rate.count // 2))
    return bucket.when(min(promised + few, rate.count))


class Gates(Part):
    # Where the last round of the backstop stopped.
    _last: Key = ("", "")

    async def admit(self, now: Instant, limit: int = 500) -> frozenset[str]:
        waking = await self._db.fetch(sql.WAKING, now, limit)
        behind = await self._db.fetch(sql.BEHIND, *self._last, limit)
        self._last = _key(behind[-1]) if len(behind) == limit else ("", "")
        keys = sorted({_key(row) for row in (*waking, *behind)})
        queues: set[str] = set()
        for start in range(0, len(keys), 50):
            queues |= await self._admit(keys[start : start + 50], now)
        return frozenset(queues)

    async def _admit(self, keys: Sequence[Key], now: Instant) -> set[str]:
        """In a transaction of its own: few gates are locked at a time, so that nobody waits long for one."""
        return await self._db.transact(lambda connection: admit(connection, keys, now))


def _key(row: Row) -> Key:
    return (row["tenant_id"], row["key"])
