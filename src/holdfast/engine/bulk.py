"""What is done to many jobs at once: retry, cancel or discard those that a filter finds.

The jobs are walked newest first in pages; each page is changed in a transaction of its own, so a call over 100,000 jobs
holds up no claim. Only jobs that existed when the call began are looked at. A call that is cut off (the store went
away) leaves whole pages changed: the same call again goes on with the rest, as changed jobs are no longer found.

A filter without a state looks in the states that the action is for; retrying looks for CANCELLED jobs only when they
are named, by state or by id, since somebody ended those on purpose.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from holdfast.engine.wakeups import CANCEL, ENDS, EVENTS, INBOX, RUNS, Wakeups, queue_topic
from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.instant import Instant
from holdfast.model.job import LIVE, JobState
from holdfast.model.records import JobFilter, JobRecord
from holdfast.ports import Changed, Clock, Store

CHUNK: Final = 500
NO_REASON: Final = "no reason was given"


class Action(StrEnum):
    RETRY = "retry"
    CANCEL = "cancel"
    DISCARD = "discard"


S = JobState
# The states in which an action can find a job at all.
POSSIBLE: Final[Mapping[Action, frozenset[JobState]]] = {
    Action.RETRY: frozenset({S.FAILED, S.DEAD, S.CANCELLED}),
    Action.CANCEL: LIVE,
    Action.DISCARD: frozenset({S.FAILED, S.DEAD}),
}
_PARKED: Final = (S.PENDING, S.SCHEDULED, S.WAITING)
# Where a filter without a state looks, in turn. What a worker gave back before RUNNING was looked at is met afterwards.
_LOOKED_AT: Final[Mapping[Action, tuple[JobState, ...]]] = {
    Action.RETRY: (S.DEAD, S.FAILED),
    Action.CANCEL: (*_PARKED, S.RUNNING, *_PARKED),
    Action.DISCARD: (S.DEAD, S.FAILED),
}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many jobs the filter found, and how many of them were changed."""

    matched: int = 0
    changed: int = 0


class Bulk:
    """The entrance for changes by filter."""

    def __init__(self, store: Store, clock: Clock, wakeups: Wakeups) -> None:
        self._store = store
        self._clock = clock
        self._wakeups = wakeups

    async def apply(self, tenant: str, action: Action, wanted: JobFilter, why: str = NO_REASON) -> BulkResult:
        """Raises ``Invalid`` for an empty filter, or a state that the action has nothing to do with."""
        _check(action, wanted)
        matched = changed = 0
        async for jobs in self._pages(tenant, wanted, _states(action, wanted)):
            done = await self._change(tenant, action, [job.id for job in jobs], why)
            self._wakeups.count(done.counts)
            self._wakeups.notify({EVENTS, CANCEL, INBOX, RUNS, ENDS} | {queue_topic(queue) for queue in done.queues})
            matched += len(jobs)
            changed += len(done.ids)
        return BulkResult(matched, changed)

    async def count(self, tenant: str, action: Action, wanted: JobFilter) -> BulkResult:
        """What ``apply`` would find now; changes nothing. Raises ``Invalid`` as it does."""
        _check(action, wanted)
        states = tuple(dict.fromkeys(_states(action, wanted)))
        return BulkResult(sum([len(jobs) async for jobs in self._pages(tenant, wanted, states)]))

    async def discard(self, tenant: str, job_id: str, why: str = NO_REASON) -> None:
        """A FAILED or DEAD job is a dead letter no more. Raises ``NotFound``, or ``Conflict`` for another job."""
        done = await self._change(tenant, Action.DISCARD, [job_id], why)
        if job_id not in done.ids:
            job = await self._store.get_job(tenant, job_id)
            raise Conflict(f"the job is {job.state}; only one that FAILED or is DEAD can be discarded")
        self._wakeups.notify({EVENTS})

    async def _change(self, tenant: str, action: Action, job_ids: Sequence[str], why: str) -> Changed:
        now = self._clock.now()
        match action:
            case Action.RETRY:
                return await self._store.retry_jobs(tenant, job_ids, now)
            case Action.CANCEL:
                return await self._store.cancel_jobs(tenant, job_ids, now)
            case Action.DISCARD:
                return await self._store.discard_jobs(tenant, job_ids, why, now)

    async def _pages(
        self, tenant: str, wanted: JobFilter, states: Sequence[JobState | None]
    ) -> AsyncIterator[list[JobRecord]]:
        """One time for all lists: a job that becomes due meanwhile is still found where it was."""
        began = self._clock.now()
        for state in states:
            for ids in _portions(wanted.ids):
                async for jobs in self._walk(tenant, replace(wanted, state=state, ids=ids), began):
                    yield jobs

    async def _walk(self, tenant: str, wanted: JobFilter, began: Instant) -> AsyncIterator[list[JobRecord]]:
        cursor: str | None = None
        while True:
            page = await self._store.list_jobs(tenant, wanted, began, cursor, CHUNK)
            jobs = [job for job in page.items if job.created_at <= began]
            if jobs:
                yield jobs
            if page.next is None:
                return
            cursor = page.next


def _check(action: Action, wanted: JobFilter) -> None:
    if wanted == JobFilter() or wanted.ids == ():
        rule = "must name at least one of state, queue, kind, run or ids: an empty one would mean every job"
        raise Invalid([Problem("filter", rule)], "The filter is not valid")
    if wanted.state is not None and wanted.state not in POSSIBLE[action]:
        possible = ", ".join(sorted(POSSIBLE[action]))
        rule = f"there is nothing to {action} in a job that is {wanted.state}; give one of {possible}"
        raise Invalid([Problem("filter.state", rule)], "The filter is not valid")


def _states(action: Action, wanted: JobFilter) -> tuple[JobState | None, ...]:
    """Where to look; jobs that are named by id are found in any state, so that those left out are counted."""
    if wanted.state is not None:
        return (wanted.state,)
    return (None,) if wanted.ids is not None else _LOOKED_AT[action]


def _portions(ids: tuple[str, ...] | None) -> list[tuple[str, ...] | None]:
    if ids is None:
        return [None]
    unique = tuple(dict.fromkeys(ids))
    return [unique[start : start + CHUNK] for start in range(0, len(unique), CHUNK)]
