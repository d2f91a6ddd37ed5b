"""Jobs as they are read: one by one with all that became of them, in lists, and when something is due next."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.job import LIVE, JobState
from holdfast.model.records import JobFilter, JobRecord, Page
from holdfast.stores.codec import decode_object, encode_cursor
from holdfast.stores.history import changes_of
from holdfast.stores.job_history import Past, history
from holdfast.stores.postgres.connection import PROMPT, Row
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import jobs as sql
from holdfast.stores.rows import job_record
from holdfast.stores.setting_rows import next_of
from holdfast.stores.settling import UNHAPPY

# The cursor before the first event.
BEGINNING: Final = "0-0"


class Jobs(Part):
    async def get_job(self, tenant: str, job_id: str) -> JobRecord:
        row = await self._job(tenant, job_id)
        return await self._with_changes(row, row["now"])

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        if wanted.run_id is not None and not is_id(wanted.run_id):
            return Page(())
        values: list[Any] = [tenant, id_after(cursor), limit + 1]
        if wanted.ids is None:
            statement, more = _source(wanted.state, values, now)
        else:
            values.append([job_id for job_id in wanted.ids if is_id(job_id)])
            statement, more = sql.LIST_NAMED, _of_state(wanted.state, values, now)
        for column, value in (("queue", wanted.queue), ("kind", wanted.kind), ("run_id", wanted.run_id)):
            if value is not None:
                values.append(value)
                more.append(f"j.{column} = ${len(values)}")
        conditions = "".join(f" AND {condition}" for condition in more)
        rows = await self._db.seen(statement.replace("{more}", conditions), *values)
        items = tuple(job_record(row, now) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        rows = await self._db.fetch(sql.NEXT_DUE, list(queues), patience=PROMPT)
        due_at = min((row["due_at"] for row in rows if row["due_at"] is not None), default=None)
        return next_of(due_at, rows, now)

    async def _job(self, tenant: str, job_id: str) -> Row:
        """A row of ``GET``. Raises ``NotFound``."""
        row = await self._db.seen_first(sql.GET, tenant, job_id) if is_id(job_id) else None
        if row is None:
            raise NotFound(f"no job {job_id}")
        return row

    async def _past(self, job: Row) -> list[Past]:
        """The events of a job (a row of ``GET``), oldest first."""
        rows = await self._db.seen(sql.HISTORY, job["id"], job["tenant_id"])
        own = (Past(row["cursor"], 0, row["type"], row["at"], decode_object(row["data"])) for row in rows)
        return history(job, own, BEGINNING)

    async def _with_changes(self, row: Row, now: Instant) -> JobRecord:
        past = await self._past(row)
        return replace(job_record(row, now), changes=changes_of([(event.at, event.data) for event in past]))

    async def _shown(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        return await self._with_changes(await self._job(tenant, job_id), now)


def _source(state: JobState | None, values: list[Any], now: Instant) -> tuple[str, list[str]]:
    """The statement that finds jobs of this state cheaply, and the conditions that it still needs."""
    if state is None:
        return sql.LIST_ALL, []
    if state in (JobState.PENDING, JobState.SCHEDULED):
        return sql.LIST_LIVE, _of_state(state, values, now)
    values.append(state.value)
    if state in UNHAPPY:
        return sql.LIST_UNHAPPY, [f"u.state = ${len(values)}"]
    if state in LIVE:
        return sql.LIST_LIVE, [f"l.state = ${len(values)}"]
    return sql.LIST_ALL, [f"j.state = ${len(values)}"]


def _of_state(state: JobState | None, values: list[Any], now: Instant) -> list[str]:
    """The conditions on a job and its live row that it has this state, as shown."""
    if state is None:
        return []
    if state in (JobState.PENDING, JobState.SCHEDULED):
        values.append(now)
        place = f"${len(values)}::bigint"
        if state is JobState.SCHEDULED:
            return [f"l.state IN ('SCHEDULED', 'HELD') AND l.due_at > {place}"]
        return [f"(l.state = 'PENDING' OR l.state IN ('SCHEDULED', 'HELD') AND l.due_at <= {place})"]
    values.append(state.value)
    return [f"coalesce(l.state, j.state) = ${len(values)}"]
