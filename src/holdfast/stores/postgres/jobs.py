"""Jobs one by one and in lists, and what a person does to one: cancel, retry. Queues, as they stand."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.job import LIVE, JobState, Transition, check_move, rank
from holdfast.model.outcome import ErrorInfo
from holdfast.model.records import JobFilter, JobRecord, Page, QueueRecord
from holdfast.model.retry import Reason
from holdfast.ports import Finished
from holdfast.stores.apart import settle_found
from holdfast.stores.codec import decode_object, encode_cursor
from holdfast.stores.history import change_data, changes_of
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.settlement import Settlement, add_events
from holdfast.stores.postgres.sql import jobs as sql
from holdfast.stores.rows import job_record, queue_record
from holdfast.stores.settling import UNHAPPY, LiveJob, stop


class Jobs(Part):
    # -- reading -----------------------------------------------------------------------------------------------------

    async def get_job(self, tenant: str, job_id: str) -> JobRecord:
        row = await self._db.first(sql.GET, tenant, job_id) if is_id(job_id) else None
        if row is None:
            raise NotFound(f"no job {job_id}")
        return await self._with_changes(row, row["now"])

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        values: list[Any] = [tenant, id_after(cursor), limit + 1]
        statement, more = _source(wanted.state, values, now)
        for column, value in (("queue", wanted.queue), ("kind", wanted.kind), ("run_id", wanted.run_id)):
            if value is not None:
                values.append(value)
                more.append(f"j.{column} = ${len(values)}")
        if wanted.run_id is not None and not is_id(wanted.run_id):
            return Page(())
        conditions = "".join(f" AND {condition}" for condition in more)
        rows = await self._db.fetch(statement.replace("{more}", conditions), *values)
        items = tuple(job_record(row, now) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        due: Instant | None = await self._db.value(sql.NEXT_DUE, list(queues))
        return due

    async def list_queues(self, now: Instant) -> list[QueueRecord]:
        return [queue_record(row) for row in await self._db.fetch(sql.LIST_QUEUES, now)]

    async def _with_changes(self, row: Row, now: Instant) -> JobRecord:
        events = await self._db.fetch(sql.HISTORY, row["id"], row["tenant_id"])
        changes = changes_of([(event["at"], decode_object(event["data"])) for event in events])
        return replace(job_record(row, now), changes=changes)

    async def _shown(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        row = await self._db.first(sql.GET, tenant, job_id)
        if row is None:
            raise NotFound(f"no job {job_id}")
        return await self._with_changes(row, now)

    # -- changing ----------------------------------------------------------------------------------------------------

    async def cancel_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        async def work(connection: Connection) -> None:
            job = await _required(connection, sql.RUN_OF_JOB, tenant, job_id)
            settlement = Settlement(connection, self._rules, now)
            await settlement.lock_runs([job["run_id"]] if job["run_id"] else [])
            live = (await settlement.lock_jobs([job_id])).get(job_id)
            if live is None:
                raise Conflict(f"the job has ended {job['state'] or 'meanwhile'}")
            if live.state == JobState.RUNNING:
                await connection.fetch(sql.REQUEST_CANCEL, job_id)
                return
            settlement.move(live, stop(live, Reason.CANCELLED, now))
            await settlement.write()

        await self._db.transact(work)
        return await self._shown(tenant, job_id, now)

    async def retry_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        async def work(connection: Connection) -> None:
            await _revive(connection, tenant, job_id, now)

        await self._db.transact(work)
        return await self._shown(tenant, job_id, now)

    async def fail_overdue_jobs(self, now: Instant, limit: int = 500) -> Finished:
        async def find(count: int) -> list[Row]:
            return await self._db.fetch(sql.OVERDUE, now, count)

        async def end(rows: Sequence[Row]) -> Finished:
            return await self._db.transact(lambda connection: self._end_overdue(connection, rows, now))

        return await settle_found(find, end, lambda row: row["run_id"] or row["job_id"], limit)

    async def _end_overdue(self, connection: Connection, rows: Sequence[Row], now: Instant) -> Finished:
        """Ends those of these jobs that still wait."""
        settlement = Settlement(connection, self._rules, now)
        await settlement.lock_runs(row["run_id"] for row in rows if row["run_id"])
        live = (await settlement.lock_jobs(row["job_id"] for row in rows)).values()
        waiting = [job for job in live if job.state != JobState.RUNNING]
        for job in waiting:
            settlement.move(job, _overdue(job, now))
        return replace(await settlement.write(), ended=len(waiting))


def _source(state: JobState | None, values: list[Any], now: Instant) -> tuple[str, list[str]]:
    """The statement that finds jobs of this state cheaply, and the conditions that it still needs."""
    if state is None:
        return sql.LIST_ALL, []
    if state is JobState.PENDING or state is JobState.SCHEDULED:
        values.append(now)
        place = f"${len(values)}::bigint"
        due = f"(l.state = 'PENDING' OR l.state = 'SCHEDULED' AND l.due_at <= {place})"
        return sql.LIST_LIVE, [due if state is JobState.PENDING else f"l.state = 'SCHEDULED' AND l.due_at > {place}"]
    values.append(state.value)
    if state in UNHAPPY:
        return sql.LIST_UNHAPPY, [f"u.state = ${len(values)}"]
    if state in LIVE:
        return sql.LIST_LIVE, [f"l.state = ${len(values)}"]
    return sql.LIST_ALL, [f"j.state = ${len(values)}"]


async def _required(connection: Connection, statement: str, tenant: str, job_id: str) -> Row:
    row = await connection.fetchrow(statement, tenant, job_id) if is_id(job_id) else None
    if row is None:
        raise NotFound(f"no job {job_id}")
    return row


def _overdue(live: LiveJob, now: Instant) -> Transition:
    check_move(JobState(live.state), JobState.DEAD)
    error = ErrorInfo("deadline", "the job's deadline passed before it was run")
    return Transition(
        live.id, live.lease, JobState.DEAD, now, Reason.DEADLINE, burns=False, error=error, run_id=live.run_id
    )


async def _revive(connection: Connection, tenant: str, job_id: str, now: Instant) -> None:
    """Raises ``Conflict`` when the job isn't a lone one that ended badly, or its key is taken."""
    job = await _required(connection, sql.LOCK_JOB, tenant, job_id)
    if job["run_id"] is not None:
        raise Conflict("the job belongs to a run; rerun the run instead")
    if job["state"] not in UNHAPPY:
        state = job["state"] or "still going"
        raise Conflict(f"the job is {state}; only one that FAILED, is DEAD or was CANCELLED can be retried")
    if job["unique_key"] is not None and not await connection.fetch(
        sql.RETAKE_UNIQUE, tenant, job["unique_key"], job_id, job["unique_until"], now
    ):
        raise Conflict("another job holds the job's unique key now")
    before, after = JobState(job["state"]), JobState.PENDING
    check_move(before, after)
    await connection.fetch(sql.REVIVE, tenant, job_id, now, rank(now, job["priority"]), before.value)
    data = change_data(
        job["kind"], job["queue"], before, after, Reason.MANUAL_RETRY, job["lease"], job["attempt"], worker=None
    )
    await add_events(connection, [(tenant, "job.scheduled", now, None, None, job_id, data)])
