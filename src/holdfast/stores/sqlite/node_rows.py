"""Rows of ``run_nodes`` and the changed columns of ``runs``, from plans."""

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.model.run import NodeDecision
from holdfast.stores.codec import encode_error, encode_or_null
from holdfast.stores.planning import RunFold
from holdfast.stores.settling import LiveJob


def active_row(job: NewJob) -> tuple[object, ...]:
    """A node that was started with this job."""
    return (job.run_id, job.node_id, "ACTIVE", None, job.id, 0, None, None, None, None)


def decided_row(run_id: str, decision: NodeDecision, live: LiveJob | None, now: Instant) -> tuple[object, ...]:
    """A node that is decided; ``live`` is its job as it was, None for a node that never had one."""
    return (
        run_id,
        decision.node_id,
        decision.state.value,
        " ".join(sorted(decision.ports)) or None,
        None if live is None else live.id,
        0 if live is None else live.attempt,
        encode_or_null(decision.output),
        encode_error(decision.error),
        None if live is None else live.started_at,
        now,
    )


def run_row(fold: RunFold, now: Instant) -> tuple[object, ...]:
    """For ``SAVE_RUN``."""
    view = fold.view
    return (
        view.state.value,
        encode_or_null(fold.output),
        encode_error(view.failure),
        now if fold.ended else None,
        view.id,
    )
