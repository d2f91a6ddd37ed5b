"""What a worker holds: the jobs under its leases, from the claim until their end has committed.

A claim under way keeps the slots that it was made for, so that claims beside each other never ask for more than there
are. The heartbeat reads a snapshot from its own thread; everything else happens in the event loop. A job stays held
after its handler is done until its transition has committed, so that reconciling never gives back a job being finished.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.model.outcome import Outcome


class Why(Enum):
    """Why a handler is being stopped."""

    CANCELLED = auto()  # somebody asked: the job ends CANCELLED
    SHUTDOWN = auto()  # the worker stops: the job is given back
    LOST = auto()  # the lease is gone: whatever comes of it is dropped


@dataclass(slots=True)
class Holding:
    """One held job. ``task`` is None before its handler begins, and when it is ``done`` and commits.

    ``abandoned``: its handler ignored that it was stopped, and whatever comes of that doesn't count.
    """

    job: ClaimedJob
    task: asyncio.Task[Outcome] | None = None
    done: bool = False
    why: Why | None = None
    abandoned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Claiming:
    """A claim under way: when it began, and for how many slots."""

    began: Instant
    room: int


class Held:
    """The holdings of one worker id. ``on_stop`` is told of each handler that is cancelled."""

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self._claims: list[Claiming] = []
        self.on_stop: Callable[[Holding], None] | None = None
        self._holdings: dict[str, Holding] = {}
        self._running = 0
        self._changed = asyncio.Event()

    @property
    def running(self) -> int:
        """Handlers at work."""
        return self._running

    @property
    def committing(self) -> int:
        return len(self._holdings) - self._running

    @property
    def free(self) -> int:
        """Slots for new work; none while twice as much as that waits for its commit."""
        if self.committing > 2 * self.concurrency:
            return 0
        return self.concurrency - self._running - sum(claim.room for claim in self._claims)

    @property
    def claim_began(self) -> Instant | None:
        """When the earliest claim that is still under way began. Safe from another thread, as ``snapshot``."""
        return min((claim.began for claim in list(self._claims)), default=None)

    def begin_claim(self, began: Instant, room: int) -> Claiming:
        """A claim for so many slots is under way. What it brings is to be taken before it ends."""
        claim = Claiming(began, room)
        self._claims.append(claim)
        return claim

    async def bring(self, claim: Claiming, answer: Awaitable[list[ClaimedJob]]) -> list[ClaimedJob]:
        """Waits for a claim's answer and takes what it brings; after this the claim has ended."""
        try:
            jobs = await answer
            for job in jobs:
                self.take(job)
        finally:
            self.end_claim(claim)
        return jobs

    def end_claim(self, claim: Claiming) -> None:
        self._claims.remove(claim)
        self._changed.set()

    def snapshot(self) -> dict[str, int]:
        """Job id → lease. Safe from another thread: copying a dict's items is one step under the interpreter lock."""
        return {key: holding.job.lease for key, holding in list(self._holdings.items())}

    def jobs(self) -> list[ClaimedJob]:
        """Every held job, with those whose end is being committed."""
        return [holding.job for holding in self._holdings.values()]

    def take(self, job: ClaimedJob) -> Holding:
        """Holds a job under its new lease. One that was held under an older lease is lost by that."""
        self.stop(job.id, None, Why.LOST)
        holding = Holding(job)
        self._holdings[job.id] = holding
        self._running += 1
        return holding

    def holding(self, job: ClaimedJob) -> Holding | None:
        """The holding under this very lease: a job that was given back may be held again under its next one."""
        holding = self._holdings.get(job.id)
        return holding if holding is not None and holding.job.lease == job.lease else None

    def handled(self, job: ClaimedJob) -> None:
        """The handler is done; its transition isn't committed yet."""
        holding = self.holding(job)
        if holding is not None:
            holding.task, holding.done = None, True
        self._running -= 1
        self._changed.set()

    def release(self, job: ClaimedJob) -> None:
        """Committed, or dropped."""
        if self.holding(job) is not None:
            del self._holdings[job.id]
        self._changed.set()

    def stop(self, job_id: str, lease: int | None, why: Why) -> None:
        """Cancels the handler of a held job, if it is at work under that lease. Forgets a lost one that is done.

        It is cancelled once, whoever asks again: every heartbeat does, and a handler that is cleaning up would take the
        next time for the end of that.
        """
        holding = self._holdings.get(job_id)
        if holding is None or (lease is not None and holding.job.lease != lease):
            return
        asked = holding.why is not None
        if not asked or why is Why.LOST:
            holding.why = why
        if holding.task is not None:
            if asked:
                return
            holding.task.cancel()
            if self.on_stop is not None:
                self.on_stop(holding)
        elif holding.done and why is Why.LOST:
            self.release(holding.job)  # whether its end was committed or couldn't be: there is nothing left to hold

    def stop_all(self, why: Why) -> None:
        for job_id in list(self._holdings):
            self.stop(job_id, None, why)

    def wake(self) -> None:
        """Lets everybody who waits for a change look again."""
        self._changed.set()

    async def wait_change(self) -> None:
        """Until a handler is done, a commit is through or somebody calls ``wake``."""
        self._changed.clear()
        await self._changed.wait()

    async def wait_free(self) -> None:
        while self.free <= 0:
            await self.wait_change()

    async def wait_idle(self) -> None:
        """Until no handler is at work."""
        while self._running > 0:
            await self.wait_change()
