"""When to try again: a frozen policy, stored on the job, and one pure decision.

``decide`` is told how many attempts of the budget are used and what went wrong, and answers ``Retry(at)`` or
``GiveUp(reason)``. Lost attempts (a worker died) don't use the budget; they have a cap of their own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from holdfast.model.instant import MINUTE, SECOND, Instant, Micros

LOST_CAP: Final = 5

Strategy = Literal["fixed", "linear", "exponential"]
Jitter = Literal["none", "full", "equal"]
OnLost = Literal["retry", "stop"]


class Reason(StrEnum):
    """Why a job moved; kept with every transition."""

    INSERTED = "inserted"
    CLAIMED = "claimed"
    SUCCEEDED = "succeeded"
    RETRY = "retry"
    FINAL_ERROR = "final_error"
    RETRIES_EXHAUSTED = "retries_exhausted"
    DEADLINE = "deadline"
    LOST = "lost"
    NEEDS_ATTENTION = "needs_attention"
    SNOOZED = "snoozed"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    TIMED_OUT = "timed_out"
    RELEASED = "released"
    CANCELLED = "cancelled"
    RUN_CANCELLED = "run_cancelled"
    RUN_FAILED = "run_failed"
    MANUAL_RETRY = "manual_retry"
    DISCARDED = "discarded"
    DEBOUNCED = "debounced"


@dataclass(frozen=True, slots=True)
class Retry:
    """Run it again at ``at``."""

    at: Instant


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The job ends; ``reason`` is RETRIES_EXHAUSTED, FINAL_ERROR or DEADLINE."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and when a failed attempt is repeated. Delays are microseconds.

    ``final_errors`` are error types that are never retried, besides those that a handler calls final itself.
    Raises ``ValueError`` for an impossible policy.
    """

    max_attempts: int = 10
    strategy: Strategy = "exponential"
    base_delay: Micros = SECOND
    max_delay: Micros = 10 * MINUTE
    jitter: Jitter = "full"
    on_lost: OnLost = "retry"
    final_errors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= 1000:
            raise ValueError("max_attempts must lie between 1 and 1000")
        if self.base_delay < 0 or self.max_delay < 0:
            raise ValueError("delays must not be negative")
        if self.max_delay < self.base_delay:
            raise ValueError("max_delay must not be less than base_delay")
        if len(self.final_errors) > 50 or not all(0 < len(name) <= 200 for name in self.final_errors):
            raise ValueError("final_errors are at most 50 error types of 1 to 200 characters")

    def delay(self, attempt: int, random: float) -> Micros:
        """Wait after failed attempt number ``attempt`` (from 1); ``random`` lies in [0, 1)."""
        match self.strategy:
            case "fixed":
                raw = self.base_delay
            case "linear":
                raw = self.base_delay * attempt
            case "exponential":
                raw = self.base_delay << min(attempt - 1, 62)
        capped = min(raw, self.max_delay)
        match self.jitter:
            case "none":
                return capped
            case "full":
                return int(capped * random)
            case "equal":
                return capped // 2 + int(capped * random) // 2

    def decide(
        self,
        *,
        used: int,
        now: Instant,
        random: float,
        final: bool = False,
        retry_after: Micros | None = None,
        deadline: Instant | None = None,
    ) -> Retry | GiveUp:
        """What follows a failure when ``used`` attempts of the budget, this one included, are gone.

        ``retry_after`` is the least wait that the other side asked for; it wins over a shorter backoff.
        """
        if final:
            return GiveUp(Reason.FINAL_ERROR)
        if deadline is not None and now >= deadline:
            return GiveUp(Reason.DEADLINE)
        if used >= self.max_attempts:
            return GiveUp(Reason.RETRIES_EXHAUSTED)
        at = now + max(self.delay(used, random), retry_after or 0)
        if deadline is not None and at >= deadline:
            return GiveUp(Reason.DEADLINE)
        return Retry(at)


NODE_POLICY: Final = RetryPolicy(max_attempts=3, max_delay=MINUTE)
LONE_JOB_POLICY: Final = RetryPolicy(max_attempts=10, max_delay=10 * MINUTE)
