"""What people do to jobs on SQLite: cancel, retry, discard; and the end of jobs whose deadline passed.

A batch is one transaction. When it can't be written because of one job (its run can't be advanced), that job alone is
left out (``stores.apart``); asked for by itself, it raises.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence

from holdfast.model.errors import Conflict, HoldfastError, NotFound
from holdfast.model.instant import Instant
from holdfast.model.job import JobState, rank
from holdfast.model.outcome import ErrorInfo
from holdfast.model.records import JobRecord
from holdfast.model.retry import Reason
from holdfast.ports import Changed, Finished
from holdfast.stores.apart import settle_apart, settle_found
from holdfast.stores.codec import encode_error
from holdfast.stores.revival import discarded_row, revived_row, why_not_cancelled, why_not_retried
from holdfast.stores.settling import LiveJob, stop
from holdfast.stores.sqlite import finish as finishing
from holdfast.stores.sqlite import job_reads as reads
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.gates import admit
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.session import Rules, Session
from holdfast.stores.sqlite.settlement import Settlement, lock_live
from holdfast.stores.sqlite.sql import control as sql

Change = Callable[[sqlite3.Connection, Collection[str]], Changed]
Why = Callable[[str | None, str | None], str]


class Control(Session):
    async def cancel_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        def work(db: sqlite3.Connection) -> None:
            if not cancel(db, self._rules, tenant, [job_id], now).ids:
                raise _refusal(db, tenant, job_id, why_not_cancelled)

        await self._write(work)
        return await self._read(lambda db: reads.get_job(db, tenant, job_id, now))

    async def cancel_jobs(self, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
        return await self._change(tenant, job_ids, lambda db, ids: cancel(db, self._rules, tenant, ids, now))

    async def retry_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        def work(db: sqlite3.Connection) -> None:
            if not retry(db, tenant, [job_id], now).ids:
                raise _refusal(db, tenant, job_id, why_not_retried)

        await self._write(work)
        return await self._read(lambda db: reads.get_job(db, tenant, job_id, now))

    async def retry_jobs(self, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
        return await self._write(lambda db: retry(db, tenant, job_ids, now))

    async def discard_jobs(self, tenant: str, job_ids: Collection[str], why: str, now: Instant) -> Changed:
        return await self._write(lambda db: discard(db, tenant, job_ids, why, now))

    async def fail_overdue_jobs(self, now: Instant, limit: int = 500) -> Finished:
        async def find(count: int) -> list[LiveJob]:
            return await self._read(lambda db: finishing.overdue(db, now, count))

        async def end(jobs: Sequence[LiveJob]) -> Finished:
            return await self._write(lambda db: finishing.fail_overdue(db, self._rules, jobs, now))

        return await settle_found(find, end, lambda job: job.run_id or job.id, limit)

    async def _change(self, tenant: str, job_ids: Collection[str], change: Change) -> Changed:
        """Changes all jobs that can be, those of one run together or not at all."""
        rows = await self._read(lambda db: db.execute(sql.OF_TENANT, (id_list(job_ids), tenant)).fetchall())
        changed: set[str] = set()

        async def settle(jobs: Sequence[sqlite3.Row]) -> Finished:
            done = await self._write(lambda db: change(db, [job["id"] for job in jobs]))
            changed.update(done.ids)
            return Finished(frozenset(), done.queues, done.stopped, counts=done.counts)

        done, _ = await settle_apart(rows, settle, lambda job: job["run_id"] or job["id"])
        return Changed(frozenset(changed), done.queues, done.stopped, done.counts)


def _refusal(db: sqlite3.Connection, tenant: str, job_id: str, why: Why) -> HoldfastError:
    """Why nothing was done to the job: it isn't there, or ``why`` of its state and run says so."""
    row = db.execute(sql.STATE, (job_id, tenant)).fetchone()
    return NotFound(f"no job {job_id}") if row is None else Conflict(why(row["state"], row["run_id"]))


def cancel(db: sqlite3.Connection, rules: Rules, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
    """Ends what waits; asks the workers to stop what runs."""
    live = [job for job in lock_live(db, job_ids).values() if job.tenant == tenant]
    waiting = [job for job in live if job.state != JobState.RUNNING]
    db.execute(sql.REQUEST_CANCEL, (id_list(job.id for job in live if job.state == JobState.RUNNING),))
    settlement = Settlement(db, rules, now)
    settlement.lock(job.run_id for job in waiting if job.run_id is not None)
    for job in waiting:
        settlement.move(job, stop(job, Reason.CANCELLED, now))
    done = settlement.write()
    return Changed(frozenset(job.id for job in live), done.queues, done.stopped, done.counts)


def retry(db: sqlite3.Connection, tenant: str, job_ids: Collection[str], now: Instant) -> Changed:
    """Brings back lone jobs that ended badly; of several that want one unique key, the oldest."""
    ended = db.execute(sql.ENDED_BADLY, (id_list(job_ids), tenant)).fetchall()
    jobs = _with_keys(db, [job for job in ended if job["run_id"] is None], now)
    ids = id_list(job["id"] for job in jobs)
    write_rows(db, sql.REVIVE_LIVE, [(job["id"], now, rank(now, job["priority"])) for job in jobs])
    db.execute(sql.REVIVE_JOBS, (now, ids))
    write_rows(db, sql.DROP_UNHAPPY, [(tenant, job["state"], job["id"]) for job in jobs])
    write_events(db, [revived_row(job, now) for job in jobs])
    queues = {job["queue"] for job in jobs if job["concurrency_key"] is None}
    keys = [(job["tenant_id"], job["concurrency_key"]) for job in jobs if job["concurrency_key"] is not None]
    write_rows(db, sql.ADD_GATES, [(*key, 1, now) for key in keys])
    return Changed(frozenset(job["id"] for job in jobs), frozenset(queues | admit(db, keys, now)))


def _with_keys(db: sqlite3.Connection, jobs: Sequence[sqlite3.Row], now: Instant) -> list[sqlite3.Row]:
    """Those that have their unique key now, or none."""
    first: dict[str, sqlite3.Row] = {}
    for job in jobs:
        if job["unique_key"] is not None:
            first.setdefault(job["unique_key"], job)
    taken = {job["id"] for job in first.values() if _take_key(db, job, now)}
    return [job for job in jobs if job["unique_key"] is None or job["id"] in taken]


def _take_key(db: sqlite3.Connection, job: sqlite3.Row, now: Instant) -> bool:
    """Whether the job has its unique key now."""
    holder = db.execute(sql.KEY_HOLDER, (job["tenant_id"], job["unique_key"], now)).fetchone()
    if holder is not None and holder["job_id"] != job["id"]:
        return False
    db.execute(sql.TAKE_KEY, (job["tenant_id"], job["unique_key"], job["id"], job["unique_until"]))
    return True


def discard(db: sqlite3.Connection, tenant: str, job_ids: Collection[str], why: str, now: Instant) -> Changed:
    rows = db.execute(sql.ENDED_BADLY, (id_list(job_ids), tenant)).fetchall()
    jobs = [job for job in rows if job["state"] != JobState.CANCELLED]
    error = ErrorInfo("discarded", why)
    db.execute(sql.DISCARD, (encode_error(error), now, id_list(job["id"] for job in jobs)))
    write_rows(db, sql.DROP_UNHAPPY, [(tenant, job["state"], job["id"]) for job in jobs])
    write_rows(db, sql.ADD_UNHAPPY, [(tenant, JobState.CANCELLED.value, job["id"]) for job in jobs])
    write_events(db, [discarded_row(job, error, now) for job in jobs])
    return Changed(frozenset(job["id"] for job in jobs))
