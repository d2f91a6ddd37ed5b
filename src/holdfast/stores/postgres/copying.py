"""Many new lone jobs at once, by COPY: the cheapest way into a table that there is.

The rows are written as COPY's text format here: one line per job, a value per column, none as ``\\N``. They are sent in
portions, so that the server takes one in while the next is written. It fails as a whole, with ``Conflict`` when one of
the ids is there already.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import lru_cache
from typing import Any, Final

from holdfast.model.instant import Instant
from holdfast.model.job import NewJob, rank
from holdfast.stores.codec import encode_or_null, encode_policy
from holdfast.stores.event_batches import scheduled_rows
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import insert as sql

PORTION: Final = 200
_NULL: Final = "\\N"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


async def copy_jobs(connection: Connection, jobs: Sequence[NewJob], now: Instant) -> None:
    """Within a transaction."""
    await _copy(connection, "jobs", sql.COPIED_JOBS, jobs, _job_line)
    await _copy(connection, "live", sql.COPIED_LIVE, jobs, _live_line)
    events = [(row[0], row[6]) for row in scheduled_rows(jobs)]
    await connection.fetch(sql.COPIED_WITH, sorted({job.queue for job in jobs}), now, *columns(events, 2))


async def _copy(
    connection: Connection, table: str, into: str, jobs: Sequence[NewJob], line: Callable[[NewJob], str]
) -> None:
    source: Any = _portions(jobs, line)  # an asynchronous iterable, which the driver's types don't know of
    await connection.copy_to_table(table, source=source, columns=into.split(", "), format="text")


async def _portions(jobs: Sequence[NewJob], line: Callable[[NewJob], str]) -> AsyncIterator[bytes]:
    for start in range(0, len(jobs), PORTION):
        yield "".join(map(line, jobs[start : start + PORTION])).encode()
        await asyncio.sleep(0)  # the portion goes out now


def _job_line(job: NewJob) -> str:
    payload = encode_or_null(job.payload)
    return (
        f"{job.id}\t{_text(job.tenant)}\t{_text(job.kind)}\t{_text(job.queue)}\t{job.priority}"
        f"\t{_NULL if payload is None else payload.translate(_ESCAPES)}\t{_text(encode_policy(job.retry))}"
        f"\t{job.timeout}\t{job.due_at}\t{job.created_at}\t{_number(job.deadline_at)}\t{_maybe(job.tag)}"
        f"\t{_text(job.correlation_id)}\n"
    )


def _live_line(job: NewJob) -> str:
    return (
        f"{job.id}\t{_text(job.tenant)}\t{_text(job.kind)}\t{_text(job.queue)}\t{job.priority}\t{job.timeout}"
        f"\t{job.due_at}\t{_number(job.deadline_at)}\t{_maybe(job.tag)}\t{job.state.value}"
        f"\t{rank(job.due_at, job.priority)}\n"
    )


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    """Cached: most texts of a batch are a few, over and over."""
    return value.translate(_ESCAPES)


def _maybe(value: str | None) -> str:
    return _NULL if value is None else _text(value)


def _number(value: int | None) -> str:
    return _NULL if value is None else str(value)
