"""The store as the job engine sees it. What holds for every method is said in ``ports``."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, Transition
from holdfast.model.json import JSON
from holdfast.model.records import JobFilter, JobRecord, Page, QueueRecord, WorkerRecord
from holdfast.ports.values import (
    Accepted,
    Changed,
    ClaimRequest,
    Dedupe,
    Finished,
    Handover,
    NewJobs,
    NewWorker,
    Pulse,
    QueueChange,
    Rescued,
    Taker,
    Touch,
)


class JobStore(Protocol):
    async def insert_jobs(
        self, batch: Sequence[NewJobs], now: Instant, taker: Taker | None = None
    ) -> list[list[Accepted]]:
        """Inserts jobs with their ``job.scheduled`` events. A held ``unique_key`` answers the holder as duplicate.

        The ``taker`` is given some of the jobs that are new and have no unique key, in the same transaction and with
        the events of a claim. When that answer is lost, the repeated call answers none, as in ``finish``.
        """
        ...

    async def answered_before(self, guards: Sequence[Dedupe], now: Instant) -> list[tuple[Accepted, ...] | None]:
        """What requests with these keys were answered; None: there was none that counts still."""
        ...

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        """Moves due jobs to RUNNING under a new lease, in fair order (``model.fairness``), skipping paused queues.

        Appends ``job.started`` (and ``node.started`` at a run's node). Raises ``WorkerGone`` when the worker isn't
        alive.
        """
        ...

    async def finish(
        self, worker_id: str, batch: Sequence[Transition], now: Instant, handover: Handover | None = None
    ) -> Finished:
        """Applies transitions under their leases; a node's end advances its run in the same transaction.

        With ``handover`` the worker is given some of the jobs that this makes ready, in the same transaction and with
        the events of a claim. When that answer is lost, the repeated call answers none: the heartbeat gives them back.
        """
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

    async def cancel_jobs(self, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
        """As ``cancel_job`` for each; those that don't exist or have ended are left out."""
        ...

    async def retry_jobs(self, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
        """As ``retry_job`` for each; those that can't be retried are left out."""
        ...

    async def discard_jobs(self, tenant: str, job_ids: Collection[str], why: str, now: Instant) -> Changed:
        """Jobs that are FAILED or DEAD become CANCELLED, reason ``discarded``, with ``why`` as the message on record.

        They are dead letters no more. A run's node keeps its state. Others are left out.
        """
        ...

    async def touch_jobs(self, worker_id: str, batch: Sequence[Touch], now: Instant) -> frozenset[str]:
        """Signs of life: an attempt's timeout counts from its last one, and its progress is kept. Answers late ids."""
        ...

    async def save_step(self, worker_id: str, job_id: str, lease: int, name: str, result: JSON, now: Instant) -> bool:
        """Keeps the result of a named step of a job; False when the lease no longer holds, and nothing was kept."""
        ...

    async def load_steps(self, job_id: str) -> dict[str, JSON]:
        """The kept results of a job's steps, of all its attempts."""
        ...

    async def admit(self, now: Instant, limit: int = 500) -> frozenset[str]:
        """Lets work through concurrency keys that have a free place or a token; queues where it became ready.

        Each change that frees a place does so itself, in its own transaction, and a claim does it for keys whose next
        token has come. This is the backstop; it looks at no more than ``limit`` keys at a time.
        """
        ...

    async def get_job(self, tenant: str, job_id: str) -> JobRecord: ...

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        """Newest first."""
        ...

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        """When the earliest SCHEDULED job of these queues becomes due, or work that a rate keeps back may go on.

        None without any. For timers, not for truth.
        """
        ...

    async def list_queues(self, now: Instant, tenant: str | None = None) -> list[QueueRecord]:
        """By name, each with its live jobs: all of them, or only those of one tenant."""
        ...

    async def change_queue(self, name: str, change: QueueChange, now: Instant) -> QueueRecord: ...

    async def list_workers(self, now: Instant) -> list[WorkerRecord]: ...
