"""The job machine once more, as plainly as the design's words say it: what a store must do with a job.

Written apart from the model: a mistake would have to be made twice to go unnoticed. Jobs are lone, in one queue, of one
tenant. Every method answers what the store is expected to answer; ``steps`` is the expected history.
"""

from dataclasses import dataclass, field

SECOND = 1_000_000
LOST_CAP = 5
UNCLAIMED = ("PENDING", "SCHEDULED")
ENDED = ("SUCCEEDED", "FAILED", "DEAD", "CANCELLED")

# (to, reason, lease, attempt)
Step = tuple[str, str, int, int]


@dataclass(slots=True)
class ReferenceJob:
    """One job. ``attempt`` counts those that burnt and the one under way; ``base`` those of earlier lives."""

    id: str
    due: int
    priority: int
    most: int
    delay: int
    growth: str
    on_lost: str
    deadline: int | None
    timeout: int
    state: str
    attempt: int = 0
    base: int = 0
    lost: int = 0
    lease: int = 0
    worker: str | None = None
    started: int = 0
    cancel_requested: bool = False
    steps: list[Step] = field(default_factory=list)

    @property
    def order(self) -> tuple[int, str]:
        return (self.due - self.priority * 60 * SECOND, self.id)

    def held_by(self, worker: str, lease: int) -> bool:
        return self.state == "RUNNING" and (self.worker, self.lease) == (worker, lease)

    def claimable(self, now: int) -> bool:
        return self.state in UNCLAIMED and self.due <= now and (self.deadline is None or now < self.deadline)

    # -- moves -------------------------------------------------------------------------------------------------------

    def claim(self, worker: str, now: int) -> None:
        self.lease, self.attempt = self.lease + 1, self.attempt + 1
        self.worker, self.started = worker, now
        self._move("RUNNING", "claimed")

    def succeed(self) -> None:
        self._move("SUCCEEDED", "succeeded")

    def fail(self, now: int, final: bool, wait: int) -> None:
        used = self.attempt - self.base
        if final:
            self._move("FAILED", "final_error")
        elif used >= self.most:
            self._move("DEAD", "retries_exhausted")
        else:
            at = now + max(self._backoff(used), wait)
            if self.deadline is not None and at >= self.deadline:
                self._move("DEAD", "deadline")
            else:
                self._park("SCHEDULED", "retry", at, burns=True)

    def snooze(self, until: int) -> None:
        self._park("SCHEDULED", "snoozed", until)

    def give_back(self, now: int) -> None:
        self._park("PENDING", "released", now)

    def suspend(self) -> None:
        self._park("WAITING", "suspended", self.due)

    def stopped(self) -> None:
        self._move("CANCELLED", "cancelled")

    def lose(self, now: int) -> None:
        if self.on_lost == "stop":
            self._move("DEAD", "needs_attention")
        elif self.lost >= LOST_CAP:
            self._move("DEAD", "lost")
        elif self.deadline is not None and now >= self.deadline:
            self._move("DEAD", "deadline")
        elif self._park("PENDING", "lost", now):
            self.lost += 1

    def overdue(self) -> None:
        self._move("DEAD", "deadline")

    def cancel(self) -> bool:
        """False when it has ended: refused."""
        if self.state in ENDED:
            return False
        if self.state == "RUNNING":
            self.cancel_requested = True
        else:
            self._move("CANCELLED", "cancelled")
        return True

    def retry(self, now: int) -> bool:
        """False when that is refused."""
        if self.state not in ("FAILED", "DEAD", "CANCELLED"):
            return False
        self.base, self.lost, self.due, self.cancel_requested = self.attempt, 0, now, False
        if self.deadline is not None and self.deadline <= now:
            self.deadline = None
        self._move("PENDING", "manual_retry")
        return True

    def discard(self) -> bool:
        if self.state not in ("FAILED", "DEAD"):
            return False
        self._move("CANCELLED", "discarded")
        return True

    # -- how they are written ----------------------------------------------------------------------------------------

    def _park(self, to: str, reason: str, due: int, burns: bool = False) -> bool:
        """A job that goes on; one that was asked to be cancelled ends instead, which answers False."""
        if self.cancel_requested:
            self.stopped()
            return False
        self._move(to, reason)
        self.due = due
        self.attempt -= not burns
        return True

    def _move(self, to: str, reason: str) -> None:
        if self.state == "WAITING" and to in ENDED:
            self.attempt += 1  # parking gave it back, but it was made
        self.state = to
        self.steps.append((to, reason, self.lease, self.attempt))

    def _backoff(self, used: int) -> int:
        factor: int = {"fixed": 1, "linear": used, "exponential": 2 ** (used - 1)}[self.growth]
        return min(self.delay * factor, 60 * SECOND)
