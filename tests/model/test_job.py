"""The job machine: the whole table of moves, and what each outcome of an attempt leads to."""

from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import (
    ENDED,
    EVENT_OF,
    LEGAL,
    LIVE,
    ClaimedJob,
    JobState,
    NewJob,
    check_move,
    rank,
    rescue,
    settle,
)
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Released, Snoozed, Succeeded, Suspended
from holdfast.model.retry import LOST_CAP, Reason, RetryPolicy

S: Final = JobState
NOW: Final = 1_700_000_000 * SECOND
BOOM: Final = ErrorInfo("boom", "it broke")

# Written out by hand, from the design's words, apart from the table in the model.
MOVES: Final = {
    ("PENDING", "RUNNING"),
    ("PENDING", "SCHEDULED"),  # debounced
    ("SCHEDULED", "SCHEDULED"),  # debounced
    ("FAILED", "CANCELLED"),  # discarded
    ("DEAD", "CANCELLED"),  # discarded
    ("PENDING", "CANCELLED"),
    ("PENDING", "DEAD"),
    ("SCHEDULED", "RUNNING"),
    ("SCHEDULED", "CANCELLED"),
    ("SCHEDULED", "DEAD"),
    ("RUNNING", "PENDING"),
    ("RUNNING", "SCHEDULED"),
    ("RUNNING", "WAITING"),
    ("RUNNING", "SUCCEEDED"),
    ("RUNNING", "FAILED"),
    ("RUNNING", "DEAD"),
    ("RUNNING", "CANCELLED"),
    ("WAITING", "PENDING"),
    ("WAITING", "SUCCEEDED"),
    ("WAITING", "FAILED"),
    ("WAITING", "DEAD"),
    ("WAITING", "CANCELLED"),
    ("FAILED", "PENDING"),
    ("DEAD", "PENDING"),
    ("CANCELLED", "PENDING"),
}


def claimed(**fields: Any) -> ClaimedJob:
    job = ClaimedJob(
        id="j-1",
        tenant="default",
        kind="noop",
        queue="default",
        payload=None,
        attempt=1,
        used=1,
        lost=0,
        lease=4,
        started_at=NOW - SECOND,
        created_at=NOW - MINUTE,
        retry=RetryPolicy(max_attempts=3, jitter="none"),
        timeout=HOUR,
        deadline_at=None,
        correlation_id="c-1",
        run_id="r-1",
        node_id="a",
    )
    return job._replace(**fields)


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_every_move_is_as_the_design_says(before: JobState, after: JobState) -> None:
    if (before, after) in MOVES:
        check_move(before, after)
    else:
        with pytest.raises(ValueError, match=f"can't go from {before} to {after}"):
            check_move(before, after)


def test_every_state_is_in_every_table() -> None:
    assert set(LEGAL) == set(EVENT_OF) == set(S)
    assert {"SUCCEEDED", "FAILED", "DEAD", "CANCELLED"} == ENDED
    assert set(S) - ENDED == LIVE
    assert {after for state in ENDED for after in LEGAL[state]} == {S.PENDING, S.CANCELLED}
    assert not LEGAL[S.SUCCEEDED]
    assert S.CANCELLED not in LEGAL[S.CANCELLED]


CASES: list[tuple[Outcome, JobState, Reason, bool, str]] = [
    (Succeeded({"n": 1}, "true"), S.SUCCEEDED, Reason.SUCCEEDED, True, "job.succeeded"),
    (Failed(BOOM), S.SCHEDULED, Reason.RETRY, True, "job.retrying"),
    (Failed(BOOM, final=True), S.FAILED, Reason.FINAL_ERROR, True, "job.failed"),
    (Snoozed(NOW + HOUR), S.SCHEDULED, Reason.SNOOZED, False, "job.scheduled"),
    (Suspended(), S.WAITING, Reason.SUSPENDED, False, "job.waiting"),
    (Released(), S.PENDING, Reason.RELEASED, False, "job.scheduled"),
    (Cancelled(), S.CANCELLED, Reason.CANCELLED, True, "job.cancelled"),
]


@pytest.mark.parametrize(("outcome", "to", "reason", "burns", "event"), CASES)
def test_what_an_outcome_leads_to(outcome: Outcome, to: JobState, reason: Reason, burns: bool, event: str) -> None:
    move = settle(claimed(), outcome, NOW, 0.5)
    assert (move.job_id, move.lease, move.at, move.run_id) == ("j-1", 4, NOW, "r-1")
    assert (move.to, move.reason, move.burns, move.event) == (to, reason, burns, event)


def test_what_a_move_carries() -> None:
    done = settle(claimed(), Succeeded({"n": 1}, "true"), NOW, 0.5)
    assert (done.result, done.port, done.error, done.due_at) == ({"n": 1}, "true", None, None)
    again = settle(claimed(), Failed(BOOM), NOW, 0.5)
    assert (again.error, again.due_at) == (BOOM, NOW + SECOND)
    assert settle(claimed(), Snoozed(NOW + HOUR), NOW, 0.5).due_at == NOW + HOUR
    assert settle(claimed(), Released(), NOW, 0.5).due_at == NOW


def test_the_last_attempt_ends_dead_and_a_final_error_failed() -> None:
    last = claimed(attempt=9, used=3)
    assert settle(last, Failed(BOOM), NOW, 0.5).to is S.DEAD
    assert settle(last, Failed(BOOM), NOW, 0.5).reason is Reason.RETRIES_EXHAUSTED
    assert settle(last, Failed(BOOM, final=True), NOW, 0.5).to is S.FAILED


def test_a_retry_behind_the_deadline_ends_dead() -> None:
    move = settle(claimed(deadline_at=NOW + SECOND), Failed(BOOM), NOW, 0.5)
    assert (move.to, move.reason) == (S.DEAD, Reason.DEADLINE)
    assert settle(claimed(deadline_at=NOW + SECOND + 1), Failed(BOOM), NOW, 0.5).to is S.SCHEDULED


def test_the_same_arguments_give_the_same_decision() -> None:
    job = claimed(retry=RetryPolicy(max_attempts=3))
    assert settle(job, Failed(BOOM), NOW, 0.25) == settle(job, Failed(BOOM), NOW, 0.25)


@pytest.mark.parametrize("lost", range(LOST_CAP + 2))
def test_a_lost_attempt_runs_again_up_to_its_own_cap(lost: int) -> None:
    move = rescue(claimed(lost=lost, used=3), NOW)
    assert not move.burns
    assert move.error is not None
    assert move.error.type == "lost"
    if lost < LOST_CAP:
        assert (move.to, move.reason, move.due_at) == (S.PENDING, Reason.LOST, NOW)
    else:
        assert (move.to, move.reason, move.due_at) == (S.DEAD, Reason.LOST, None)


def test_on_lost_stop_needs_attention() -> None:
    move = rescue(claimed(retry=RetryPolicy(on_lost="stop")), NOW)
    assert (move.to, move.reason) == (S.DEAD, Reason.NEEDS_ATTENTION)


def test_a_lost_job_past_its_deadline_ends_dead() -> None:
    move = rescue(claimed(deadline_at=NOW), NOW)
    assert (move.to, move.reason) == (S.DEAD, Reason.DEADLINE)
    assert rescue(claimed(deadline_at=NOW + 1), NOW).to is S.PENDING


OUTCOMES = st.one_of(
    st.builds(Succeeded),
    st.builds(Failed, st.just(BOOM), st.booleans(), st.none() | st.integers(0, HOUR)),
    st.builds(Snoozed, st.integers(NOW, NOW + HOUR)),
    st.just(Suspended()),
    st.just(Released()),
    st.just(Cancelled()),
)


@given(OUTCOMES, st.integers(1, 5), st.none() | st.integers(NOW - HOUR, NOW + HOUR), st.floats(0, 0.999))
def test_every_settlement_is_legal_and_live_jobs_know_when_they_are_due(
    outcome: Outcome, used: int, deadline: int | None, random: float
) -> None:
    move = settle(claimed(used=used, deadline_at=deadline), outcome, NOW, random)
    check_move(S.RUNNING, move.to)
    assert (move.due_at is not None) == (move.to in (S.PENDING, S.SCHEDULED, S.WAITING))
    assert move.due_at is None or move.due_at >= NOW
    assert move.error is None or isinstance(outcome, Failed)


def test_a_future_job_is_scheduled_and_a_due_one_pending() -> None:
    fields = {"id": "j", "tenant": "t", "kind": "noop", "created_at": NOW, "correlation_id": "c"}
    assert NewJob(**fields, due_at=NOW).state is S.PENDING  # type: ignore[arg-type]
    assert NewJob(**fields, due_at=NOW + 1).state is S.SCHEDULED  # type: ignore[arg-type]


def test_a_minute_of_waiting_outweighs_a_point_of_priority() -> None:
    assert rank(NOW, 1) == rank(NOW - MINUTE, 0)
    assert rank(NOW, 2) < rank(NOW - MINUTE, 0) < rank(NOW, 0)
