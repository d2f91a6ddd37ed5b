"""Writing what became of live jobs, and of their runs: the one path for finish, rescue, cancel and deadlines.

A ``Settlement`` lives inside one write transaction. ``lock`` runs first, then feed it moves (whose leases the caller
has checked) and run events; ``write`` puts everything down in a few statements, whatever the size:

1. each run's ends go through ``advance`` one after the other (``stores.planning``);
2. nodes that the plans stop end CANCELLED, also when the same batch said otherwise: the first commit's order wins;
3. live rows, fat rows, keys, events, nodes, new jobs and runs are written;
4. concurrency keys whose work ended or parked are asked who comes next.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec

from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.job import ENDED, JobState, NewJob, Transition
from holdfast.model.run import RunEvent
from holdfast.ports import Finished
from holdfast.stores.event_batches import SUCCEEDED, Entry, batch_row
from holdfast.stores.history import EventRow
from holdfast.stores.planning import RunFold
from holdfast.stores.rows import errors_of, outputs_of, run_view
from holdfast.stores.run_rows import active_row, decided_row, run_row
from holdfast.stores.settling import (
    UNHAPPY,
    LiveJob,
    amended,
    change_row,
    ended_row,
    parked_row,
    settled,
    stop,
)
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.gates import admit, gate_of, key_of, parked_at
from holdfast.stores.sqlite.insert import write_events, write_jobs
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.sql import finish as sql
from holdfast.stores.sqlite.sql import insert as insert_sql
from holdfast.stores.sqlite.sql import runs as runs_sql

Move = tuple[LiveJob, Transition]


_rows: Final = msgspec.json.Decoder(list[list[Any]])


def lock_live(db: sqlite3.Connection, job_ids: Iterable[str]) -> dict[str, LiveJob]:
    """The live rows of these jobs; the write transaction is their lock."""
    text = db.execute(sql.LOCK_LIVE, (id_list(job_ids),)).fetchone()[0]
    return {row[0]: LiveJob._make(row) for row in _rows.decode(text)}


class Settlement:
    """What one transaction does to live jobs and their runs."""

    def __init__(self, db: sqlite3.Connection, rules: Rules, now: Instant) -> None:
        self._db = db
        self._rules = rules
        self._now = now
        self._folds: dict[str, RunFold] = {}
        self._moves: dict[str, Move] = {}

    def lock(self, run_ids: Iterable[str]) -> None:
        """Loads the runs that will be moved."""
        ids = id_list(set(run_ids) - self._folds.keys())
        if ids == "[]":
            return
        nodes: dict[str, list[sqlite3.Row]] = {}
        for node in self._db.execute(runs_sql.LOCK_NODES, (ids,)):
            nodes.setdefault(node["run_id"], []).append(node)
        for run in self._db.execute(runs_sql.LOCK_RUNS, (ids,)).fetchall():
            graph = self._rules.graph(self._db, run["version_id"])
            self._folds[run["id"]] = RunFold(run_view(run, nodes.get(run["id"], ())), graph)

    def move(self, live: LiveJob, transition: Transition) -> None:
        """Takes a move decided under the job's present lease. Its run must be locked."""
        if live.run_id is None or live.node_id is None:
            self._moves[live.id] = (live, amended(live, transition, run_failing=False))
            return
        fold = self._fold(live.run_id)
        final = amended(live, transition, fold.view.failure is not None)
        self._moves[live.id] = (live, final)
        if final.to in ENDED:
            self._feed(fold, settled(live.node_id, final))

    def tell(self, run_id: str, event: RunEvent) -> None:
        """Takes an event of a locked run that isn't a job's end."""
        self._feed(self._fold(run_id), event)

    def write(self) -> Finished:
        """Writes everything; answers queues with new ready work and running jobs that were stopped."""
        for fold in self._folds.values():
            self._drain(fold)
        stopped = [running for fold in self._folds.values() for running in self._stop(fold)]
        queues = self._write_moves(list(self._moves.values()))
        queues |= self._write_folds()
        return Finished(frozenset(), frozenset(queues), tuple(stopped))

    # -- runs --------------------------------------------------------------------------------------------------------

    def _fold(self, run_id: str) -> RunFold:
        if run_id not in self._folds:
            raise NotFound(f"no run {run_id}")
        return self._folds[run_id]

    def _feed(self, fold: RunFold, event: RunEvent) -> None:
        fold.feed(event)
        self._proceed(fold)

    def _proceed(self, fold: RunFold) -> None:
        while needed := fold.proceed(self._now):
            rows = self._db.execute(runs_sql.NODE_VALUES, (fold.view.id, id_list(needed))).fetchall()
            # A node without a row has neither output nor error: it is loaded all the same.
            nothing = dict.fromkeys(needed)
            fold.supply({**nothing, **outputs_of(rows)}, {**nothing, **errors_of(rows)})

    def _drain(self, fold: RunFold) -> None:
        """A run that began to fail ends what isn't running; what this batch parks isn't running any more."""
        if not fold.failing or fold.before.failure is not None:
            return
        rows = self._db.execute(runs_sql.ACTIVE_JOBS, (fold.view.id,))
        states = {row["node_id"]: JobState(row["state"]) for row in rows}
        for live, move in self._moves.values():
            if live.run_id == fold.view.id and live.node_id is not None:
                states[live.node_id] = move.to
        if fold.parked(states):
            self._proceed(fold)

    def _stop(self, fold: RunFold) -> list[tuple[str, int]]:
        """Adds a move for each stopped node's job; answers those that are running elsewhere."""
        before = fold.before.nodes
        jobs = {node.job_id: reason for name, reason in fold.stops.items() if (node := before.get(name))}
        running: list[tuple[str, int]] = []
        for live in lock_live(self._db, [job for job in jobs if job is not None]).values():
            if live.state == JobState.RUNNING and live.id not in self._moves:
                running.append((live.id, live.lease))
            self._moves[live.id] = (live, stop(live, jobs[live.id], self._now))
        return running

    def _write_folds(self) -> set[str]:
        jobs: list[NewJob] = []
        nodes: list[tuple[object, ...]] = []
        facts: list[EventRow] = []
        moved = {(live.run_id, live.node_id): live for live, move in self._moves.values() if move.to in ENDED}
        for run_id, fold in self._folds.items():
            new = [self._job_of(fold, node) for node in fold.starts]
            jobs.extend(new)
            nodes.extend(active_row(job) for job in new)
            nodes.extend(
                decided_row(run_id, decision, moved.get((run_id, decision.node_id)), self._now)
                for decision in fold.decisions.values()
            )
            ids = {name: live.id for (run, name), live in moved.items() if run == run_id and name is not None}
            facts.extend(fold.fact_rows(ids, self._now))
            if fold.changed:
                self._db.execute(runs_sql.SAVE_RUN, run_row(fold, self._now))
        write_rows(self._db, runs_sql.SAVE_NODES, nodes)
        write_events(self._db, facts)
        write_jobs(self._db, jobs)
        return {job.queue for job in jobs if job.state is JobState.PENDING}

    def _job_of(self, fold: RunFold, node_id: str) -> NewJob:
        return fold.graph.job_of(fold.view, node_id, self._now, lambda: self._rules.new_id(self._now))

    # -- jobs --------------------------------------------------------------------------------------------------------

    def _write_moves(self, moves: Sequence[Move]) -> set[str]:
        ends = [(live, move) for live, move in moves if move.to in ENDED]
        parks = [(live, move) for live, move in moves if move.to not in ENDED]
        if ends:
            self._write_ends(ends)
        write_rows(self._db, sql.PARK_LIVE, [self._parked(live, move) for live, move in parks])
        write_events(self._db, told(moves, self._now))
        let_through = admit(self._db, {key for live, _ in moves if (key := key_of(live))}, self._now)
        ready = {live.queue for live, move in parks if move.to is JobState.PENDING}
        left = [live for live, _ in moves if live.state == JobState.RUNNING]
        return ready | let_through | freed(self._db, {live.queue for live in left}, {live.tenant for live in left})

    def _parked(self, live: LiveJob, move: Transition) -> tuple[object, ...]:
        key = key_of(live)
        gate = (False, False) if key is None else parked_at(gate_of(self._db, key), move)
        return (*parked_row(live, move), *gate)

    def _write_ends(self, ends: Sequence[Move]) -> None:
        self._db.execute(sql.DROP_LIVE, (id_list([live.id for live, _ in ends]),))
        write_rows(self._db, sql.END_JOBS, [_fat_row(live, move) for live, move in ends])
        unhappy = [(live.tenant, move.to.value, live.id) for live, move in ends if move.to in UNHAPPY]
        write_rows(self._db, sql.ADD_UNHAPPY, unhappy)
        for live, _ in ends:
            if live.unique_key is not None:
                self._db.execute(insert_sql.FREE_KEY, (live.tenant, live.unique_key, live.id, self._now))


def told(moves: Iterable[Move], now: Instant) -> list[EventRow]:
    """The events of these moves. A lone job's success is told together with others."""
    rows: list[EventRow] = []
    lone: dict[tuple[str, str], list[Entry]] = {}
    for live, move in moves:
        if move.to is JobState.SUCCEEDED and live.run_id is None:
            entry = (live.id, live.kind, live.queue, live.lease, live.attempt, move.at)
            lone.setdefault((live.tenant, live.worker or ""), []).append(entry)
        else:
            rows.append(change_row(live, move))
    return rows + [batch_row(tenant, SUCCEEDED, now, worker, some) for (tenant, worker), some in lone.items()]


def freed(db: sqlite3.Connection, queues: Collection[str], tenants: Collection[str]) -> set[str]:
    """Queues in which work may start because jobs of these run no longer: the queue, or a tenant, has a limit."""
    if not queues:
        return set()
    names = db.execute(sql.LIMITED, (id_list(queues),)).fetchall()
    return {row[0] for row in [*names, *db.execute(sql.LIMITED_TENANTS, (id_list(tenants),)).fetchall()]}


def _fat_row(live: LiveJob, move: Transition) -> tuple[object, ...]:
    """A node's output is kept with the node only; reading its job joins it."""
    row = ended_row(live, move)
    return row if live.run_id is None else (*row[:2], None, *row[3:])
