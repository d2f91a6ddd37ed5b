"""A job's transitions, folded into its attempts."""

import inspect
import re

import pytest

from holdfast.model import advance, advance_draft, advance_ending, advance_flow
from holdfast.model.event import ENGINE_TYPES, RESERVED_TYPES, Attempt, JobChange, attempts_of, outcome_of
from holdfast.model.json import JSON
from holdfast.stores import handing, history, settling

ERROR: JSON = {"type": "boom", "message": "it broke"}


def change(
    before: str | None,
    after: str,
    at: int,
    reason: str,
    lease: int = 0,
    attempt: int = 0,
    error: JSON = None,
    due_at: int | None = None,
) -> JobChange:
    return JobChange(before, after, at, reason, lease, attempt, "w-1" if after == "RUNNING" else None, error, due_at)


INSERTED = change(None, "PENDING", 1, "inserted")


def claim(at: int, lease: int, attempt: int) -> JobChange:
    return change("PENDING", "RUNNING", at, "claimed", lease, attempt)


def test_a_job_that_never_ran_has_no_attempts() -> None:
    assert attempts_of([]) == []
    assert attempts_of([INSERTED, change("PENDING", "CANCELLED", 2, "cancelled")]) == []


def test_a_running_attempt_has_no_end() -> None:
    assert attempts_of([INSERTED, claim(2, 1, 1)]) == [Attempt(1, 1, "w-1", 2, None, None, None, None, None)]


def test_a_retry_then_a_success() -> None:
    changes = [
        INSERTED,
        claim(2, 1, 1),
        change("RUNNING", "SCHEDULED", 3, "retry", 1, 1, ERROR, due_at=9),
        claim(9, 2, 2),
        change("RUNNING", "SUCCEEDED", 10, "succeeded", 2, 2),
    ]
    assert attempts_of(changes) == [
        Attempt(1, 1, "w-1", 2, 3, "failed", "boom", "it broke", 9),
        Attempt(2, 2, "w-1", 9, 10, "succeeded", None, None, None),
    ]


def test_a_rescue_a_snooze_and_a_manual_retry_are_attempts_of_their_own() -> None:
    changes = [
        INSERTED,
        claim(2, 1, 1),
        change("RUNNING", "PENDING", 3, "lost", 1, 1, {"type": "lost", "message": "gone"}, due_at=3),
        claim(4, 2, 1),
        change("RUNNING", "SCHEDULED", 5, "snoozed", 2, 1, due_at=8),
        claim(8, 3, 1),
        change("RUNNING", "DEAD", 9, "retries_exhausted", 3, 1, ERROR),
        change("DEAD", "PENDING", 20, "manual_retry", 3, 1),
        claim(21, 4, 2),
    ]
    attempts = attempts_of(changes)
    assert [attempt.outcome for attempt in attempts] == ["lost", "snoozed", "failed", None]
    assert [attempt.lease for attempt in attempts] == [1, 2, 3, 4]
    assert [attempt.retry_at for attempt in attempts] == [None, 8, None, None]


def test_a_parked_job_runs_its_next_attempt_after_it_was_resumed() -> None:
    changes = [
        INSERTED,
        claim(2, 1, 1),
        change("RUNNING", "WAITING", 3, "suspended", 1, 1),
        change("WAITING", "PENDING", 7, "resumed", 1, 1),
        claim(8, 2, 1),
        change("RUNNING", "SUCCEEDED", 9, "succeeded", 2, 1),
    ]
    assert [(attempt.finished_at, attempt.outcome) for attempt in attempts_of(changes)] == [
        (3, "suspended"),
        (9, "succeeded"),
    ]


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("retry", "failed"),
        ("final_error", "failed"),
        ("retries_exhausted", "failed"),
        ("deadline", "failed"),
        ("needs_attention", "lost"),
        ("lost", "lost"),
        ("run_cancelled", "cancelled"),
        ("run_failed", "cancelled"),
        ("cancelled", "cancelled"),
        ("released", "released"),
        ("suspended", "suspended"),
    ],
)
def test_how_an_attempt_ended(reason: str, outcome: str) -> None:
    assert outcome_of(change("RUNNING", "DEAD", 1, reason)) == outcome


@pytest.mark.parametrize("error", [None, "text", {"type": 3, "message": None}, {}])
def test_an_odd_error_is_shown_as_none(error: JSON) -> None:
    (attempt,) = attempts_of([claim(1, 1, 1), change("RUNNING", "FAILED", 2, "final_error", 1, 1, error)])
    assert (attempt.error_type, attempt.error_message) == (None, None)


def test_every_type_that_the_engine_tells_is_known() -> None:
    sources = [inspect.getsource(module) for module in (advance, advance_draft, advance_ending, advance_flow)]
    sources += [inspect.getsource(module) for module in (handing, settling)]
    told = set(re.findall(r'"((?:node|workflow)\.[a-z]+)"', "".join(sources)))
    jobs = {each for each in ENGINE_TYPES if each.startswith("job.")}
    assert jobs == history.JOB_EVENTS
    assert told | jobs | {"trigger.rejected"} == set(ENGINE_TYPES)
    assert all(each.startswith(RESERVED_TYPES) for each in ENGINE_TYPES)
