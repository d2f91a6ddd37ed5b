"""What a transaction did that no worker counts: ends of jobs that the store decided, starts and ends of runs. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from holdfast.model.job import ENDED, JobState, Transition
from holdfast.model.run import RUN_ENDED
from holdfast.model.statistics import NO_QUEUE, Count
from holdfast.stores.planning import RunFold
from holdfast.stores.settling import LiveJob

STARTED: Final = "runs_started"


def counts_of(
    moves: Iterable[tuple[LiveJob, Transition]], reported: Mapping[str, JobState], folds: Iterable[RunFold]
) -> tuple[Count, ...]:
    """``reported``: what workers said of their jobs, by job id. A worker's move that was amended is both: the worker
    counts what its attempt came to, and here counts how the job ended."""
    counts = [
        Count(live.tenant, live.queue, move.to.value.lower())
        for live, move in moves
        if move.to in ENDED and reported.get(live.id) is not move.to
    ]
    for fold in folds:
        if fold.parent is None and fold.view.body is None:
            counts += _of_run(fold)
    return tuple(counts)


def _of_run(fold: RunFold) -> list[Count]:
    counts = [Count(fold.view.tenant, NO_QUEUE, STARTED)] if fold.started else []
    if fold.ended and fold.view.state in RUN_ENDED:
        counts.append(Count(fold.view.tenant, NO_QUEUE, f"runs_{fold.view.state.value.lower()}"))
    return counts
