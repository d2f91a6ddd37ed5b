"""What waits in queues, as one look at the store finds it, and how much of it limits leave room for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from holdfast.model.fairness import Lane
from holdfast.model.instant import Instant
from holdfast.model.job import rank
from holdfast.model.limits import Bucket
from holdfast.stores.postgres.connection import Row
from holdfast.stores.postgres.gates import bucket_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue in which work waits: a lane per waiting tenant, limits, and the order among queues (less is sooner).

    ``floors`` holds the rank of each tenant's first ready job, ``firsts`` its id: below these an index has nothing but
    the past. ``others`` are lanes of tenants whose waiting jobs this worker may not start.
    """

    queue: str
    order: int
    concurrency: int | None
    bucket: Bucket | None
    lanes: tuple[Lane, ...]
    others: tuple[Lane, ...]
    floors: Mapping[str, int]
    firsts: Mapping[str, str]
    limits: Mapping[str, int]
    shared: bool

    @property
    def alone(self) -> bool:
        return len(self.lanes) == 1 and not self.counted and self.bucket is None and not self.shared

    @property
    def counted(self) -> bool:
        """Whether there is a limit on what runs."""
        return self.concurrency is not None or bool(self.limits)

    def tokens(self, now: Instant) -> float:
        """How many starts the queue's rate allows now."""
        return inf if self.bucket is None else self.bucket.refilled(now).tokens


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

    def lanes(self, queue: Waiting) -> list[Lane]:
        """The lanes that could start a job, with the room that their tenants' limits leave."""
        return [replace(lane, room=self.left(queue, lane.tenant)) for lane in self.without_full(queue).lanes]

    def started(self, queue: str, tenant: str, count: int) -> None:
        """Reckons with so many more."""
        self._queues[queue] += count
        self._tenants[tenant] += count


def waiting_in(found: Sequence[Row]) -> list[Waiting]:
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
        firsts={row["tenant_id"]: row["first_id"] for row in ours},
        limits={row["tenant_id"]: row["running_limit"] for row in ours if row["running_limit"] is not None},
        shared=rows[0]["shared"],
    )


def _lane(row: Row) -> Lane:
    passed = row["passed"]
    return Lane(row["tenant_id"], row["weight"] or 1.0, passed or 0.0, ready=0, idle=passed is None)
