"""Concurrency keys in a simulation: which there are, and what must have held of them, event by event in commit order.

* A place: with limit 1 at most one job of the key is between its first start and its end; with a higher limit at most
  so many are RUNNING.
* The order: with limit 1 no job starts before one that was inserted earlier and was due no later.
* The rate: in any stretch of time at most the burst and what came in meanwhile, however many processes claim. A start
  lies between its claim's own time and its commit; the longest stretch counts. Only where no clock jumped.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.event import Event
from holdfast.model.instant import SECOND, Instant
from holdfast.model.job import ENDED
from holdfast.model.limits import Rate
from holdfast.model.records import JobRecord
from holdfast.model.retry import Reason


@dataclass(frozen=True, slots=True)
class Key:
    """A key's limit and rate, the same with every job that bears it. With neither, one job goes at a time."""

    limit: int | None = None
    rate: Rate | None = None

    @property
    def alone(self) -> bool:
        return self.limit == 1 or (self.limit is None and self.rate is None)


KEYS: Final[Mapping[str, Key]] = {
    "fifo": Key(),
    "pair": Key(limit=2),
    "slow": Key(rate=Rate(2, 3 * SECOND)),
    "drip": Key(limit=1, rate=Rate(1, 2 * SECOND)),
}


@dataclass(slots=True)
class _Follower:
    """What is known of one tenant's key after each event."""

    key: Key
    came: int = 0
    running: dict[str, None] = field(default_factory=dict)
    begun: dict[str, None] = field(default_factory=dict)
    waiting: dict[str, tuple[Instant, int]] = field(default_factory=dict)
    starts: list[tuple[Instant, Instant]] = field(default_factory=list)

    def follow(self, event: Event, job: JobRecord, committed: Instant) -> Iterator[str]:
        if event.type == "job.started":
            self.starts.append((event.at, committed))
            yield from self._started(job)
        elif event.data.get("from") is None:
            self.waiting[job.id] = (job.changes[0].due_at or job.changes[0].at, self.came)
            self.came += 1
        elif event.data.get("reason") == Reason.DEBOUNCED and job.id in self.waiting:
            due = next(c.due_at for c in job.changes if c.reason == Reason.DEBOUNCED and c.at == event.at)
            self.waiting[job.id] = (due or event.at, self.waiting[job.id][1])
        else:
            self.running.pop(job.id, None)
            if event.data.get("to") in ENDED:
                self.begun.pop(job.id, None)
                self.waiting.pop(job.id, None)

    def _started(self, job: JobRecord) -> Iterator[str]:
        self.running[job.id] = None
        waited = self.waiting.pop(job.id, None)
        self.begun[job.id] = None
        if self.key.alone and len(self.begun) > 1:
            yield f"{list(self.begun)} were between their start and their end at once"
        if self.key.limit is not None and len(self.running) > self.key.limit:
            yield f"{list(self.running)} ran at once"
        if self.key.alone and waited is not None:
            yield from self._overtaken(job, *waited)

    def _overtaken(self, job: JobRecord, due: Instant, came: int) -> Iterator[str]:
        for other, (earlier, before) in self.waiting.items():
            if before < came and (earlier, other) < (due, job.id):
                yield f"{job.id} started before {other}, which was there and due earlier"

    def over_rate(self) -> Iterator[str]:
        rate = self.key.rate
        if rate is None:
            return
        for first, (since, _) in enumerate(self.starts):
            for last, (_, until) in enumerate(self.starts[first:]):
                if (last + 1 - rate.count) * rate.per > (until - since) * rate.count:
                    yield f"{last + 1} starts in {until - since} µs"
                    return


def wrong_with_keys(
    events: Sequence[Event], jobs: Mapping[str, JobRecord], committed: Callable[[Event], Instant], clocks_right: bool
) -> Iterator[str]:
    """Each violation as a sentence that begins with the key."""
    followers: dict[tuple[str, str], _Follower] = {}
    for event in events:
        job = jobs.get(event.job_id or "")
        if job is None or job.concurrency_key is None or not event.type.startswith("job."):
            continue
        name = (job.tenant, job.concurrency_key)
        follower = followers.setdefault(name, _Follower(KEYS[job.concurrency_key]))
        yield from (f"key {name}: {what}" for what in follower.follow(event, job, committed(event)))
    for name, follower in followers.items():
        if clocks_right:
            yield from (f"key {name}: {what}" for what in follower.over_rate())
