"""Why a job is where it is: each state and reason in a sentence that a person can act on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from holdfast.engine.why import Surroundings, why, with_names
from holdfast.model.event import JobChange
from holdfast.model.instant import MINUTE, SECOND, Instant
from holdfast.model.job import JobState
from holdfast.model.limits import Rate
from holdfast.model.records import JobRecord, QueueRecord, TenantRecord, WorkerRecord
from holdfast.model.retry import RetryPolicy

NOW: Instant = 1_800_000_000 * SECOND
ERROR = {"type": "ValueError", "message": "no such\n  account."}
LOST = {"type": "lost", "message": "the worker stopped answering while it ran this attempt"}
SOME = frozenset({"task:work", "noop"})


def change(before: str | None, after: str, reason: str, attempt: int = 0, **more: Any) -> JobChange:
    worker = "w-1" if "RUNNING" in (before, after) else None
    given = {"error": None, "due_at": None, "at": NOW, **more}
    return JobChange(before=before, after=after, reason=reason, lease=attempt, attempt=attempt, worker=worker, **given)


INSERTED = change(None, "PENDING", "inserted")


def attempt(number: int, after: str, reason: str, **more: Any) -> list[JobChange]:
    """An attempt from its claim to its end."""
    return [
        change("PENDING", "RUNNING", "claimed", number, at=more.get("at", NOW)),
        change("RUNNING", after, reason, number, **more),
    ]


def job(state: str, *changes: JobChange, **fields: Any) -> JobRecord:
    plain: dict[str, Any] = {
        "id": "j",
        "tenant": "default",
        "kind": "task:work",
        "queue": "mail",
        "priority": 0,
        "payload": None,
        "result": None,
        "error": None,
        "attempt": 0,
        "retry": RetryPolicy(max_attempts=3),
        "timeout": SECOND,
        "run_at": NOW,
        "deadline_at": None,
        "run_id": None,
        "node_id": None,
        "unique_key": None,
        "correlation_id": "c",
        "created_at": NOW,
        "started_at": None,
        "finished_at": None,
        "worker": None,
        "lease": 0,
    }
    return JobRecord(**{**plain, "state": JobState(state), "changes": (INSERTED, *changes), **fields})


FAILED_ONCE = attempt(1, "SCHEDULED", "retry", error=ERROR, due_at=NOW + 12 * SECOND)
FAILED_TWICE = [*FAILED_ONCE, *attempt(2, "SCHEDULED", "retry", error=ERROR, due_at=NOW + SECOND)]
EXHAUSTED = [*FAILED_TWICE, *attempt(3, "DEAD", "retries_exhausted", error=ERROR)]
RETRIED = change("DEAD", "PENDING", "manual_retry", 3, at=NOW + MINUTE)


@pytest.mark.parametrize(("record", "sentence"), [
    (job("SUCCEEDED", *attempt(1, "SUCCEEDED", "succeeded")), "attempt 1 did it on worker w-1."),
    (
        job("SUCCEEDED", *FAILED_TWICE, *attempt(3, "SUCCEEDED", "succeeded")),
        "attempt 3 did it on worker w-1, after 2 failed attempts.",
    ),
    (
        job("FAILED", *attempt(1, "FAILED", "final_error", error=ERROR)),
        "the error is one that is never retried: ValueError: no such account (attempt 1 on worker w-1).",
    ),
    (
        job("DEAD", *EXHAUSTED, attempt=3),
        "all 3 attempts failed; the last with ValueError: no such account (attempt 3 on worker w-1).",
    ),
    (
        job("DEAD", *attempt(1, "DEAD", "retries_exhausted", error=ERROR), retry=RetryPolicy(max_attempts=1)),
        "the only attempt that its policy allows failed: ValueError: no such account (attempt 1 on worker w-1).",
    ),
    (
        job("DEAD", *attempt(1, "DEAD", "deadline", error=ERROR), deadline_at=NOW),
        "no further try was possible before its deadline (2027-01-15T08:00:00.000000Z): ValueError: no such account"
        " (attempt 1 on worker w-1).",
    ),
    (
        job("DEAD", change("PENDING", "DEAD", "deadline"), deadline_at=NOW),
        "its deadline (2027-01-15T08:00:00.000000Z) passed before a worker took it.",
    ),
    (
        job("DEAD", *attempt(6, "DEAD", "lost", error=LOST), attempt=6),
        "its worker stopped answering during 6 attempts, and a job may lose 5; it may be what kills its workers.",
    ),
    (
        job("DEAD", *attempt(1, "DEAD", "needs_attention", error=LOST), attempt=1),
        "its worker stopped answering during attempt 1, and its policy (on_lost: stop) doesn't repeat what may have"
        " been done; look what was, then retry or discard it.",
    ),
    (job("CANCELLED", change("PENDING", "CANCELLED", "cancelled")), "somebody cancelled it before it ran."),
    (job("CANCELLED", *attempt(2, "CANCELLED", "cancelled")), "somebody cancelled it during attempt 2."),
    (
        job("CANCELLED", *attempt(1, "SCHEDULED", "snoozed"), change("SCHEDULED", "CANCELLED", "cancelled", 1)),
        "somebody cancelled it after attempt 1.",
    ),
    (
        job("CANCELLED", *attempt(1, "CANCELLED", "cancelled", error={"type": "Cancel", "message": "nothing left"})),
        "its task cancelled it during attempt 1 (nothing left).",
    ),
    (
        job("RUNNING", change("PENDING", "RUNNING", "claimed", 1), attempt=1, stopping=True),
        "attempt 1 of 3 is under way. Somebody cancelled it: it was asked to stop.",
    ),
    (
        job("CANCELLED", *EXHAUSTED, change("DEAD", "CANCELLED", "discarded", error={"message": "sent by hand"})),
        "somebody discarded it as a dead letter (sent by hand).",
    ),
    (job("CANCELLED", change("PENDING", "CANCELLED", "run_failed")), "its run failed at another node."),
    (job("CANCELLED", change("PENDING", "CANCELLED", "run_cancelled")), "its run was cancelled."),
    (
        job("RUNNING", change("PENDING", "RUNNING", "claimed", 1), attempt=1, worker="w-1", started_at=NOW - SECOND),
        "attempt 1 of 3 is under way on worker w-1, for 1 s so far.",
    ),
    (job("WAITING", *attempt(1, "WAITING", "suspended")), "its handler parked it until a signal comes"),
    (
        job("SCHEDULED", *FAILED_ONCE, attempt=1, run_at=NOW + 12 * SECOND),
        "attempt 1 of 3 failed with ValueError: no such account; next try in 12 s.",
    ),
    (
        job("SCHEDULED", *attempt(1, "SCHEDULED", "snoozed"), attempt=1, run_at=NOW + 5 * MINUTE),
        "its handler put it off; it goes on in 5 min.",
    ),
    (
        job("SCHEDULED", change("SCHEDULED", "SCHEDULED", "debounced"), run_at=NOW + 100_000),
        "an insert with the same unique key put it off (debounce); it is due in less than a second.",
    ),
    (job("SCHEDULED", run_at=NOW + 90 * SECOND), "it is due in 90 s."),
    (job("PENDING", blocked=True, concurrency_key="k"), "another job with its concurrency key k holds its place"),
    (job("PENDING"), "it is due and waits for a worker."),
    (job("PENDING", *attempt(1, "PENDING", "lost", error=LOST), attempt=1), "Attempt 1 was lost"),
    (job("PENDING", *EXHAUSTED, RETRIED, attempt=3), "it is due and waits for a worker. Somebody retried it."),
])  # fmt: skip
def test_each_reason_has_its_sentence(record: JobRecord, sentence: str) -> None:
    told = why(record, NOW)
    assert told.startswith(f"{record.state}: ")
    assert sentence in told


def test_after_a_manual_retry_attempts_and_budget_are_not_mixed_up() -> None:
    again = attempt(4, "SCHEDULED", "retry", error=ERROR, at=NOW + 2 * MINUTE)
    told = why(job("SCHEDULED", *EXHAUSTED, RETRIED, *again, attempt=4, run_at=NOW + SECOND), NOW)
    assert "attempt 4, the 1st of 3 since it was retried, failed with" in told


def test_workers_are_told_by_name_where_it_is_known() -> None:
    record = job("SUCCEEDED", *attempt(1, "SUCCEEDED", "succeeded"))
    assert why(with_names(record, {"w-1": "mill"}), NOW) == "SUCCEEDED: attempt 1 did it on worker mill (w-1…)."
    assert with_names(record, {"w-2": "mill"}) == record


def test_a_long_error_is_cut_and_stays_in_one_line() -> None:
    error = {"type": "ValueError", "message": "very long\n" * 1000}
    told = why(job("FAILED", *attempt(1, "FAILED", "final_error", error=error)), NOW)
    assert "\n" not in told
    assert len(told) < 500


WORKER = WorkerRecord("w-1", "w", ("mail",), 2, NOW, NOW, NOW + MINUTE, alive=True, tags=("gpu",))
QUEUE = QueueRecord("mail", False, None, 0, 8, 0, 3, 0, NOW)
TENANT = TenantRecord("default", "default", 1.0, None, {}, NOW)
AROUND = Surroundings(replace(QUEUE, pending=9_000), [WORKER], TENANT, SOME, QUEUE)


@pytest.mark.parametrize(("around", "fields", "sentence"), [
    ({"queue": replace(QUEUE, paused=True)}, {}, "the queue mail is paused"),
    ({"queue": replace(QUEUE, concurrency=3)}, {}, "the queue mail already runs as many jobs as it may (3)"),
    ({"tenant": replace(TENANT, suspended_at=NOW)}, {}, "the tenant is suspended; nothing of it starts before it is"),
    ({"tenant": replace(TENANT, max_running=2, running=2)}, {}, "the tenant already runs as many jobs as it may (2)"),
    ({"workers": []}, {}, "no worker is alive"),
    ({"workers": [replace(WORKER, alive=False)]}, {}, "no worker is alive"),
    ({}, {"queue": "slow"}, "no worker alive serves the queue slow"),
    ({}, {"tag": "tpu"}, "no worker alive carries the tag tpu"),
    (
        {},
        {"tag": "gpu", "queue": "slow"},
        "a worker alive carries the tag gpu, but doesn't serve the queue slow; start one with"
        " `holdfast worker --queues slow --tags gpu`.",
    ),
    (
        {"workers": [WORKER, replace(WORKER, queues=("slow",), tags=())]},
        {"tag": "gpu", "queue": "slow"},
        "a worker alive carries the tag gpu, but doesn't serve the queue slow",
    ),
    ({}, {"tag": "gpu"}, "waits for a worker, beside 7 others of its tenant in its queue"),
    ({"workers": [replace(WORKER, running=2)]}, {}, "every worker that may take it is busy"),
    ({}, {"kind": "task:new", "run_at": NOW - MINUTE}, "it seems that no worker alive knows the kind task:new"),
    ({}, {"kind": "task:new"}, "waits for a worker"),
    ({}, {"run_at": NOW - MINUTE}, "waits for a worker"),
    (
        {"queue": replace(QUEUE, rate=Rate(10, SECOND)), "own": replace(QUEUE, pending=1)},
        {},
        "its tenant's only one in its queue, which starts at most 10/1s",
    ),
    ({"workers": [replace(WORKER, queues=("*",))]}, {"queue": "slow"}, "waits for a worker"),
    ({"queue": None}, {}, "waits for a worker"),
])  # fmt: skip
def test_what_stands_around_a_waiting_job_tells_what_it_waits_for(
    around: dict[str, Any], fields: dict[str, Any], sentence: str
) -> None:
    assert sentence in why(job("PENDING", **fields), NOW, replace(AROUND, **around))


def test_a_job_whose_history_is_gone_is_still_told_of() -> None:
    for state in JobState:
        record = replace(job(state), changes=(), error={"type": "ValueError", "message": "x"})
        assert why(record, NOW).startswith(f"{state}: ")
