"""The store as the job engine sees it. What holds for every method is said in ``ports``."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, Transition
from holdfast.model.records import JobFilter, JobRecord, Page, QueueRecord, WorkerRecord
from holdfast.ports.values import Accepted, ClaimRequest, Finished, NewJobs, NewWorker, Pulse, Rescued


class JobStore(Protocol):
    async def insert_jobs(self, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
        """Inserts jobs with their ``job.scheduled`` events. A held ``unique_key`` answers the holder as duplicate."""
        ...

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        """Moves due jobs to RUNNING under a new lease, in fair order (``model.fairness``), skipping paused queues.

        Appends ``job.started`` (and ``node.started`` at a run's node). Raises ``WorkerGone`` when the worker isn't
        alive.
        """
        ...

    async def finish(self, worker_id: str, batch: Sequence[Transition], now: Instant) -> Finished:
        """Applies transitions under their leases; a node's end advances its run in the same transaction."""
        ...

    async def register_worker(self, worker: NewWorker, now: Instant, lease: Micros) -> None: ...

    async def heartbeat(
        self, worker_id: str, held: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
    ) -> Pulse:
        """Renews the worker's lease unless it is dead, and reconciles what it holds (job id → lease).

        Jobs RUNNING under this worker that it doesn't hold, claimed before ``orphaned_before``, are given back.
        """
        ...

    async def retire_worker(self, worker_id: str, now: Instant) -> None:
        """The worker says goodbye; jobs still leased to it are given back without burning an attempt."""
        ...

    async def rescue(
        self, now: Instant, *, hung_grace: Micros, gone: Collection[str] = (), limit: int = 500
    ) -> Rescued:
        """Declares expired workers (and those in ``gone``) dead and rescues their jobs and attempts hung past
        started_at + timeout + ``hung_grace``. Idempotent; any process may run it.

        The declaration holds whatever becomes of the jobs. A job that can't be moved (its run can't be advanced) is
        logged and left out; the others are rescued.
        """
        ...

    async def fail_overdue_jobs(self, now: Instant, limit: int = 500) -> Finished:
        """Unclaimed jobs whose deadline passed end DEAD, reason ``deadline``; ``ended`` counts them.

        One that can't be ended is logged and left out, as in ``rescue``.
        """
        ...

    async def cancel_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        """Ends an unclaimed job CANCELLED at once; marks a RUNNING one so that its worker stops it.

        Raises ``NotFound``; ``Conflict`` when it has ended.
        """
        ...

    async def retry_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        """An ended (not SUCCEEDED) lone job becomes PENDING with a fresh budget.

        Raises ``NotFound``; ``Conflict`` when it is live, succeeded, a run's job, or its ``unique_key`` is taken.
        """
        ...

    async def get_job(self, tenant: str, job_id: str) -> JobRecord: ...

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        """Newest first."""
        ...

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        """When the earliest SCHEDULED job of these queues becomes due; None without any. For timers, not for truth."""
        ...

    async def list_queues(self, now: Instant) -> list[QueueRecord]: ...

    async def list_workers(self, now: Instant) -> list[WorkerRecord]: ...
