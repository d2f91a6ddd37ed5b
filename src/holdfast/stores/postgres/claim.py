"""Claiming jobs, in fair order.

Modes. *Alone*: one tenant waits in a queue and nothing limits it; one statement takes its rows, skipping what another
claim holds, without any lock on the queue. *Shared*: several tenants wait, or a limit stands; a transaction locks the
queue (and limited tenants), counts what runs, asks ``model.fairness`` and takes each tenant's share.

A lane exists only while its tenant waits beside others, so that a tenant which comes back has saved up no credit. A
claim whose answer is lost leaves RUNNING rows behind: the worker's next heartbeat gives them back.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from holdfast.model.errors import WorkerGone
from holdfast.model.fairness import Lane, shares
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, rank
from holdfast.ports import ClaimRequest
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import claim as sql
from holdfast.stores.rows import claimed_job

ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue in which work waits: a lane per waiting tenant, limits, and the order among queues (less is sooner)."""

    queue: str
    order: int
    concurrency: int | None
    lanes: tuple[Lane, ...]
    limits: Mapping[str, int]
    shared: bool

    @property
    def alone(self) -> bool:
        return len(self.lanes) == 1 and self.concurrency is None and not self.limits and not self.shared


class Claim(Part):
    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        waiting = await self._survey(request, now)
        rows: list[Row] = []
        for queue in waiting:
            room = request.limit - len(rows)
            if room <= 0:
                break
            take = self._take_alone if queue.alone else self._take_shared
            rows += sorted(await take(request, queue, room, now), key=_by_rank)
        return [claimed_job(row) for row in rows]

    async def _survey(self, request: ClaimRequest, now: Instant) -> list[Waiting]:
        queues = sorted(set(request.queues))
        found = await self._db.fetch(sql.SURVEY, request.worker_id, queues, now)
        if not found[0]["alive"]:
            raise WorkerGone("the store has declared this worker dead")
        if found[0]["due"]:
            await self._db.fetch(sql.PROMOTE, queues, now)
            found = await self._db.fetch(sql.SURVEY, request.worker_id, queues, now)
        return _waiting(found)

    async def _take_alone(self, request: ClaimRequest, queue: Waiting, room: int, now: Instant) -> list[Row]:
        lane = queue.lanes[0]
        return await self._db.fetch(
            sql.TAKE, request.worker_id, queue.queue, [lane.tenant], [room], list(request.kinds), now
        )

    async def _take_shared(self, request: ClaimRequest, queue: Waiting, room: int, now: Instant) -> list[Row]:
        async def work(connection: Connection) -> list[Row]:
            return await _share_out(connection, request, queue.queue, room, now)

        return await self._db.transact(work)


def _by_rank(row: Row) -> tuple[int, str]:
    return (row["rank"], row["id"])


def _waiting(found: Sequence[Row]) -> list[Waiting]:
    by_queue: defaultdict[str, list[Row]] = defaultdict(list)
    for row in found:
        if row["queue"] is not None:
            by_queue[row["queue"]].append(row)
    return sorted((_queue(name, rows) for name, rows in by_queue.items()), key=lambda w: (w.order, w.queue))


def _queue(name: str, rows: Sequence[Row]) -> Waiting:
    return Waiting(
        queue=name,
        order=rank(min(row["rank"] for row in rows), rows[0]["priority"]),
        concurrency=rows[0]["concurrency"],
        lanes=tuple(_lane(row) for row in rows),
        limits={row["tenant_id"]: row["max_running"] for row in rows if row["max_running"] is not None},
        shared=rows[0]["shared"],
    )


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
    room, lanes = await _bounded(connection, queue, room)
    if room <= 0 or not lanes:
        return []
    rows: list[Row] = []
    # How many rows a tenant has isn't counted beforehand: one that had fewer than its share leaves the rest to others.
    for _ in range(ROUNDS):
        answer = shares(lanes, room - len(rows))
        given = [share for share in answer if share.slots > 0]
        if not given:
            break
        taken = await connection.fetch(
            sql.TAKE,
            request.worker_id,
            name,
            [share.tenant for share in given],
            [share.slots for share in given],
            list(request.kinds),
            now,
        )
        rows += taken
        lanes = _after(lanes, {s.tenant: (s.slots, s.passed) for s in answer}, taken)
    await _save(connection, name, lanes)
    return rows


async def _look(connection: Connection, request: ClaimRequest, name: str, now: Instant) -> Waiting | None:
    found = _waiting(await connection.fetch(sql.SURVEY, request.worker_id, [name], now))
    return found[0] if found else None


async def _bounded(connection: Connection, queue: Waiting, room: int) -> tuple[int, list[Lane]]:
    """The slots there are under the queue's limit, and the lanes that could start a job under their tenants' limits.

    A tenant at its limit has no lane meanwhile, as one that doesn't wait: its pass stands still and tells nothing.
    """
    counted = queue.concurrency is not None or queue.limits
    running = await connection.fetch(sql.COUNT_RUNNING) if counted else []
    if queue.concurrency is not None:
        room = min(room, queue.concurrency - sum(row["running"] for row in running if row["queue"] == queue.queue))
    by_tenant: defaultdict[str, int] = defaultdict(int)
    for row in running:
        by_tenant[row["tenant_id"]] += row["running"]
    left = {tenant: limit - by_tenant[tenant] for tenant, limit in queue.limits.items()}
    lanes = [
        replace(lane, ready=max(room, 0), room=left.get(lane.tenant))
        for lane in queue.lanes
        if left.get(lane.tenant, 1) > 0
    ]
    return room, lanes


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


async def _save(connection: Connection, name: str, lanes: Sequence[Lane]) -> None:
    waiting = [lane for lane in lanes if not lane.idle] if len(lanes) > 1 else []
    tenants = [lane.tenant for lane in waiting]
    await connection.fetch(sql.DROP_LANES, name, tenants)
    if waiting:
        await connection.fetch(sql.SAVE_LANES, name, tenants, [lane.passed for lane in waiting])
