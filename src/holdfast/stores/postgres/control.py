"""What people do to jobs: cancel, retry, discard; and the end of jobs whose deadline passed.

A batch is one transaction. When it can't be written because of one job (its run can't be advanced), that job alone is
left out (``stores.apart``); asked for by itself, it raises. Runs are locked before jobs, both in id order; unique keys
in key order.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.job import JobState, Transition, check_move, rank
from holdfast.model.outcome import ErrorInfo
from holdfast.model.records import JobRecord
from holdfast.model.retry import Reason
from holdfast.ports import Changed, Finished
from holdfast.stores.apart import settle_apart, settle_found
from holdfast.stores.codec import encode_error
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.gates import admit
from holdfast.stores.postgres.jobs import Jobs
from holdfast.stores.postgres.part import Rules, run
from holdfast.stores.postgres.settlement import Settlement, add_events
from holdfast.stores.postgres.sql import control as sql
from holdfast.stores.revival import discarded_row, revived_row, why_not_cancelled, why_not_retried
from holdfast.stores.settling import LiveJob, stop


class Control(Jobs):
    async def cancel_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        async def work(connection: Connection) -> None:
            job = await _required(connection, tenant, job_id)
            if not (await cancel(connection, self._rules, [job], now)).ids:
                raise Conflict(why_not_cancelled(job["state"]))

        await self._db.transact(work)
        return await self._shown(tenant, job_id, now)

    async def cancel_jobs(self, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
        rows = await self._db.fetch(sql.OF_TENANT, tenant, _ids(job_ids))
        changed: set[str] = set()

        async def settle(jobs: Sequence[Row]) -> Finished:
            done = await self._db.transact(lambda connection: cancel(connection, self._rules, jobs, now))
            changed.update(done.ids)
            return Finished(frozenset(), done.queues, done.stopped, counts=done.counts)

        done, _ = await settle_apart(rows, settle, _unit)
        return Changed(frozenset(changed), done.queues, done.stopped, done.counts)

    async def retry_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        async def work(connection: Connection) -> None:
            job = await _required(connection, tenant, job_id)
            if not (await retry(connection, tenant, [job_id], now)).ids:
                raise Conflict(why_not_retried(job["state"], job["run_id"]))

        await self._db.transact(work)
        return await self._shown(tenant, job_id, now)

    async def retry_jobs(self, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
        ids = _ids(job_ids)
        return await self._db.transact(lambda connection: retry(connection, tenant, ids, now))

    async def discard_jobs(self, tenant: str, job_ids: Collection[str], why: str, now: Instant) -> Changed:
        ids = _ids(job_ids)
        return await self._db.transact(lambda connection: discard(connection, tenant, ids, why, now))

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


def _ids(given: Collection[str]) -> list[str]:
    return [job_id for job_id in given if is_id(job_id)]


def _unit(job: Row) -> str:
    unit: str = job["run_id"] or job["id"]
    return unit


async def _required(connection: Connection, tenant: str, job_id: str) -> Row:
    rows = await connection.fetch(sql.OF_TENANT, tenant, [job_id]) if is_id(job_id) else ()
    if not rows:
        raise NotFound(f"no job {job_id}")
    return rows[0]


def _overdue(live: LiveJob, now: Instant) -> Transition:
    check_move(live.state_at(now), JobState.DEAD)
    error = ErrorInfo("deadline", "the job's deadline passed before it was run")
    return Transition(
        live.id, live.lease, JobState.DEAD, now, Reason.DEADLINE, burns=False, error=error, run_id=live.run_id
    )


async def cancel(connection: Connection, rules: Rules, jobs: Sequence[Row], now: Instant) -> Changed:
    """Ends what waits; asks the workers to stop what runs. ``jobs`` are rows of ``OF_TENANT``."""
    settlement = Settlement(connection, rules, now)
    await settlement.lock_runs(job["run_id"] for job in jobs if job["run_id"] is not None)
    live = (await settlement.lock_jobs(job["id"] for job in jobs)).values()
    running = [job.id for job in live if job.state == JobState.RUNNING]
    if running:
        await connection.fetch(sql.REQUEST_CANCEL, running)
    for job in live:
        if job.state != JobState.RUNNING:
            settlement.move(job, stop(job, Reason.CANCELLED, now))
    done = await settlement.write()
    return Changed(frozenset(job.id for job in live), done.queues, done.stopped, done.counts)


async def retry(connection: Connection, tenant: str, job_ids: Sequence[str], now: Instant) -> Changed:
    """Brings back lone jobs that ended badly; of several that want one unique key, the oldest."""
    ended = await connection.fetch(sql.LOCK_ENDED, tenant, job_ids)
    jobs = await _with_keys(connection, tenant, [job for job in ended if job["run_id"] is None], now)
    if not jobs:
        return Changed()
    ids, ranks = [job["id"] for job in jobs], [rank(now, job["priority"]) for job in jobs]
    await connection.fetch(sql.REVIVE, tenant, ids, ranks, now, [job["state"] for job in jobs])
    await add_events(connection, [revived_row(job, now) for job in jobs])
    queues = {job["queue"] for job in jobs if job["concurrency_key"] is None}
    keys = sorted({(tenant, job["concurrency_key"]) for job in jobs if job["concurrency_key"] is not None})
    await run(connection, sql.ADD_GATES, [(*key, now) for key in keys], 3)
    return Changed(frozenset(ids), frozenset(queues | await admit(connection, keys, now)))


async def _with_keys(connection: Connection, tenant: str, jobs: Sequence[Row], now: Instant) -> list[Row]:
    """Those that have their unique key now, or none."""
    first: dict[str, Row] = {}
    for job in jobs:
        if job["unique_key"] is not None:
            first.setdefault(job["unique_key"], job)
    if not first:
        return list(jobs)
    keys = sorted(first)
    ids, until = [first[key]["id"] for key in keys], [first[key]["unique_until"] for key in keys]
    taken = {row["job_id"] for row in await connection.fetch(sql.RETAKE_UNIQUE, tenant, keys, ids, until, now)}
    return [job for job in jobs if job["unique_key"] is None or job["id"] in taken]


async def discard(connection: Connection, tenant: str, job_ids: Sequence[str], why: str, now: Instant) -> Changed:
    ended = await connection.fetch(sql.LOCK_ENDED, tenant, job_ids)
    jobs = [job for job in ended if job["state"] != JobState.CANCELLED]
    if not jobs:
        return Changed()
    error, ids = ErrorInfo("discarded", why), [job["id"] for job in jobs]
    await connection.fetch(sql.DISCARD, tenant, ids, encode_error(error), now, [job["state"] for job in jobs])
    await add_events(connection, [discarded_row(job, error, now) for job in jobs])
    return Changed(frozenset(ids))
