"""Retry policies: delays, jitter, and the decision to go on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.retry import LONE_JOB_POLICY, NODE_POLICY, GiveUp, Jitter, Reason, Retry, RetryPolicy, Strategy

NOW = 1_700_000_000 * SECOND
RANDOM = st.floats(0, 1, exclude_max=True)


@st.composite
def policies(draw: st.DrawFn) -> RetryPolicy:
    base = draw(st.integers(0, HOUR))
    return RetryPolicy(
        max_attempts=draw(st.integers(1, 20)),
        strategy=draw(st.sampled_from(["fixed", "linear", "exponential"])),
        base_delay=base,
        max_delay=base + draw(st.integers(0, 24 * HOUR)),
        jitter=draw(st.sampled_from(["none", "full", "equal"])),
    )


@pytest.mark.parametrize(
    ("strategy", "seconds"),
    [
        ("fixed", [2, 2, 2, 2, 2, 2]),
        ("linear", [2, 4, 6, 8, 10, 10]),
        ("exponential", [2, 4, 8, 10, 10, 10]),
    ],
)
def test_delays_without_jitter(strategy: Strategy, seconds: list[int]) -> None:
    policy = RetryPolicy(strategy=strategy, base_delay=2 * SECOND, max_delay=10 * SECOND, jitter="none")
    assert [policy.delay(attempt, 0.7) // SECOND for attempt in range(1, 7)] == seconds


@pytest.mark.parametrize(("jitter", "low", "high"), [("none", 8, 8), ("full", 0, 6), ("equal", 4, 7)])
def test_jitter_at_both_ends(jitter: Jitter, low: int, high: int) -> None:
    policy = RetryPolicy(strategy="fixed", base_delay=8 * SECOND, jitter=jitter)
    assert policy.delay(1, 0.0) == low * SECOND
    assert policy.delay(1, 0.75) == high * SECOND


@given(policies(), st.integers(1, 10_000), RANDOM)
def test_a_delay_stays_within_its_bounds(policy: RetryPolicy, attempt: int, random: float) -> None:
    delay = policy.delay(attempt, random)
    assert 0 <= delay <= policy.max_delay
    if policy.jitter == "equal":
        assert delay >= policy.delay(attempt, 0.0)


@given(policies(), st.integers(1, 200))
def test_delays_never_shrink_without_jitter(policy: RetryPolicy, attempt: int) -> None:
    steady = RetryPolicy(
        strategy=policy.strategy, base_delay=policy.base_delay, max_delay=policy.max_delay, jitter="none"
    )
    assert steady.delay(attempt, 0) <= steady.delay(attempt + 1, 0)


@given(policies(), st.integers(1, 30), RANDOM, st.none() | st.integers(0, 48 * HOUR), st.booleans())
def test_a_decision_keeps_the_budget(
    policy: RetryPolicy, used: int, random: float, retry_after: int | None, final: bool
) -> None:
    decision = policy.decide(used=used, now=NOW, random=random, final=final, retry_after=retry_after)
    if final:
        assert decision == GiveUp(Reason.FINAL_ERROR)
    elif used >= policy.max_attempts:
        assert decision == GiveUp(Reason.RETRIES_EXHAUSTED)
    else:
        assert isinstance(decision, Retry)
        assert decision.at >= NOW + (retry_after or 0)


def test_a_deadline_that_has_passed_is_the_reason_also_on_the_last_attempt() -> None:
    once = RetryPolicy(max_attempts=1)
    assert once.decide(used=1, now=NOW, random=0.5, deadline=NOW) == GiveUp(Reason.DEADLINE)
    assert once.decide(used=1, now=NOW, random=0.5, final=True, deadline=NOW) == GiveUp(Reason.FINAL_ERROR)
    assert once.decide(used=1, now=NOW, random=0.5, deadline=NOW + 1) == GiveUp(Reason.RETRIES_EXHAUSTED)


@given(policies(), RANDOM, st.integers(-HOUR, 48 * HOUR))
def test_no_retry_is_planned_past_the_deadline(policy: RetryPolicy, random: float, ahead: int) -> None:
    roomy = replace(policy, max_attempts=5)
    decision = roomy.decide(used=1, now=NOW, random=random, deadline=NOW + ahead)
    assert decision == GiveUp(Reason.DEADLINE) or (isinstance(decision, Retry) and decision.at < NOW + ahead)


def test_retry_after_wins_over_a_shorter_backoff_only() -> None:
    policy = RetryPolicy(strategy="fixed", base_delay=10 * SECOND, jitter="none")
    for asked, waited in [(5, 10), (10, 10), (3_600, 3_600)]:
        decision = policy.decide(used=1, now=NOW, random=0, retry_after=asked * SECOND)
        assert decision == Retry(NOW + waited * SECOND)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": 1001}, "max_attempts"),
        ({"base_delay": -1}, "negative"),
        ({"max_delay": -1, "base_delay": 0}, "negative"),
        ({"base_delay": HOUR, "max_delay": MINUTE}, "less than base_delay"),
    ],
)
def test_an_impossible_policy_is_refused(fields: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RetryPolicy(**fields)  # type: ignore[arg-type]


def test_the_defaults_are_the_designs() -> None:
    assert (NODE_POLICY.max_attempts, NODE_POLICY.base_delay, NODE_POLICY.max_delay) == (3, SECOND, MINUTE)
    assert (LONE_JOB_POLICY.max_attempts, LONE_JOB_POLICY.base_delay) == (10, SECOND)
    assert LONE_JOB_POLICY.max_delay == 10 * MINUTE
    assert NODE_POLICY.strategy == LONE_JOB_POLICY.strategy == "exponential"
    assert NODE_POLICY.jitter == LONE_JOB_POLICY.jitter == "full"
