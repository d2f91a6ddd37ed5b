"""Offers: what claims would take next, and claiming it by id.

*Looking ahead*: ``ready_offers`` does what a claim does up to the point of taking: what is due joins the ready work,
shares are reckoned, and the jobs are named one after another in the order in which claims of one job each would start
them. It locks nothing and moves no pass.

*Claiming*, modes as with ``claim``. *Alone*: one tenant waits in a queue and nothing limits it: one statement for the
offers of all such queues; it finds out by itself which queues aren't of that kind. *Shared*: the others, each in a
transaction under the queue's lock. Which tenant gets how much was decided when the jobs were offered; what was taken
moves the passes, so that the next look ahead knows.

Nobody waits for another who has the same offers. An offer that isn't answered with a job was refused; the job is as it
was, and a later look ahead names it again if it may start.
"""

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from holdfast.model.errors import WorkerGone
from holdfast.model.fairness import turns
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.job import ALL_QUEUES, ClaimedJob
from holdfast.ports import ClaimRequest
from holdfast.ports.streams import Offer, Ready
from holdfast.stores.lanes import Division
from holdfast.stores.postgres.claim import DEAD, Claim, Taking, claimed, one_by_one
from holdfast.stores.postgres.connection import PROMPT, Connection, Row
from holdfast.stores.postgres.fronts import Fronts, Neighbours
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import offers as sql
from holdfast.stores.postgres.waiting import Running, Waiting, waiting_in

# A tenant that had fewer jobs than its share leaves the rest to others, so often in one round; then the window stays
# open for the next one.
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Sought:
    """For whom a relay looks ahead, and how far in each queue."""

    windows: Mapping[str, int]
    kinds: frozenset[str]
    tags: frozenset[str]
    now: Instant

    @property
    def queues(self) -> list[str]:
        names = [name for name, size in self.windows.items() if size > 0]
        return [ALL_QUEUES] if ALL_QUEUES in names else names

    @property
    def group(self) -> Hashable:
        return frozenset(self.queues), self.kinds, self.tags

    def room(self, queue: Waiting, running: Running) -> int:
        """How many jobs of the queue may be offered."""
        size = self.windows.get(queue.queue, self.windows.get(ALL_QUEUES, 0))
        return int(min(size, queue.tokens(self.now), running.room(queue)))

    def reading(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The arguments of ``NEXT`` for these rows: queue, tenant, slots, rank, id, how many to pass over."""
        queues, tenants, slots, floors, firsts, past = columns(rows, 6)
        return [queues, tenants, slots, floors, list(self.kinds), self.now, firsts, list(self.tags), past]


class Window:
    """A queue of which at most ``size`` jobs are to be offered; the next ids of its lanes, as far as they are read."""

    def __init__(self, queue: Waiting, size: int, running: Running) -> None:
        self.queue = queue
        self.filled = True
        self._size = size
        self._division = Division(running.lanes(queue), size)
        self._asked: dict[str, int] = {}
        self._ids: dict[str, list[str]] = {}
        self._ranks: dict[str, int] = {}

    def ask(self) -> list[tuple[Any, ...]]:
        """What to read now: a row for each lane, for ``NEXT``."""
        self._asked = self._division.ask()
        queue = self.queue
        return [
            (queue.queue, tenant, slots, queue.floors[tenant], queue.firsts[tenant], len(self._ids.get(tenant, ())))
            for tenant, slots in self._asked.items()
        ]

    def read(self, found: Sequence[Row]) -> None:
        """What the last ``ask`` came to."""
        counts = {}
        for (tenant, slots), row in zip(self._asked.items(), found, strict=True):
            ids = row["ids"] or []
            self._ids.setdefault(tenant, []).extend(ids)
            counts[tenant] = len(ids)
            self._ranks.setdefault(tenant, row["rank"])
            self.filled = self.filled and len(ids) == slots
        self._division.took(counts)

    def offers(self, running: Running) -> list[Offer]:
        """What was read, in turn, as far as the tenants' limits allow beside the queues that went before."""
        ids = {tenant: list(dict.fromkeys(found)) for tenant, found in self._ids.items()}
        lanes = [replace(lane, ready=len(ids.get(lane.tenant, ()))) for lane in running.lanes(self.queue)]
        order = turns(lanes, self._size)
        for tenant, count in Counter(order).items():
            running.started(self.queue.queue, tenant, count)
        next_of = {tenant: iter(found) for tenant, found in ids.items()}
        return [Offer(self.queue.queue, tenant, next(next_of[tenant])) for tenant in order]

    def moved(self) -> Waiting:
        """The queue from the first jobs that were read on."""
        return replace(self.queue, floors=self._ranks, firsts={tenant: ids[0] for tenant, ids in self._ids.items()})


class Asked:
    """What a worker asks for: the offers of queues that it serves, each job once."""

    def __init__(self, request: ClaimRequest, offers: Sequence[Offer], now: Instant) -> None:
        served = None if ALL_QUEUES in request.queues else set(request.queues)
        ours = (offer for offer in offers if (served is None or offer.queue in served) and is_id(offer.job_id))
        self.request = request
        self.now = now
        self._offers = {offer.job_id: offer for offer in ours}
        self._lanes = {(offer.queue, offer.tenant) for offer in self._offers.values()}
        lanes = Counter(queue for queue, _ in self._lanes)
        self.alone = [lane for lane in self._lanes if lanes[lane[0]] == 1]
        self.crowded = [queue for queue, count in lanes.items() if count > 1]
        self.places = {job_id: number for number, job_id in enumerate(self._offers)}

    def taking(self, most: Mapping[tuple[str, str], int], room: int, reckoned: bool) -> list[Any]:
        """The arguments of ``TAKE_OFFERED`` but the last, for the offers of these lanes."""
        lanes = sorted(most.keys() & self._lanes)
        queues, tenants = columns(lanes, 2)
        ids = [job_id for job_id, offer in self._offers.items() if (offer.queue, offer.tenant) in most]
        slots = [most[lane] for lane in lanes]
        kinds, tags = list(self.request.kinds), list(self.request.tags)
        return [self.request.worker_id, queues, tenants, ids, kinds, self.now, slots, tags, reckoned, room]


class Offers(Claim):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fronts = Fronts()
        self._neighbours = Neighbours()

    async def ready_offers(
        self, windows: Mapping[str, int], kinds: frozenset[str], tags: frozenset[str], now: Instant
    ) -> Ready:
        sought = Sought(windows, kinds, tags, now)
        if not sought.queues:
            return Ready()
        front = self._fronts.of(sought.group)
        if front is not None:
            ahead = await self._read(front.waiting, Running([]), sought)
            if _filled(ahead):
                self._fronts.move(sought.group, [window.moved() for window in ahead])
                return Ready(_offers(ahead, Running([])), front.others)
        return await self._look_ahead(sought)

    async def _look_ahead(self, sought: Sought) -> Ready:
        began = asyncio.get_running_loop().time()
        found = await self._found(None, sought.queues, sought.kinds, sought.tags, sought.now)
        took = asyncio.get_running_loop().time() - began
        waiting = waiting_in(found)
        running = await self._running(waiting)
        ahead = await self._read(waiting, running, sought)
        ready = Ready(_offers(ahead, running), frozenset(row["queue"] for row in found if row["apart"]))
        simple = _filled(ahead) and all(queue.alone for queue in waiting)
        front = [window.moved() for window in ahead] if simple else []
        self._fronts.note(sought.group, front, ready, took)
        return ready

    async def _read(self, waiting: Sequence[Waiting], running: Running, sought: Sought) -> list[Window]:
        """The windows of these queues with what is to be offered of them; those in which nothing may start left out."""
        sizes = (sought.room(queue, running) for queue in waiting)
        ahead = [Window(queue, size, running) for queue, size in zip(waiting, sizes, strict=True) if size > 0]
        for _ in range(ROUNDS):
            asked = [window.ask() for window in ahead]
            rows = [row for rows in asked for row in rows]
            if not rows:
                break
            found = iter(await self._db.fetch(sql.NEXT, *sought.reading(rows), patience=PROMPT))
            for window, asked_of in zip(ahead, asked, strict=True):
                window.read([next(found) for _ in asked_of])
        return ahead

    async def claim_offered(self, request: ClaimRequest, offers: Sequence[Offer], now: Instant) -> list[ClaimedJob]:
        asked = Asked(request, offers, now)
        crowded = set(asked.crowded)

        async def take_alone(room: int) -> list[Row]:
            given, looking = asked.taking(dict.fromkeys(asked.alone, room), room, False), self._neighbours.due
            began = asyncio.get_running_loop().time()
            rows = await self._db.fetch(sql.TAKE_OFFERED, *given, looking, patience=PROMPT)
            if looking:
                self._neighbours.note(len(rows), asyncio.get_running_loop().time() - began)
            crowded.update(row["queue"] for row in rows if row["job_id"] is None and row["queue"] is not None)
            return _taken(rows)

        def takes() -> Iterator[Taking]:
            if asked.alone:
                yield take_alone
            for queue in sorted(crowded):
                yield partial(self._take_offered, asked, queue)

        rows = await one_by_one(takes(), request.limit)
        return [claimed(row) for row in sorted(rows, key=lambda row: asked.places[row["job_id"]])]

    async def _take_offered(self, asked: Asked, queue: str, room: int) -> list[Row]:
        """Those of one queue that limits leave room for. Which of its tenants go first was decided by who offered."""

        async def take(connection: Connection, locked: Waiting, division: Division) -> list[Row]:
            most = {(locked.queue, tenant): count for tenant, count in division.most().items()}
            given = asked.taking(most, division.left, True)
            division.ask()  # those that come in do so at the pass at which a claim would let them in
            rows = _taken(await connection.fetch(sql.TAKE_OFFERED, *given, True))
            division.took(Counter(row["tenant_id"] for row in rows))
            return rows

        return await self._share_out(asked.request, queue, room, asked.now, take)


def _taken(rows: Sequence[Row]) -> list[Row]:
    """The rows of jobs. Raises ``WorkerGone``."""
    if any(row["queue"] is None for row in rows):
        raise WorkerGone(DEAD)
    return [row for row in rows if row["job_id"] is not None]


def _filled(ahead: Sequence[Window]) -> bool:
    return bool(ahead) and all(window.filled for window in ahead)


def _offers(ahead: Sequence[Window], running: Running) -> tuple[Offer, ...]:
    return tuple(offer for window in ahead for offer in window.offers(running))
