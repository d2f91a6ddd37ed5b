"""Claiming jobs, in fair order.

Modes. *Alone*: one tenant waits in a queue and nothing limits it; one statement takes its rows, skipping what another
claim holds, without any lock on the queue. *Shared*: several tenants wait, or a limit stands; a transaction locks the
queue (and limited tenants), counts what runs, asks ``model.fairness``, takes each tenant's share and, under a rate of
the queue, the tokens of what starts.

A lane exists only while its tenant waits beside others, so that a tenant which comes back has saved up no credit. A
claim whose answer is lost leaves RUNNING rows behind: the worker's next heartbeat gives them back.

Claimed rows stay in the ready index as dead entries until a vacuum may remove them, which a long transaction anywhere
in the server prevents. ``heads`` keeps that from slowing every claim down.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from operator import itemgetter
from typing import Any, Final

from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.fairness import Lane, shares
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, rank
from holdfast.model.limits import Bucket
from holdfast.ports import ClaimRequest
from holdfast.stores.codec import decode, decode_policy
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.gates import admit, bucket_of
from holdfast.stores.postgres.heads import Heads
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import claim as sql

# Where these columns of ``TAKE`` stand.
PAYLOAD: Final = ClaimedJob._fields.index("payload")
RETRY: Final = ClaimedJob._fields.index("retry")

_by_rank = itemgetter("rank", "job_id")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue in which work waits: a lane per waiting tenant, limits, and the order among queues (less is sooner).

    ``floors`` holds the rank of each tenant's first ready job: below it an index has nothing but the past. ``others``
    are lanes of tenants whose waiting jobs this worker may not start.
    """

    queue: str
    order: int
    concurrency: int | None
    bucket: Bucket | None
    lanes: tuple[Lane, ...]
    others: tuple[Lane, ...]
    floors: Mapping[str, int]
    limits: Mapping[str, int]
    shared: bool

    @property
    def alone(self) -> bool:
        return len(self.lanes) == 1 and not self.counted and self.bucket is None and not self.shared

    @property
    def counted(self) -> bool:
        """Whether there is a limit on what runs."""
        return self.concurrency is not None or bool(self.limits)


class Running:
    """How many jobs run, by queue and by tenant."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._queues: defaultdict[str, int] = defaultdict(int)
        self._tenants: defaultdict[str, int] = defaultdict(int)
        for row in rows:
            self._queues[row["queue"]] += row["running"]
            self._tenants[row["tenant_id"]] += row["running"]

    def room(self, queue: Waiting) -> float:
        """What the queue's own limit leaves."""
        return inf if queue.concurrency is None else queue.concurrency - self._queues[queue.queue]

    def left(self, queue: Waiting, tenant: str) -> int | None:
        """What the tenant's limit leaves; None without one."""
        limit = queue.limits.get(tenant)
        return None if limit is None else limit - self._tenants[tenant]

    def without_full(self, queue: Waiting) -> Waiting:
        """The queue without tenants that are at their limit. Such a tenant has no lane meanwhile, as one that doesn't
        wait: its pass stands still and tells nothing."""
        lanes = tuple(lane for lane in queue.lanes if (left := self.left(queue, lane.tenant)) is None or left > 0)
        tenants = {lane.tenant for lane in lanes}
        limits = {tenant: limit for tenant, limit in queue.limits.items() if tenant in tenants}
        return replace(queue, lanes=lanes, limits=limits)


class Claim(Part):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heads = Heads()

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        return [_claimed(row) for row in await self._rows(request, now)]

    async def _rows(self, request: ClaimRequest, now: Instant) -> list[Row]:
        rows = await self._go_on(request, now)
        if len(rows) < request.limit:
            began = asyncio.get_running_loop().time()
            waiting = await self._survey(request, now)
            took = asyncio.get_running_loop().time() - began
            rows += await self._take_from(waiting, request, request.limit - len(rows), now)
            if waiting and waiting[0].alone:
                self._heads.note(request, rows, took)
        return rows

    async def _go_on(self, request: ClaimRequest, now: Instant) -> list[Row]:
        """Claims from where the last claim stopped, while looking from the start is too dear to do each time."""
        head = self._heads.of(request)
        if head is None:
            return []
        rows = await self._take(request, head.queue, {head.tenant: (request.limit, head.floor)}, now)
        self._heads.move(request, rows)
        return rows

    async def _take_from(
        self, waiting: Sequence[Waiting], request: ClaimRequest, limit: int, now: Instant
    ) -> list[Row]:
        """Queue by queue, each in a transaction of its own: locks of two queues are never held together."""
        rows: list[Row] = []
        for queue in waiting:
            if len(rows) >= limit:
                break
            take = self._take_alone if queue.alone else self._take_shared
            try:
                rows += await take(request, queue, limit - len(rows), now)
            except Unavailable:
                if not rows:
                    raise
                break  # what the queues before it gave has committed and is this worker's
        return rows

    async def _survey(self, request: ClaimRequest, now: Instant) -> list[Waiting]:
        queues = sorted(set(request.queues))
        looking = _looking(request, queues, now)
        found = await self._db.fetch(sql.SURVEY, *looking)
        if not found[0]["alive"]:
            raise WorkerGone("the store has declared this worker dead")
        due, behind = found[0]["due"], found[0]["behind"]
        if due:
            await self._db.fetch(sql.PROMOTE, queues, now)
        if behind:
            await self._db.transact(lambda connection: _admit_due(connection, queues, now))
        if due or behind:
            found = await self._db.fetch(sql.SURVEY, *looking)
        return await self._unblocked([queue for queue in _waiting(found) if _tokens(queue, now) > 0])

    async def _unblocked(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """Without tenants and queues that were at their limit a moment ago, so that they lock and count nothing."""
        if not any(queue.counted for queue in waiting):
            return list(waiting)
        running = Running(await self._db.fetch(sql.COUNT_RUNNING))
        return [left for queue in waiting if (left := running.without_full(queue)).lanes and running.room(left) > 0]

    async def _take_alone(self, request: ClaimRequest, queue: Waiting, room: int, now: Instant) -> list[Row]:
        tenant = queue.lanes[0].tenant
        return await self._take(request, queue.queue, {tenant: (room, queue.floors[tenant])}, now)

    async def _take(
        self, request: ClaimRequest, queue: str, wanted: Mapping[str, tuple[int, int]], now: Instant
    ) -> list[Row]:
        return sorted(await self._db.fetch(sql.TAKE, *_taking(request, queue, wanted, now), False), key=_by_rank)

    async def _take_shared(self, request: ClaimRequest, queue: Waiting, room: int, now: Instant) -> list[Row]:
        async def work(connection: Connection) -> list[Row]:
            return await _share_out(connection, request, queue.queue, room, now)

        return sorted(await self._db.transact(work), key=_by_rank)


def _taking(request: ClaimRequest, queue: str, wanted: Mapping[str, tuple[int, int]], now: Instant) -> list[Any]:
    """The arguments of ``TAKE`` but the last; ``wanted`` maps a tenant to its slots and the rank to look from."""
    slots, floors = [n for n, _ in wanted.values()], [floor for _, floor in wanted.values()]
    return [request.worker_id, queue, list(wanted), slots, list(request.kinds), now, floors, list(request.tags)]


def _looking(request: ClaimRequest, queues: Sequence[str], now: Instant) -> list[Any]:
    """The arguments of ``SURVEY``."""
    return [request.worker_id, queues, now, list(request.kinds), list(request.tags)]


async def _admit_due(connection: Connection, queues: Sequence[str], now: Instant) -> None:
    """Lets through what came due behind a gate, and what waited for a token that came."""
    rows = await connection.fetch(sql.PROMOTE_BEHIND, queues, now)
    await admit(connection, [(row["tenant_id"], row["key"]) for row in rows], now)


def _claimed(row: Row) -> ClaimedJob:
    """``TAKE`` gives the columns in the order of the fields, and the rank after them."""
    values = list(row)
    values[PAYLOAD] = decode(values[PAYLOAD])
    values[RETRY] = decode_policy(values[RETRY])
    values.pop()
    return ClaimedJob._make(values)


def _waiting(found: Sequence[Row]) -> list[Waiting]:
    by_queue: defaultdict[str, list[Row]] = defaultdict(list)
    for row in found:
        if row["queue"] is not None:
            by_queue[row["queue"]].append(row)
    queues = (_queue(name, rows) for name, rows in by_queue.items() if any(row["rank"] is not None for row in rows))
    return sorted(queues, key=lambda w: (w.order, w.queue))


def _queue(name: str, rows: Sequence[Row]) -> Waiting:
    ours = [row for row in rows if row["rank"] is not None]
    return Waiting(
        queue=name,
        order=rank(min(row["rank"] for row in ours), rows[0]["priority"]),
        concurrency=rows[0]["concurrency"],
        bucket=bucket_of(rows[0]),
        lanes=tuple(_lane(row) for row in ours),
        others=tuple(_lane(row) for row in rows if row["rank"] is None and row["passed"] is not None),
        floors={row["tenant_id"]: row["rank"] for row in ours},
        limits={row["tenant_id"]: row["max_running"] for row in ours if row["max_running"] is not None},
        shared=rows[0]["shared"],
    )


def _tokens(queue: Waiting, now: Instant) -> float:
    """How many starts the queue's rate allows now."""
    return inf if queue.bucket is None else queue.bucket.refilled(now).tokens


def _lane(row: Row) -> Lane:
    passed = row["passed"]
    return Lane(row["tenant_id"], row["weight"] or 1.0, passed or 0.0, ready=0, idle=passed is None)


async def _share_out(connection: Connection, request: ClaimRequest, name: str, room: int, now: Instant) -> list[Row]:
    """What this worker gets of one queue, under the queue's lock, in a snapshot taken after it."""
    await connection.fetch(sql.LOCK_QUEUES, [name])
    queue = await _look(connection, request, name, now)
    if queue is None:
        return []
    if queue.limits:
        await connection.fetch(sql.LOCK_TENANTS, sorted(queue.limits))
    room, lanes = await _bounded(connection, queue, int(min(room, _tokens(queue, now))))
    if room <= 0 or not lanes:
        return []
    rows: list[Row] = []
    # How many rows a tenant has isn't counted beforehand: one that had fewer than its share leaves the rest to others.
    # Each round fills the room or empties a lane.
    while answer := shares(lanes, room - len(rows)):
        given = [share for share in answer if share.slots > 0]
        if not given:
            break
        wanted = {share.tenant: (share.slots, queue.floors[share.tenant]) for share in given}
        taken = await connection.fetch(sql.TAKE, *_taking(request, name, wanted, now), True)
        rows += taken
        lanes = _after(lanes, {s.tenant: (s.slots, s.passed) for s in answer}, taken)
    await _save(connection, name, lanes, queue.others)
    if queue.bucket is not None and rows:
        left = queue.bucket.refilled(now).taken(len(rows))
        await connection.fetch(sql.SAVE_CREDIT, name, left.credit, left.at)
    return rows


async def _look(connection: Connection, request: ClaimRequest, name: str, now: Instant) -> Waiting | None:
    found = _waiting(await connection.fetch(sql.SURVEY, *_looking(request, [name], now)))
    return found[0] if found else None


async def _bounded(connection: Connection, queue: Waiting, room: int) -> tuple[int, list[Lane]]:
    """The slots there are under the queue's limit, and the lanes that could start a job under their tenants' limits."""
    running = Running(await connection.fetch(sql.COUNT_RUNNING) if queue.counted else [])
    room = int(min(room, running.room(queue)))
    lanes = running.without_full(queue).lanes
    return room, [replace(lane, ready=max(room, 0), room=running.left(queue, lane.tenant)) for lane in lanes]


def _after(lanes: Sequence[Lane], given: Mapping[str, tuple[int, float]], taken: Sequence[Row]) -> list[Lane]:
    """The lanes after a round: passes moved by what was taken, and nothing more for a tenant that ran dry."""
    got: defaultdict[str, int] = defaultdict(int)
    for row in taken:
        got[row["tenant_id"]] += 1
    result = []
    for lane in lanes:
        slots, passed = given.get(lane.tenant, (0, lane.passed))
        count = got[lane.tenant]
        result.append(
            replace(
                lane,
                passed=passed - (slots - count) / lane.weight,
                ready=0 if count < slots else lane.ready - count,
                room=None if lane.room is None else lane.room - count,
                idle=lane.idle and lane.tenant not in given,
            )
        )
    return result


async def _save(connection: Connection, name: str, lanes: Sequence[Lane], others: Sequence[Lane]) -> None:
    """Keeps the lanes of those that still wait. ``others`` keep their order and come along with the floor: what is
    closed to one worker saves up no credit, and isn't forgotten by those that may start it."""
    waiting = [lane for lane in lanes if not lane.idle] if len(lanes) + len(others) > 1 else []
    if waiting and others:
        behind = min(lane.passed for lane in waiting) - min(lane.passed for lane in others)
        waiting += [replace(lane, passed=lane.passed + max(behind, 0.0)) for lane in others]
    tenants = [lane.tenant for lane in waiting]
    await connection.fetch(sql.DROP_LANES, name, tenants)
    if waiting:
        await connection.fetch(sql.SAVE_LANES, name, tenants, [lane.passed for lane in waiting])
