"""Finish and deadlines: who may move which job. ``settlement`` does the writing; what people wish is in ``control``.

Modes. *Plain*: every move is a success of a lone job without keys, under a lease that holds; three statements write the
batch. *Full*: everything else; ``Settlement`` does it.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast.model.instant import Instant
from holdfast.model.job import JobState, Transition, check_move
from holdfast.model.outcome import ErrorInfo
from holdfast.model.retry import Reason
from holdfast.ports import Finished
from holdfast.stores.settling import LiveJob, holds
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.settlement import Move, Settlement, end_jobs, freed, lock_live, told
from holdfast.stores.sqlite.sql import finish as sql


def finish(
    db: sqlite3.Connection, rules: Rules, worker_id: str | None, batch: Sequence[Transition], now: Instant
) -> Finished:
    """Applies the moves whose leases hold; ``worker_id`` None lets anybody's job be moved (rescue)."""
    live = lock_live(db, [move.job_id for move in batch])
    if (plain := _plain(live, batch, worker_id)) is not None:
        return _end(db, plain, now)
    held = {move.job_id: move for move in reversed(batch) if holds(live.get(move.job_id), move, worker_id)}
    done = _apply(db, rules, [(live[move.job_id], move) for move in reversed(held.values())], now)
    late = [move for move in batch if held.get(move.job_id) is not move]
    applied = {move.job_id for move in late if _applied_before(db, live.get(move.job_id), move, worker_id)}
    return Finished(frozenset(move.job_id for move in late) - applied, done.queues, done.stopped)


def _plain(live: Mapping[str, LiveJob], batch: Sequence[Transition], worker_id: str | None) -> list[Move] | None:
    """The batch with its live rows, when it can be written in the plain mode."""
    if len(live) != len(batch):
        return None
    moves: list[Move] = []
    for move in batch:
        job = live.get(move.job_id)
        if (
            job is None
            or move.to is not JobState.SUCCEEDED
            or job.lease != move.lease
            or job.worker != worker_id
            or job.state != "RUNNING"
            or job.run_id is not None
            or job.unique_key is not None
            or job.concurrency_key is not None
        ):
            return None
        moves.append((job, move))
    return moves


def _end(db: sqlite3.Connection, ends: Sequence[Move], now: Instant) -> Finished:
    end_jobs(db, ends)
    write_events(db, told(ends, now))
    return Finished(frozenset(), frozenset(freed(db, (live for live, _ in ends))))


def _applied_before(db: sqlite3.Connection, live: LiveJob | None, move: Transition, worker_id: str | None) -> bool:
    """Whether the job's record shows that an earlier call, whose answer was lost, made this very move."""
    if live is not None:
        return live.lease == move.lease and live.state == move.to
    row = db.execute(sql.ENDED_BY, (move.job_id,)).fetchone()
    return row is not None and (row["lease"], row["worker_id"], row["state"]) == (move.lease, worker_id, move.to)


def _apply(db: sqlite3.Connection, rules: Rules, moves: Sequence[Move], now: Instant) -> Finished:
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
