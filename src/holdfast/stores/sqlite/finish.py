"""Finish, cancel, deadlines, manual retry: who may move which job. The writing itself is ``settlement``."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.job import JobState, Transition, check_move, rank
from holdfast.model.outcome import ErrorInfo
from holdfast.model.retry import Reason
from holdfast.ports import Finished
from holdfast.stores.history import change_data
from holdfast.stores.settling import LiveJob, holds, stop
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.settlement import Settlement, lock_live
from holdfast.stores.sqlite.sql import finish as sql
from holdfast.stores.sqlite.sql import jobs as jobs_sql


def finish(
    db: sqlite3.Connection, rules: Rules, worker_id: str | None, batch: Sequence[Transition], now: Instant
) -> Finished:
    """Applies the moves whose leases hold; ``worker_id`` None lets anybody's job be moved (rescue)."""
    live = lock_live(db, [move.job_id for move in batch])
    held = {move.job_id: move for move in reversed(batch) if holds(live.get(move.job_id), move, worker_id)}
    done = _apply(db, rules, [(live[move.job_id], move) for move in reversed(held.values())], now)
    late = [move for move in batch if held.get(move.job_id) is not move]
    applied = {move.job_id for move in late if _applied_before(db, live.get(move.job_id), move, worker_id)}
    return Finished(frozenset(move.job_id for move in late) - applied, done.queues, done.stopped)


def _applied_before(db: sqlite3.Connection, live: LiveJob | None, move: Transition, worker_id: str | None) -> bool:
    """Whether the job's record shows that an earlier call, whose answer was lost, made this very move."""
    if live is not None:
        return live.lease == move.lease and live.state == move.to
    row = db.execute(sql.ENDED_BY, (move.job_id,)).fetchone()
    return row is not None and (row["lease"], row["worker_id"], row["state"]) == (move.lease, worker_id, move.to)


def _apply(db: sqlite3.Connection, rules: Rules, moves: Sequence[tuple[LiveJob, Transition]], now: Instant) -> Finished:
    settlement = Settlement(db, rules, now)
    settlement.lock(live.run_id for live, _ in moves if live.run_id is not None)
    for live, move in moves:
        settlement.move(live, move)
    return settlement.write()


def overdue(db: sqlite3.Connection, now: Instant, limit: int) -> list[LiveJob]:
    """Unclaimed jobs whose deadline passed, the longest overdue first."""
    return [LiveJob(*row) for row in db.execute(sql.OVERDUE, (now, limit))]


def fail_overdue(db: sqlite3.Connection, rules: Rules, jobs: Sequence[LiveJob], now: Instant) -> Finished:
    """Ends those of these jobs that are still unclaimed and overdue."""
    rows = db.execute(sql.STILL_OVERDUE, (id_list(job.id for job in jobs), now)).fetchall()
    done = _apply(db, rules, [(live, _overdue(live, now)) for live in (LiveJob(*row) for row in rows)], now)
    return replace(done, ended=len(rows))


def _overdue(live: LiveJob, now: Instant) -> Transition:
    check_move(JobState(live.state), JobState.DEAD)
    error = ErrorInfo("deadline", "the job's deadline passed before it was run")
    return Transition(
        live.id, live.lease, JobState.DEAD, now, Reason.DEADLINE, burns=False, error=error, run_id=live.run_id
    )


def cancel_job(db: sqlite3.Connection, rules: Rules, tenant: str, job_id: str, now: Instant) -> None:
    """Raises ``NotFound``; ``Conflict`` when it has ended."""
    live = lock_live(db, [job_id]).get(job_id)
    if live is None or live.tenant != tenant:
        job = _ended_job(db, tenant, job_id)
        raise Conflict(f"the job has ended {job['state']}")
    if live.state == JobState.RUNNING:
        db.execute(sql.REQUEST_CANCEL, (job_id,))
    else:
        _apply(db, rules, [(live, stop(live, Reason.CANCELLED, now))], now)


def retry_job(db: sqlite3.Connection, tenant: str, job_id: str, now: Instant) -> None:
    """Raises ``NotFound``; ``Conflict`` when the job isn't a lone one that ended badly, or its key is taken."""
    job = _ended_job(db, tenant, job_id)
    if job["run_id"] is not None:
        raise Conflict("the job belongs to a run; rerun the run instead")
    if job["state"] not in ("FAILED", "DEAD", "CANCELLED"):
        raise Conflict(f"the job is {job['state']}; only one that FAILED, is DEAD or was CANCELLED can be retried")
    if job["unique_key"] is not None:
        holder = db.execute(jobs_sql.KEY_HOLDER, (tenant, job["unique_key"], now)).fetchone()
        if holder is not None and holder["job_id"] != job_id:
            raise Conflict("another job holds the job's unique key now")
        db.execute(jobs_sql.RETAKE_KEY, (job_id,))
    check_move(JobState(job["state"]), JobState.PENDING)
    values = {"id": job_id, "now": now, "rank": rank(now, job["priority"])}
    db.execute(jobs_sql.REVIVE_LIVE, values)
    db.execute(jobs_sql.REVIVE_JOB, values)
    db.execute(jobs_sql.DROP_UNHAPPY, (tenant, job["state"], job_id))
    data = change_data(
        job["kind"],
        job["queue"],
        job["state"],
        JobState.PENDING.value,
        Reason.MANUAL_RETRY.value,
        job["lease"],
        job["attempt"],
        None,
    )
    write_events(db, [(tenant, "job.scheduled", now, None, None, job_id, data)])


def _ended_job(db: sqlite3.Connection, tenant: str, job_id: str) -> sqlite3.Row:
    """The job whatever its state, but of this tenant. Raises ``NotFound``."""
    row: sqlite3.Row | None = db.execute(jobs_sql.GET, (job_id, tenant)).fetchone()
    if row is None:
        raise NotFound(f"no job {job_id}")
    return row
