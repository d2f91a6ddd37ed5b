"""Handing successors over on PostgreSQL: one statement inserts a settlement's jobs and decides which of them the
finishing worker gets (``stores.handing``), so that it costs no round trip more than inserting them.
"""

from collections.abc import Mapping, Sequence

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, NewJob
from holdfast.stores.handing import Taker, claimed, wanted
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.insert import JOB_COLUMNS, insert_rows, job_rows
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import handover as sql


async def insert_steps(
    connection: Connection, jobs: Sequence[NewJob], versions: Mapping[str, str], taker: Taker | None, now: Instant
) -> list[ClaimedJob]:
    """Inserts the jobs of steps; those that were handed over. ``versions`` by run."""
    some = {job.id for job in wanted(jobs, taker.offer)} if taker is not None else set()
    if taker is None or not some:
        await insert_rows(connection, jobs)
        return []
    rows = await connection.fetch(
        sql.INSERT_STEPS,
        *columns(job_rows(jobs), JOB_COLUMNS),
        [job.id in some for job in jobs],
        taker.worker_id,
        taker.offer.slots,
        now,
    )
    handed = {row["id"] for row in rows}
    return [claimed(job, versions[job.run_id or ""], now) for job in jobs if job.id in handed]
