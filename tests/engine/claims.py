"""Claimed jobs as a store would hand them over, for the parts of the engine that need no store."""

from typing import Final

from holdfast.model.instant import SECOND
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON
from holdfast.model.retry import RetryPolicy

NOW: Final = 1_800_000_000 * SECOND

CLAIMED: Final = ClaimedJob(
    id="job-1",
    tenant="default",
    kind="task:work",
    queue="default",
    payload={},
    attempt=1,
    used=1,
    lost=0,
    lease=1,
    started_at=NOW,
    created_at=NOW,
    retry=RetryPolicy(),
    timeout=60 * SECOND,
    deadline_at=None,
    correlation_id="request-1",
)


def claimed(job_id: str = "job-1", lease: int = 1, kind: str = "task:work", payload: JSON = None) -> ClaimedJob:
    return CLAIMED._replace(id=job_id, lease=lease, kind=kind, payload={} if payload is None else payload)
