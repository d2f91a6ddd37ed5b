"""A job as JSON: alone with its attempts and transitions, in lists without them."""

from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.event import Attempt, JobChange, attempts_of
from holdfast.model.instant import format_duration, format_instant
from holdfast.model.records import JobRecord
from holdfast.model.retry import RetryPolicy


class AttemptShape(TypedDict):
    """One recorded execution. `error_traceback` is trimmed: places and source lines, no values."""

    number: int
    worker: str | None
    lease: int
    started_at: str
    finished_at: str | None
    outcome: str | None
    error_type: str | None
    error_message: str | None
    error_traceback: str | None
    retry_at: str | None


# "from" is a keyword, so this one can't be written as a class.
TransitionShape = TypedDict(
    "TransitionShape",
    {
        "from": str | None,
        "to": str,
        "at": str,
        "reason": str,
        "worker": str | None,
        "lease": int,
        "retry_at": str | None,
        "message": str | None,
    },
)


class RetryShape(TypedDict):
    """A retry policy as it is kept with the job."""

    max_attempts: int
    strategy: str
    base_delay: str
    max_delay: str
    jitter: str
    on_lost: str
    final_errors: list[str]


class JobShape(TypedDict):
    """A job. What has a history (`attempts`, `transitions`, `why`) is absent in lists.

    `blocked`: due, but its concurrency key has no free place for it. `progress` is what its handler last told.
    `duplicate` tells that a unique key was taken.
    """

    id: str
    kind: str
    queue: str
    state: str
    priority: int
    payload: JsonValue
    result: JsonValue
    error: JsonValue
    attempt: int
    max_attempts: int
    retry: RetryShape
    timeout: str
    run_at: str
    deadline: str | None
    run: str | None
    node: str | None
    tag: str | None
    unique_key: str | None
    concurrency_key: str | None
    blocked: bool
    worker: str | None
    lease: int
    progress: JsonValue
    correlation_id: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    why: NotRequired[str]
    attempts: NotRequired[list[AttemptShape]]
    transitions: NotRequired[list[TransitionShape]]
    duplicate: NotRequired[bool]


class JobsShape(TypedDict):
    """A page of jobs, newest first."""

    items: list[JobShape]
    next: str | None


class BatchShape(TypedDict):
    """The jobs of a batch, in the order sent."""

    jobs: list[JobShape]


class BulkShape(TypedDict):
    """How many jobs the filter found, and how many of them were changed."""

    matched: int
    changed: int


def job_shape(job: JobRecord, why: str) -> JobShape:
    """The job with its history, and ``why`` it is where it is."""
    shape = job_summary(job)
    shape["why"] = why
    shape["attempts"] = [_attempt(attempt) for attempt in attempts_of(job.changes)]
    shape["transitions"] = [_transition(change) for change in job.changes]
    return shape


def job_summary(job: JobRecord) -> JobShape:
    return {
        "id": job.id,
        "kind": job.kind,
        "queue": job.queue,
        "state": str(job.state),
        "priority": job.priority,
        "payload": job.payload,
        "result": job.result,
        "error": job.error,
        "attempt": job.attempt,
        "max_attempts": job.retry.max_attempts,
        "retry": _retry(job.retry),
        "timeout": format_duration(job.timeout),
        "run_at": format_instant(job.run_at),
        "deadline": moment(job.deadline_at),
        "run": job.run_id,
        "node": job.node_id,
        "tag": job.tag,
        "unique_key": job.unique_key,
        "concurrency_key": job.concurrency_key,
        "blocked": job.blocked,
        "worker": job.worker,
        "lease": job.lease,
        "progress": job.progress,
        "correlation_id": job.correlation_id,
        "created_at": format_instant(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
    }


def _attempt(attempt: Attempt) -> AttemptShape:
    return {
        "number": attempt.number,
        "worker": attempt.worker,
        "lease": attempt.lease,
        "started_at": format_instant(attempt.started_at),
        "finished_at": moment(attempt.finished_at),
        "outcome": attempt.outcome,
        "error_type": attempt.error_type,
        "error_message": attempt.error_message,
        "error_traceback": attempt.traceback,
        "retry_at": moment(attempt.retry_at),
    }


def _transition(change: JobChange) -> TransitionShape:
    message = change.error.get("message") if isinstance(change.error, dict) else None
    return {
        "from": change.before,
        "to": change.after,
        "at": format_instant(change.at),
        "reason": change.reason,
        "worker": change.worker,
        "lease": change.lease,
        "retry_at": moment(change.due_at),
        "message": message if isinstance(message, str) else None,
    }


def _retry(policy: RetryPolicy) -> RetryShape:
    return {
        "max_attempts": policy.max_attempts,
        "strategy": policy.strategy,
        "base_delay": format_duration(policy.base_delay),
        "max_delay": format_duration(policy.max_delay),
        "jitter": policy.jitter,
        "on_lost": policy.on_lost,
        "final_errors": list(policy.final_errors),
    }
