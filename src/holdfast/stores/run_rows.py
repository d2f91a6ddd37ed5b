"""Rows of ``runs`` and ``run_nodes``, from a new run's plan and from what a run has come to. Pure.

Columns stand in the order of the tables; every row is a tuple that both stores bind as it is. Rows of children, of
inboxes and of waits are made in ``families``.
"""

from dataclasses import dataclass
from typing import Any, Final

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.model.run import NodeDecision, RunState
from holdfast.ports import NewRun
from holdfast.stores.codec import encode, encode_error, encode_or_null
from holdfast.stores.history import EventRow, fact_row
from holdfast.stores.planning import RunFold
from holdfast.stores.settling import LiveJob


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new run stands: which child of its parent it is, and how deep calls are nested there."""

    node: str | None = None
    index: int | None = None
    depth: int = 0


ALONE: Final = Place()


def active_row(job: NewJob) -> tuple[Any, ...]:
    """A node that was started with this job."""
    return (job.run_id, job.node_id, "ACTIVE", "", job.id, 0, None, None, None, None)


def decided_row(run_id: str, decision: NodeDecision, live: LiveJob | None, now: Instant) -> tuple[Any, ...]:
    """A node that is decided; ``live`` is its job as it was, None for a node that never had one."""
    return (
        run_id,
        decision.node_id,
        decision.state.value,
        " ".join(sorted(decision.ports)),
        None if live is None else live.id,
        0 if live is None else live.last_attempt,
        encode_or_null(decision.output),
        encode_error(decision.error),
        None if live is None else live.started_at,
        now,
    )


def run_row(fold: RunFold, now: Instant) -> tuple[Any, ...]:
    """The columns of a run that change: id, state, output, error, finished_at, ending, started_at (null: as it was)."""
    view = fold.view
    return (
        view.id,
        view.state.value,
        encode_or_null(fold.output),
        encode_error(view.failure),
        now if fold.ended else None,
        None if view.ending is None else view.ending.value,
        now if fold.started else None,
    )


def new_run_row(new: NewRun, now: Instant, place: Place = ALONE, queued: bool = False) -> tuple[Any, ...]:
    """A run as it is after its start; ``queued``: it has no place yet, so nothing of its plan holds."""
    view = new.plan.view
    return (
        view.id,
        view.tenant,
        new.workflow_id,
        view.workflow,
        view.version,
        view.version_id,
        RunState.PENDING.value if queued else view.state.value,
        encode_or_null(view.input),
        None if queued else encode_or_null(new.plan.output),
        None if queued else encode_error(view.failure),
        encode(view.trigger),
        new.parent,
        view.correlation_id,
        view.created_at,
        None if queued else now,
        now if new.plan.ended and not queued else None,
        new.deadline_at,
        None if queued or view.ending is None else view.ending.value,
        place.node,
        place.index,
        place.depth,
        view.body,
        new.rerun_of,
        new.keep_items,
        new.limit,
    )


def new_node_rows(new: NewRun, now: Instant) -> list[tuple[Any, ...]]:
    """The nodes that a run starts with, and those that its start decided; kept ones are copied from where they were."""
    decided = [decided_row(new.plan.view.id, decision, None, now) for decision in new.plan.decisions]
    return [*(active_row(job) for job in new.jobs), *decided]


def new_facts(new: NewRun, now: Instant) -> list[EventRow]:
    jobs: dict[str | None, str] = {job.node_id: job.id for job in new.jobs}
    return [fact_row(new.plan.view, fact, jobs.get(fact.node_id), now) for fact in new.plan.facts]
