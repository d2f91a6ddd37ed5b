"""What a settlement writes, in one statement: ends of jobs, what their runs make of them, and the next steps.

The same statement decides which of these steps the finishing worker gets (``stores.handing``), so that handing them
over costs nothing more than inserting them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.stores.handing import Taker, wanted
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.insert import JOB_COLUMNS, job_rows
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql.settle import SETTLE
from holdfast.stores.postgres.telling import SUBJECT_COLUMNS
from holdfast.stores.settling import SubjectRow

END_COLUMNS = 9
NODE_COLUMNS = 10
RUN_COLUMNS = 7

Rows = Sequence[tuple[Any, ...]]


class Writes(NamedTuple):
    """Rows as ``SETTLE`` takes them, ``told`` in the order of reading; ``steps``: the jobs to insert."""

    ends: Rows
    nodes: Rows
    runs: Rows
    told: Sequence[SubjectRow]
    steps: Sequence[NewJob]


class Written(NamedTuple):
    """The ids of steps that were handed over, and the queues in which a limit counts less now."""

    handed: frozenset[str]
    freed: frozenset[str]


async def write(connection: Connection, writes: Writes, taker: Taker | None, now: Instant) -> Written:
    """Steps go to the ``taker``, if there is one, as far as a claim would give them."""
    if not any(writes):
        return Written(frozenset(), frozenset())
    some = {job.id for job in wanted(writes.steps, taker.offer)} if taker is not None else set()
    (row,) = await connection.fetch(
        SETTLE,
        *columns(writes.ends, END_COLUMNS),
        *columns(writes.nodes, NODE_COLUMNS),
        *columns(writes.runs, RUN_COLUMNS),
        *columns(writes.told, SUBJECT_COLUMNS),
        *columns(job_rows(writes.steps), JOB_COLUMNS),
        [job.id in some for job in writes.steps],
        taker.worker_id if taker is not None else None,
        taker.offer.slots if taker is not None else 0,
        now,
    )
    return Written(frozenset(row["handed"]), frozenset(row["freed"]))
