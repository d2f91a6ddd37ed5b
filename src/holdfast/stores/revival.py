"""What people wish for jobs and runs, and why it can't be: the records and refusals that both stores share. Pure.

Jobs that have ended are moved again by a manual retry or a discard; runs are cancelled, paused and resumed.

``Row`` is a job's fat row: ``id, tenant_id, kind, queue, state, lease, attempt, run_id, node_id``.
"""

from holdfast.model.instant import Instant
from holdfast.model.job import EVENT_OF, JobState, check_move
from holdfast.model.outcome import ErrorInfo
from holdfast.model.records import RunRecord
from holdfast.model.retry import Reason
from holdfast.model.run import RUN_ENDED, RunEvent, RunPaused, RunResumed, RunState
from holdfast.stores.history import EventRow, change_data
from holdfast.stores.rows import Row


def revived_row(job: Row, now: Instant) -> EventRow:
    """``job.scheduled`` of a lone job that comes back."""
    return _moved(job, JobState.PENDING, Reason.MANUAL_RETRY, None, now)


def discarded_row(job: Row, error: ErrorInfo, now: Instant) -> EventRow:
    """``job.cancelled`` of a job that is a dead letter no more; ``error`` says why."""
    return _moved(job, JobState.CANCELLED, Reason.DISCARDED, error, now)


def _moved(job: Row, after: JobState, reason: Reason, error: ErrorInfo | None, now: Instant) -> EventRow:
    before = JobState(job["state"])
    check_move(before, after)
    data = change_data(
        job["kind"], job["queue"], before.value, after.value, reason.value, job["lease"], job["attempt"], None, error
    )
    return (job["tenant_id"], EVENT_OF[after], now, job["run_id"], job["node_id"], job["id"], data)


def why_not_cancelled(state: str | None, run_id: str | None = None) -> str:
    return f"the job has ended {state or 'meanwhile'}"


def why_not_retried(state: str | None, run_id: str | None) -> str:
    if run_id is not None:
        return "the job belongs to a run; rerun the run instead"
    if state in (JobState.FAILED, JobState.DEAD, JobState.CANCELLED):
        return "another job holds the job's unique key now"
    return f"the job is {state or 'still going'}; only one that FAILED, is DEAD or was CANCELLED can be retried"


def why_not(run: RunRecord, event: RunEvent) -> str | None:
    """Why the run can't take what somebody tells it; None when it can."""
    if run.state in RUN_ENDED:
        return f"the run has ended {run.state}"
    match event:
        case RunPaused() if run.state is RunState.PAUSED:
            return "the run is paused already"
        case RunPaused() if run.started_at is None:
            return "the run waits for its place and has not begun; cancel it, or pause it once it goes"
        case RunResumed() if run.state is not RunState.PAUSED:
            return f"the run is {run.state}; only a paused one can be resumed"
    return None
