"""New lone jobs as the one JSON parameter of both stores' ``enqueue`` statements."""

from collections.abc import Iterable

from holdfast.model.job import NewJob, rank
from holdfast.stores.codec import encode, encode_or_null, encode_policy


def enqueued(jobs: Iterable[NewJob]) -> str:
    """A JSON array; payload and retry policy are JSON texts inside it, as the tables keep them."""
    return encode(
        [
            {
                "id": job.id,
                "tenant_id": job.tenant,
                "kind": job.kind,
                "queue": job.queue,
                "priority": job.priority,
                "payload": encode_or_null(job.payload),
                "retry": encode_policy(job.retry),
                "timeout": job.timeout,
                "due_at": job.due_at,
                "created_at": job.created_at,
                "deadline_at": job.deadline_at,
                "tag": job.tag,
                "correlation_id": job.correlation_id,
                "state": job.state.value,
                "rank": rank(job.due_at, job.priority),
            }
            for job in jobs
        ]
    )
