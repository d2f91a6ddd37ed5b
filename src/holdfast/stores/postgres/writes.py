"""What a settlement writes, in one statement: ends of jobs, what their runs make of them, and the next steps.

The same statement decides which of these steps the finishing worker gets (``stores.handing``), so that handing them
over costs nothing more than inserting them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob, rank
from holdfast.ports import Taker
from holdfast.stores.codec import encode_policy
from holdfast.stores.handing import wanted
from holdfast.stores.history import inserted_row
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql.settle import SETTLE, SETTLE_AGREED, SETTLE_SUCCESSES
from holdfast.stores.postgres.telling import SUBJECT_COLUMNS
from holdfast.stores.settling import HELD, SubjectRow

END_COLUMNS = 9
NODE_COLUMNS = 10
RUN_COLUMNS = 7
STEP_COLUMNS = 13

Rows = Sequence[tuple[Any, ...]]


class Writes(NamedTuple):
    """Rows as ``SETTLE`` takes them, ``told`` in the order of reading. ``steps``: the jobs to insert; their nodes are
    active then. ``successes``: see ``SETTLE_SUCCESSES``."""

    ends: Rows
    nodes: Rows
    runs: Rows
    told: Sequence[SubjectRow]
    steps: Sequence[NewJob]
    successes: bool


class Seen(NamedTuple):
    """What was decided on without a lock: the run, the version of its row, and whose its job was."""

    run_id: str
    version: int
    worker_id: str


class Written(NamedTuple):
    """The ids of steps that were handed over, and the queues in which a limit counts less now."""

    handed: frozenset[str]
    freed: frozenset[str]


async def write(connection: Connection, writes: Writes, taker: Taker | None, now: Instant) -> Written:
    """Steps go to the ``taker``, if there is one, as far as a claim would give them."""
    if not any(writes[:-1]):
        return Written(frozenset(), frozenset())
    statement = SETTLE_SUCCESSES if writes.successes else SETTLE
    (row,) = await connection.fetch(statement, *_values(writes, taker, now))
    return Written(frozenset(row["handed"]), frozenset(row["freed"]))


async def write_agreed(
    connection: Connection, writes: Writes, taker: Taker | None, now: Instant, seen: Seen
) -> Written | None:
    """``write`` of one success where what was seen still holds; None, and nothing is written, where it doesn't."""
    (row,) = await connection.fetch(SETTLE_AGREED, *_values(writes, taker, now), *seen)
    return Written(frozenset(row["handed"]), frozenset(row["freed"])) if row["written"] else None


def _values(writes: Writes, taker: Taker | None, now: Instant) -> list[Any]:
    """$1 … $51 of the statements."""
    some = {job.id for job in wanted(writes.steps, taker, now)}
    return [
        *columns(writes.ends, END_COLUMNS),
        *columns(writes.nodes, NODE_COLUMNS),
        *columns(writes.runs, RUN_COLUMNS),
        *columns(writes.told, SUBJECT_COLUMNS),
        *columns([step_row(job) for job in writes.steps], STEP_COLUMNS),
        [job.id in some for job in writes.steps],
        taker.worker_id if taker is not None else None,
        taker.offer.slots if taker is not None else 0,
        now,
    ]


def step_row(job: NewJob) -> tuple[Any, ...]:
    """A step is due as soon as it is made (``Graph.job_of``), and has neither payload, deadline nor keys."""
    return (
        job.id,
        job.tenant,
        job.kind,
        job.queue,
        job.priority,
        encode_policy(job.retry),
        job.timeout,
        job.run_id,
        job.node_id,
        job.correlation_id,
        HELD if job.paused else job.state.value,
        rank(job.due_at, job.priority),
        inserted_row(job)[6],
    )
