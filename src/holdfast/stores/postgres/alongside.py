"""What commits with jobs: the firing that they came of, what their rule remembers, the delivery that they are.

Nothing of it is written for a repeat, whose first call wrote it.
"""

from collections.abc import Sequence

from holdfast.model.instant import Instant
from holdfast.ports import Accepted, NewJobs
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.firings import write_firing_jobs, write_firings
from holdfast.stores.postgres.memories import Judged, remember
from holdfast.stores.postgres.part import run
from holdfast.stores.postgres.sql.subscriptions import ADD_DELIVERIES
from holdfast.stores.trigger_rows import delivery_row, firing_row

DELIVERY_COLUMNS = 6


def comes_alone(item: NewJobs) -> bool:
    """Whether jobs are all that there is to write."""
    return item.firing is None and item.memory is None and item.delivery is None


async def write_alongside(
    connection: Connection,
    fresh: Sequence[tuple[NewJobs, Sequence[Accepted]]],
    judged: Judged,
    now: Instant,
) -> None:
    """Of callers' jobs, with what each was answered. ``judged``: by what their rules remembered."""
    fired = [(item.firing, made) for item, made in fresh if item.firing is not None]
    await write_firings(connection, [firing_row(firing) for firing, _ in fired])
    await write_firing_jobs(connection, [(job, firing.id) for firing, made in fired for job in _new(made)])
    deliveries = [
        delivery_row(item.delivery, item.jobs[0].tenant, job)
        for item, made in fresh
        if item.delivery is not None
        for job in _new(made)
    ]
    await run(connection, ADD_DELIVERIES, deliveries, DELIVERY_COLUMNS)
    # What inserted nothing, as its unique keys were taken, is to be met again.
    acted = [item.memory for item, made in fresh if item.memory is not None and _new(made)]
    await remember(connection, acted, judged, now)


def _new(made: Sequence[Accepted]) -> list[str]:
    return [one.id for one in made if not one.duplicate and not one.conflict]
