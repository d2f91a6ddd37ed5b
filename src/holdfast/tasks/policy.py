"""Retry policies as people write them: ``Retry(max_attempts=5, base_delay="2s")``, or the same fields as a mapping."""

from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.model.retry import LONE_JOB_POLICY, Jitter, OnLost, RetryPolicy, Strategy
from holdfast.tasks.durations import Duration, micros_of

RetryLike = RetryPolicy | Mapping[str, Any]


def Retry(  # noqa: N802 - reads as the value that it makes
    *,
    max_attempts: int = LONE_JOB_POLICY.max_attempts,
    strategy: Strategy = LONE_JOB_POLICY.strategy,
    base_delay: Duration = "1s",
    max_delay: Duration = "10m",
    jitter: Jitter = LONE_JOB_POLICY.jitter,
    on_lost: OnLost = LONE_JOB_POLICY.on_lost,
    final_errors: Iterable[str | type[BaseException]] = (),
) -> RetryPolicy:
    """A retry policy; ``final_errors`` are exceptions (or their names) after which it isn't tried again.

    Raises ``ValueError`` for an impossible policy.
    """
    for name, value, known in (
        ("strategy", strategy, ("fixed", "linear", "exponential")),
        ("jitter", jitter, ("none", "full", "equal")),
        ("on_lost", on_lost, ("retry", "stop")),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}")
    least, most = micros_of(base_delay, "base_delay"), micros_of(max_delay, "max_delay")
    names = tuple(error if isinstance(error, str) else error.__name__ for error in final_errors)
    return RetryPolicy(max_attempts, strategy, least, most, jitter, on_lost, names)


def policy_of(retry: RetryLike | None, max_attempts: int | None) -> RetryPolicy | None:
    """The policy that a task's options mean; None when they say nothing. Raises ``ValueError``."""
    if retry is None:
        return None if max_attempts is None else Retry(max_attempts=max_attempts)
    if max_attempts is not None:
        raise ValueError("give max_attempts either by itself or in retry")
    if isinstance(retry, RetryPolicy):
        return retry
    try:
        return Retry(**retry)
    except TypeError as error:
        raise ValueError(f"retry: {error}") from None
