"""A job as JSON: alone with its attempts and transitions, in lists without them."""

from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.event import Attempt, JobChange, attempts_of
from holdfast.model.instant import format_instant
from holdfast.model.records import JobRecord


class AttemptShape(TypedDict):
    """One recorded execution."""

    number: int
    worker: str | None
    started_at: str
    finished_at: str | None
    outcome: str | None
    error_type: str | None
    error_message: str | None
    retry_at: str | None


# "from" is a keyword, so this one can't be written as a class.
TransitionShape = TypedDict("TransitionShape", {"from": str | None, "to": str, "at": str, "reason": str})


class JobShape(TypedDict):
    """A job. `attempts` and `transitions` are absent in lists; `duplicate` tells that a unique key was taken."""

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
    run_at: str
    run: str | None
    node: str | None
    unique_key: str | None
    concurrency_key: str | None
    correlation_id: str
    created_at: str
    started_at: str | None
    finished_at: str | None
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


def job_shape(job: JobRecord) -> JobShape:
    """The job with its history."""
    shape = job_summary(job)
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
        "run_at": format_instant(job.run_at),
        "run": job.run_id,
        "node": job.node_id,
        "unique_key": job.unique_key,
        "concurrency_key": None,
        "correlation_id": job.correlation_id,
        "created_at": format_instant(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
    }


def _attempt(attempt: Attempt) -> AttemptShape:
    return {
        "number": attempt.number,
        "worker": attempt.worker,
        "started_at": format_instant(attempt.started_at),
        "finished_at": moment(attempt.finished_at),
        "outcome": attempt.outcome,
        "error_type": attempt.error_type,
        "error_message": attempt.error_message,
        "retry_at": moment(attempt.retry_at),
    }


def _transition(change: JobChange) -> TransitionShape:
    return {"from": change.before, "to": change.after, "at": format_instant(change.at), "reason": change.reason}
