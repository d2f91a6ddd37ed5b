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
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from holdfast.model.errors import Unavailable, WorkerGone
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.ports import ClaimRequest
from holdfast.stores.codec import decode, decode_policy
from holdfast.stores.lanes import Division
from holdfast.stores.postgres.connection import PROMPT, Connection, Row
from holdfast.stores.postgres.gates import admit
from holdfast.stores.postgres.heads import Heads
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import claim as sql
from holdfast.stores.postgres.waiting import Running, Waiting, waiting_in

# Takes so many jobs at most.
Taking = Callable[[int], Awaitable[list[Row]]]
# Takes a queue's jobs under its lock, and tells the division how many of each tenant.
Take = Callable[[Connection, Waiting, Division], Awaitable[list[Row]]]

# Where these columns of ``TAKE`` stand.
PAYLOAD: Final = ClaimedJob._fields.index("payload")
RETRY: Final = ClaimedJob._fields.index("retry")

DEAD: Final = "the store has declared this worker dead"

_by_rank = itemgetter("rank", "job_id")


class Claim(Part):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heads = Heads()

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        return [claimed(row) for row in await self._rows(request, now)]

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
        def taking(queue: Waiting) -> Taking:
            take = self._take_alone if queue.alone else self._take_shared
            return lambda room: take(request, queue, room, now)

        return await one_by_one(map(taking, waiting), limit)

    async def _survey(self, request: ClaimRequest, now: Instant) -> list[Waiting]:
        found = await self._found(request.worker_id, request.queues, request.kinds, request.tags, now)
        if not found[0]["alive"]:
            raise WorkerGone(DEAD)
        waiting = [queue for queue in waiting_in(found) if queue.tokens(now) > 0]
        running = await self._running(waiting)
        return [left for queue in waiting if (left := running.without_full(queue)).lanes and running.room(left) > 0]

    async def _found(
        self, worker: str | None, names: Collection[str], kinds: Collection[str], tags: Collection[str], now: Instant
    ) -> list[Row]:
        """The rows of ``SURVEY`` once what is due has joined the ready work."""
        queues = sorted(set(names))
        looking = (worker, queues, now, list(kinds), list(tags))
        found = await self._db.fetch(sql.SURVEY, *looking, patience=PROMPT)
        due, behind = found[0]["due"], found[0]["behind"]
        if (worker is not None and not found[0]["alive"]) or not (due or behind):
            return found
        if due:
            await self._db.fetch(sql.PROMOTE, queues, now)
        if behind:
            await self._db.transact(lambda connection: _admit_due(connection, queues, now))
        return await self._db.fetch(sql.SURVEY, *looking, patience=PROMPT)

    async def _running(self, waiting: Sequence[Waiting]) -> Running:
        """What runs, if a limit asks for it: who was at it a moment ago needn't be locked and counted."""
        return Running(await self._db.fetch(sql.COUNT_RUNNING) if any(queue.counted for queue in waiting) else [])

    async def _take_alone(self, request: ClaimRequest, queue: Waiting, room: int, now: Instant) -> list[Row]:
        tenant = queue.lanes[0].tenant
        return await self._take(request, queue.queue, {tenant: (room, queue.floors[tenant])}, now)

    async def _take(
        self, request: ClaimRequest, queue: str, wanted: Mapping[str, tuple[int, int]], now: Instant
    ) -> list[Row]:
        taking = _taking(request, queue, wanted, now)
        return sorted(await self._db.fetch(sql.TAKE, *taking, False, patience=PROMPT), key=_by_rank)

    async def _take_shared(self, request: ClaimRequest, queue: Waiting, room: int, now: Instant) -> list[Row]:
        async def take(connection: Connection, locked: Waiting, division: Division) -> list[Row]:
            rows: list[Row] = []
            while asked := division.ask():
                wanted = {tenant: (slots, locked.floors[tenant]) for tenant, slots in asked.items()}
                taken = await connection.fetch(sql.TAKE, *_taking(request, locked.queue, wanted, now), True)
                division.took(Counter(row["tenant_id"] for row in taken))
                rows += taken
            return rows

        return sorted(await self._share_out(request, queue.queue, room, now, take), key=_by_rank)

    async def _share_out(self, request: ClaimRequest, name: str, room: int, now: Instant, take: Take) -> list[Row]:
        """What this worker gets of one queue, under the queue's lock, in a snapshot taken after it."""

        async def work(connection: Connection) -> list[Row]:
            await connection.fetch(sql.LOCK_QUEUES, [name])
            queue = await _look(connection, request, name, now)
            if queue is None:
                return []
            limited = sorted(tenant for tenant, limit in queue.limits.items() if limit > 0)
            if limited:
                await connection.fetch(sql.LOCK_TENANTS, limited)
            division = await _divided(connection, queue, int(min(room, queue.tokens(now))))
            if division is None:
                return []
            rows = await take(connection, queue, division)
            if rows:
                await _save(connection, queue, division, len(rows), now)
            return rows

        return await self._db.transact(work, patience=PROMPT)


async def one_by_one(takes: Iterable[Taking], limit: int) -> list[Row]:
    """Takes from queue after queue until there are enough, each in a transaction of its own: locks of two queues are
    never held together."""
    rows: list[Row] = []
    for take in takes:
        if len(rows) >= limit:
            break
        try:
            rows += await take(limit - len(rows))
        except Unavailable:
            if not rows:
                raise
            break  # what the queues before it gave has committed and is this worker's
    return rows


def claimed(row: Row) -> ClaimedJob:
    """``TAKE`` gives the columns in the order of the fields, and the rank after them."""
    values = list(row)
    values[PAYLOAD] = decode(values[PAYLOAD])
    values[RETRY] = decode_policy(values[RETRY])
    values.pop()
    return ClaimedJob._make(values)


def _taking(request: ClaimRequest, queue: str, wanted: Mapping[str, tuple[int, int]], now: Instant) -> list[Any]:
    """The arguments of ``TAKE`` but the last; ``wanted`` maps a tenant to its slots and the rank to look from."""
    slots, floors = [n for n, _ in wanted.values()], [floor for _, floor in wanted.values()]
    return [request.worker_id, queue, list(wanted), slots, list(request.kinds), now, floors, list(request.tags)]


async def _admit_due(connection: Connection, queues: Sequence[str], now: Instant) -> None:
    """Lets through what came due behind a gate, and what waited for a token that came."""
    rows = await connection.fetch(sql.PROMOTE_BEHIND, queues, now)
    await admit(connection, [(row["tenant_id"], row["key"]) for row in rows], now)


async def _look(connection: Connection, request: ClaimRequest, name: str, now: Instant) -> Waiting | None:
    looking = (request.worker_id, [name], now, list(request.kinds), list(request.tags))
    found = await connection.fetch(sql.SURVEY, *looking)
    if not found[0]["alive"]:
        raise WorkerGone(DEAD)
    return next(iter(waiting_in(found)), None)


async def _divided(connection: Connection, queue: Waiting, room: int) -> Division | None:
    """The slots there are under the queue's limit, for the lanes that could start a job under their tenants' limits."""
    running = Running(await connection.fetch(sql.COUNT_RUNNING) if queue.counted else [])
    room = int(min(room, running.room(queue)))
    lanes = running.lanes(queue)
    return Division(lanes, room, queue.others) if room > 0 and lanes else None


async def _save(connection: Connection, queue: Waiting, division: Division, taken: int, now: Instant) -> None:
    """Keeps the lanes of those that still wait, and what is left of the queue's tokens."""
    standing = division.standing()
    await connection.fetch(sql.DROP_LANES, queue.queue, list(standing))
    if standing:
        await connection.fetch(sql.SAVE_LANES, queue.queue, list(standing), list(standing.values()))
    if queue.bucket is not None:
        left = queue.bucket.refilled(now).taken(taken)
        await connection.fetch(sql.SAVE_CREDIT, queue.queue, left.credit, left.at)
