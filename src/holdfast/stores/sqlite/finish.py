"""Finish and deadlines: who may move which job. ``settlement`` does the writing; what people wish is in ``control``.

Modes. *Plain*: every move is a success of a lone job without keys, under a lease that holds, that makes no event
known; a few statements write the batch. *Full*: everything else; ``Settlement`` does it.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from holdfast.model.instant import Instant
from holdfast.model.job import JobState, Transition, check_move
from holdfast.model.outcome import ErrorInfo
from holdfast.model.retry import Reason
from holdfast.ports import Finished, Handover, Taker
from holdfast.stores.codec import encode_or_null
from holdfast.stores.event_batches import SUCCEEDED, batch_rows
from holdfast.stores.settling import LiveJob, holds
from holdfast.stores.sqlite.bulk import id_list, write_columns
from holdfast.stores.sqlite.insert import write_events
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.settlement import Move, Settlement, freed, lock_live
from holdfast.stores.sqlite.sql import finish as sql


def finish(
    db: sqlite3.Connection,
    rules: Rules,
    worker_id: str | None,
    batch: Sequence[Transition],
    now: Instant,
    handover: Handover | None = None,
) -> Finished:
    """Applies the moves whose leases hold; ``worker_id`` None lets anybody's job be moved (rescue)."""
    live = lock_live(db, [move.job_id for move in batch])
    if worker_id is not None and _is_plain(live, batch, worker_id):
        return _succeed(db, list(live.values()), batch, worker_id, now)
    held = {move.job_id: move for move in reversed(batch) if holds(live.get(move.job_id), move, worker_id)}
    taker = None if worker_id is None or handover is None else Taker(worker_id, handover)
    moves = [(live[move.job_id], move) for move in reversed(held.values())]
    done = _apply(db, rules, moves, now, taker, reported=worker_id is not None)
    late = [move for move in batch if held.get(move.job_id) is not move]
    applied = {move.job_id for move in late if _applied_before(db, live.get(move.job_id), move, worker_id)}
    return replace(done, late=frozenset(move.job_id for move in late) - applied)


def _is_plain(live: Mapping[str, LiveJob], batch: Sequence[Transition], worker_id: str) -> bool:
    """Whether the batch can be written in the plain mode. The live rows then stand in the order of the batch."""
    return 0 < len(batch) == len(live) and all(
        move.to is JobState.SUCCEEDED
        and job.lease == move.lease
        and job.id == move.job_id
        and job.state == "RUNNING"
        and job.worker == worker_id
        and job.run_id is None
        and job.unique_key is None
        and job.concurrency_key is None
        and not move.emits
        for job, move in zip(live.values(), batch, strict=True)
    )


def _succeed(
    db: sqlite3.Connection, live: Sequence[LiveJob], batch: Sequence[Transition], worker: str, now: Instant
) -> Finished:
    jobs: dict[str, Sequence[Any]] = dict(zip(LiveJob._fields, zip(*live, strict=True), strict=True))
    ids, nothing, at = jobs["id"], (None,) * len(live), [move.at for move in batch]
    results = [encode_or_null(move.result) for move in batch]
    db.execute(sql.DROP_LIVE, (id_list(ids),))
    ended = (jobs["attempt"], jobs["base_attempt"], jobs["lease"], jobs["started_at"], at, jobs["worker"])
    write_columns(db, sql.END_JOBS, (ids, (JobState.SUCCEEDED.value,) * len(live), results, nothing, *ended))
    entries = zip(ids, jobs["kind"], jobs["queue"], jobs["lease"], jobs["attempt"], at, strict=True)
    write_events(db, batch_rows(SUCCEEDED, now, worker, jobs["tenant"], entries))
    return Finished(frozenset(), frozenset(freed(db, set(jobs["queue"]), set(jobs["tenant"]))))


def _applied_before(db: sqlite3.Connection, live: LiveJob | None, move: Transition, worker_id: str | None) -> bool:
    """Whether the job's record shows that an earlier call, whose answer was lost, made this very move."""
    if live is not None:
        return live.lease == move.lease and live.state == move.to
    row = db.execute(sql.ENDED_BY, (move.job_id,)).fetchone()
    return row is not None and (row["lease"], row["worker_id"], row["state"]) == (move.lease, worker_id, move.to)


def _apply(
    db: sqlite3.Connection,
    rules: Rules,
    moves: Sequence[Move],
    now: Instant,
    taker: Taker | None = None,
    *,
    reported: bool = False,
) -> Finished:
    settlement = Settlement(db, rules, now, taker)
    settlement.lock(live.run_id for live, _ in moves if live.run_id is not None)
    for live, move in moves:
        settlement.move(live, move, reported=reported)
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
