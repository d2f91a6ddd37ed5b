"""Handing work over: what becomes ready goes to a worker that has a slot for it, without a claim. Pure.

The adapter asks ``wanted`` which of a transaction's new jobs are worth looking at, decides in its own transaction which
of them nothing stands against, starts these as a claim would, and answers them with what they may read (``contexts``),
where the runs' folds know it. What it isn't sure of stays PENDING: there is no harm in that.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from holdfast.model.expression import ExpressionError, ExpressionErrors
from holdfast.model.instant import Instant
from holdfast.model.job import ALL_QUEUES, ClaimedJob, JobState, NewJob, rank
from holdfast.model.json import JSON
from holdfast.model.records import RunContext
from holdfast.model.run import NodeState, RunView
from holdfast.ports import Finished, Handed, Handover, Taker
from holdfast.stores.codec import decode, decode_object, encode
from holdfast.stores.event_batches import STARTED, batch_rows
from holdfast.stores.history import EventRow, change_data
from holdfast.stores.planning import RunFold

# A node in one of these states gives nothing to read.
_EMPTY: Final = frozenset({NodeState.ACTIVE, NodeState.SKIPPED})


def wanted(jobs: Iterable[NewJob], taker: Taker | None, now: Instant) -> list[NewJob]:
    """Those of these new jobs that the worker would take, in the order of a claim; more than it has slots for."""
    if taker is None or taker.offer.slots <= 0:
        return []
    return sorted((job for job in jobs if _fits(job, taker.offer, now)), key=_by_rank)


def _fits(job: NewJob, offer: Handover, now: Instant) -> bool:
    return (
        job.kind in offer.kinds
        and (job.queue in offer.queues or ALL_QUEUES in offer.queues)
        and job.state is JobState.PENDING
        and not job.paused
        and job.tag is None
        and job.concurrency_key is None
        and job.unique_key is None
        and (job.deadline_at is None or job.deadline_at > now)
    )


def _by_rank(job: NewJob) -> tuple[int, str]:
    return rank(job.due_at, job.priority), job.id


def claimed(job: NewJob, version_id: str | None, now: Instant) -> ClaimedJob:
    """A new job under its first lease; ``version_id`` of the run whose step it is."""
    return ClaimedJob(
        id=job.id,
        tenant=job.tenant,
        kind=job.kind,
        queue=job.queue,
        payload=_copy(job.payload),
        attempt=1,
        used=1,
        lost=0,
        lease=1,
        started_at=now,
        created_at=job.created_at,
        retry=job.retry,
        timeout=job.timeout,
        deadline_at=job.deadline_at,
        correlation_id=job.correlation_id,
        run_id=job.run_id,
        node_id=job.node_id,
        version_id=version_id,
        due_at=job.due_at,
    )


def all_started_rows(jobs: Sequence[ClaimedJob], worker: str, now: Instant) -> list[EventRow]:
    """The events of jobs that a worker starts."""
    rows = [row for job in jobs if job.run_id is not None for row in started_rows(job, worker, now)]
    if lone := [job for job in jobs if job.run_id is None]:
        entries = [(job.id, job.kind, job.queue, job.lease, job.attempt, now) for job in lone]
        rows += batch_rows(STARTED, now, worker, [job.tenant for job in lone], entries)
    return rows


def started_rows(job: ClaimedJob, worker: str, now: Instant) -> list[EventRow]:
    """The events of a step that a worker starts; a node starts once, whatever its attempts."""
    data = change_data(job.kind, job.queue, "PENDING", "RUNNING", "claimed", job.lease, job.attempt, worker)
    started = (job.tenant, "job.started", now, job.run_id, job.node_id, job.id, data)
    if job.lease > 1:
        return [started]
    return [(job.tenant, "node.started", now, job.run_id, job.node_id, job.id, encode({"kind": job.kind})), started]


def kept(done: Finished) -> Finished:
    """Without handed jobs that what followed in the same transaction has ended again."""
    stopped = {job_id for job_id, _ in done.stopped}
    if not any(job.id in stopped for job in done.claimed):
        return done
    return replace(done, claimed=tuple(job for job in done.claimed if job.id not in stopped))


# -- what they may read ----------------------------------------------------------------------------------------------


def handed(steps: Iterable[ClaimedJob], folds: Mapping[str, RunFold]) -> dict[str, Handed]:
    """The steps of each run that were handed over, with what they may read."""
    of: dict[str, list[ClaimedJob]] = {}
    for step in steps:
        of.setdefault(step.run_id or "", []).append(step)
    return {run_id: Handed(tuple(some), contexts(some, folds)) for run_id, some in of.items()}


def contexts(jobs: Collection[ClaimedJob], folds: Mapping[str, RunFold]) -> dict[str, RunContext]:
    """What the steps among these jobs may read, by job id; without those that read what their fold doesn't know.

    Each step has values of its own, as if they had been read for it: handlers may change what they are given.
    """
    found: dict[str, RunContext] = {}
    for job in jobs:
        fold = folds.get(job.run_id or "")
        reads = None if fold is None else _reads(fold, job.node_id or "")
        if fold is not None and reads is not None:
            found[job.id] = _context(fold.view, reads)
    return found


def _reads(fold: RunFold, node_id: str) -> Sequence[str] | None:
    """The nodes that gave something which the step reads; None when the fold doesn't know what they gave, or what is
    around it."""
    if fold.view.body is not None and fold.view.around is None:
        return None
    try:
        reads = fold.graph.reads_of(node_id)
    except (ExpressionError, ExpressionErrors):
        return ()  # as in any attempt: filling the params raises it again
    view = fold.view
    given = [node for node in reads if node in view.nodes and view.nodes[node].state not in _EMPTY]
    return given if all(node in view.outputs or node in view.errors for node in given) else None


def _context(view: RunView, reads: Sequence[str]) -> RunContext:
    return RunContext(
        run_id=view.id,
        workflow=view.workflow,
        version=view.version,
        version_id=view.version_id,
        input=_copy(view.input),
        trigger=decode_object(encode(view.trigger)),
        correlation_id=view.correlation_id,
        created_at=view.created_at,
        outputs={node: _copy(view.outputs.get(node)) for node in reads},
        errors={node: _copy(view.errors.get(node)) for node in reads},
        around=view.around,
    )


def _copy(value: JSON) -> JSON:
    copied: JSON = None if value is None else decode(encode(value))
    return copied
