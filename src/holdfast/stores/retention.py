"""Which ended lone jobs may go: the rules, and how far each walk over the jobs has got.

Ids begin with the time that their job was made at, and no index on an end time is needed: a job made after a horizon
can't have ended before it. For each length of time that a rule names there is a *walk* over the jobs in id order, up to
the horizon of that length. It looks at each job once and takes those whose own rule says so; what it leaves (a longer
rule, a job of a run, one that goes on) it doesn't meet again, so a short rule beside a long one stays cheap.

A job that ended long after it was made may not be due yet when the walk passes it. Such stragglers are caught in two
ways: the last minutes before the horizon are looked at again each time, and from time to time a second walk begins at
the start and follows after the first.

Walks live in memory. A process that starts begins them anew; several processes may walk beside each other.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from holdfast.model.ids import uuid7
from holdfast.model.instant import DAY, HOUR, MINUTE, Instant, Micros
from holdfast.model.job import JobState
from holdfast.model.records import Retention
from holdfast.stores.codec import decode_retention

FIRST_ID: Final = "00000000-0000-0000-0000-000000000000"
# How many jobs one look reads, how many one transaction deletes, and how many are read before the others get a turn.
LOOK: Final = 2_000
PORTION: Final = 500
MOST: Final = 500_000


@dataclass(frozen=True, slots=True)
class Rules:
    """How long ended jobs are kept: as their tenant says for their state, else their queue, else ``keep``."""

    keep: Micros
    queues: Mapping[str, Retention]
    tenants: Mapping[str, Retention]

    @classmethod
    def read(cls, keep: Micros, queues: Iterable[Iterable[str]], tenants: Iterable[Iterable[str]]) -> "Rules":
        """Of rows of ``(name, retention)``, those with a rule."""
        return cls(keep, *({name: decode_retention(rule) for name, rule in rows} for rows in (queues, tenants)))

    def kept(self, tenant: str, queue: str, state: JobState) -> Micros:
        for rule in (self.tenants.get(tenant), self.queues.get(queue)):
            if rule is not None and state in rule:
                return rule[state]
        return self.keep

    def lengths(self, tenant: str | None = None) -> set[Micros]:
        """All lengths of time that hold for some job of this tenant (None: of any)."""
        rules = [*self.queues.values()]
        rules += self.tenants.values() if tenant is None else [self.tenants.get(tenant, {})]
        return {self.keep, *(length for rule in rules for length in rule.values())}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Jobs to look at: of one scope (a tenant, or all: "") with ids between these two. ``again``: the second walk's."""

    scope: str
    length: Micros
    again: bool
    after: str
    before: str


class Seen(NamedTuple):
    """What a look tells of a job. ``state`` is None while it is live."""

    id: str
    tenant: str
    queue: str
    state: str | None
    run_id: str | None
    finished_at: Instant | None


@dataclass(slots=True)
class _Place:
    """Where a walk stands, and until when it rests there."""

    after: str
    rests_until: Instant


class Walks:
    """Where the walks of one process stand."""

    def __init__(self) -> None:
        self._rules: Rules | None = None
        self._places: dict[tuple[str, Micros], tuple[_Place, _Place]] = {}

    def stretches(self, rules: Rules, scopes: Mapping[str, Iterable[Micros]], now: Instant) -> list[Stretch]:
        """What is to be looked at now. Other rules than last time make every walk begin anew."""
        if rules != self._rules:
            self._rules, self._places = rules, {}
        wanted = [(scope, length) for scope, lengths in scopes.items() for length in sorted(lengths)]
        self._places = {walk: self._places.get(walk) or _new_places(walk[1], now) for walk in wanted}
        found: list[Stretch] = []
        for (scope, length), (first, second) in self._places.items():
            if now >= first.rests_until:
                found.append(Stretch(scope, length, False, first.after, _first_id(now - length)))
            if now >= second.rests_until:
                found.append(Stretch(scope, length, True, second.after, first.after))
        return found

    def looked(self, stretch: Stretch, last: str | None, now: Instant) -> None:
        """A look went up to the job ``last``; None: to the stretch's end."""
        places = self._places.get((stretch.scope, stretch.length))
        if places is None:
            return  # the rules changed meanwhile, and other walks began
        place = places[stretch.again]
        if last is not None:
            place.after = last
        elif stretch.again:
            place.after, place.rests_until = FIRST_ID, now + _lap(stretch.length)
        else:
            rest = min(stretch.length // 8, MINUTE)
            place.after = max(place.after, _first_id(now - stretch.length - 10 * rest))
            place.rests_until = now + rest


def _new_places(length: Micros, now: Instant) -> tuple[_Place, _Place]:
    return _Place(FIRST_ID, 0), _Place(FIRST_ID, now + _lap(length))


def _lap(length: Micros) -> Micros:
    """How long until the second walk begins again."""
    return max(HOUR, min(length // 8, DAY))


def _first_id(at: Instant) -> str:
    """The first id that could be made at this moment."""
    return uuid7(max(at, 0), 0)


async def prune_jobs(
    walks: Walks,
    stretches: Sequence[Stretch],
    rules: Rules,
    now: Instant,
    limit: int,
    look: Callable[[Stretch, int], Awaitable[Sequence[Seen]]],
    drop: Callable[[Sequence[Seen]], Awaitable[int]],
) -> int:
    """Deletes up to ``limit`` jobs, in short transactions; how many. ``drop`` leaves alone what changed meanwhile."""
    deleted = looked = 0
    for stretch in stretches:
        at_end, count = False, PORTION
        while not at_end and deleted < limit and looked < MOST:
            found = await look(stretch, count)
            looked += len(found)
            expired = [job for job in found if _expired(job, rules, now)]
            portion = expired[: min(limit - deleted, PORTION)]
            if portion:
                deleted += await drop(portion)
            at_end = len(portion) == len(expired) and len(found) < count
            last = portion[-1].id if len(portion) < len(expired) else found[-1].id if found else None
            walks.looked(stretch, None if at_end else last, now)
            stretch = replace(stretch, after=last or stretch.after)
            # Where little is to go, larger looks get by it faster.
            count = PORTION if len(expired) > PORTION // 4 else LOOK
    return deleted


def _expired(job: Seen, rules: Rules, now: Instant) -> bool:
    if job.state is None or job.run_id is not None or job.finished_at is None:
        return False
    return job.finished_at < now - rules.kept(job.tenant, job.queue, JobState(job.state))
