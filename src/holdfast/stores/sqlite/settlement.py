"""Writing what became of live jobs, and of their runs: the one path for finish, rescue, cancel and deadlines.

A ``Settlement`` lives inside one write transaction. ``lock`` runs first, then feed it moves (whose leases the caller
has checked) and run events; ``write`` puts everything down in a few statements, whatever the size:

1. each run's ends go through ``advance`` one after the other (``stores.planning``);
2. nodes that the plans stop end CANCELLED, also when the same batch said otherwise: the first commit's order wins;
3. live rows, fat rows, keys, events, nodes, new jobs and runs are written; some of these jobs are handed over to the
   worker that finishes (``handover``);
4. concurrency keys whose work ended or parked are asked who comes next;
5. what parked nodes wait for is written (``parking``), children are told what became of their parent and parents of
   their children (``stores.families``);
6. nodes for which a signal was kept end by it, in a settlement that follows in the same transaction.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.job import ENDED, ClaimedJob, JobState, NewJob, Transition
from holdfast.model.run import RunEvent
from holdfast.model.wait import Signal
from holdfast.ports import Finished, Taker
from holdfast.stores.apart import together
from holdfast.stores.codec import encode
from holdfast.stores.counting import counts_of
from holdfast.stores.event_batches import SUCCEEDED, Entry, batch_row
from holdfast.stores.families import CANCEL, PAUSE, RESUME, end_mail
from holdfast.stores.handing import contexts, kept
from holdfast.stores.history import EventRow
from holdfast.stores.planning import RunFold
from holdfast.stores.rows import errors_of, outputs_of
from holdfast.stores.run_rows import active_row, decided_row, run_row
from holdfast.stores.settling import (
    UNHAPPY,
    LiveJob,
    amended,
    change_row,
    emitted_rows,
    ended_row,
    parked_row,
    resumed,
    settled,
    stop,
    waiting_row,
)
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.folds import Locked, load_runs
from holdfast.stores.sqlite.gates import admit, gate_of, key_of, parked_at
from holdfast.stores.sqlite.insert import write_and_hand, write_events
from holdfast.stores.sqlite.parking import drop_waits, take_kept, write_parked
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.sql import children as children_sql
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

    def __init__(self, db: sqlite3.Connection, rules: Rules, now: Instant, taker: Taker | None = None) -> None:
        self._taker = taker
        self._handed: list[ClaimedJob] = []
        self._db = db
        self._rules = rules
        self._now = now
        self._runs: dict[str, Locked] = {}
        self._moves: dict[str, Move] = {}
        # What a worker itself reported, which it counts.
        self._reported: dict[str, JobState] = {}

    def lock(self, run_ids: Iterable[str]) -> None:
        """Loads the runs that will be moved."""
        ids = set(run_ids) - self._runs.keys()
        if ids:
            self._runs |= load_runs(self._db, self._rules, ids)

    def run(self, run_id: str) -> Locked | None:
        """A locked run; None when there is none."""
        return self._runs.get(run_id)

    def move(self, live: LiveJob, transition: Transition, *, reported: bool = False) -> None:
        """Takes a move decided under the job's present lease; ``reported``: by the worker that holds it.

        Its run must be locked.
        """
        if reported:
            self._reported[live.id] = transition.to
        if live.run_id is None or live.node_id is None:
            self._moves[live.id] = (live, amended(live, transition, run_failing=False))
            return
        fold = self._fold(live.run_id)
        final = amended(live, transition, fold.refusing)
        self._moves[live.id] = (live, final)
        if final.to in ENDED:
            self._feed(fold, settled(live.node_id, final))

    def tell(self, run_id: str, event: RunEvent) -> None:
        """Takes an event of a locked run that isn't a job's end."""
        self._feed(self._fold(run_id), event)

    def write(self) -> Finished:
        """Writes everything; answers queues with new ready work and running jobs that were stopped."""
        folds = [locked.fold for locked in self._runs.values()]
        for fold in folds:
            self._drain(fold)
        stopped = [running for fold in folds for running in self._stop(fold)]
        queues = self._write_moves(list(self._moves.values()))
        queues |= self._write_folds(folds)
        queues |= {queue for fold in folds for queue in self._hold(fold)}
        parked = [move for move in self._moves.values() if move[1].parked is not None]
        write_parked(self._db, parked)
        mail = self._tell_families(folds) or any(move.parked and move.parked.spawn for _, move in parked)
        over = any(fold.ended and fold.view.body is None for fold in folds)
        freed = over and self._freed()
        counts = counts_of(self._moves.values(), self._reported, folds)
        done = Finished(
            frozenset(), frozenset(queues), tuple(stopped), mail=bool(mail), freed=freed, over=over, counts=counts
        )
        if self._handed:
            known = {fold.view.id: fold for fold in folds}
            done = replace(done, claimed=tuple(self._handed), contexts=contexts(self._handed, known))
        signals = take_kept(self._db, self._acting(folds, parked))
        return kept(together(done, resume(self._db, self._rules, signals, self._now))) if signals else done

    # -- runs --------------------------------------------------------------------------------------------------------

    def _fold(self, run_id: str) -> RunFold:
        if run_id not in self._runs:
            raise NotFound(f"no run {run_id}")
        return self._runs[run_id].fold

    def _feed(self, fold: RunFold, event: RunEvent) -> None:
        fold.feed(event)
        self.proceed(fold)

    def proceed(self, fold: RunFold) -> None:
        """Lets the run take what it was fed."""
        while needed := fold.proceed(self._now):
            rows = self._db.execute(runs_sql.NODE_VALUES, (fold.view.id, id_list(needed))).fetchall()
            # A node without a row has neither output nor error: it is loaded all the same.
            nothing = dict.fromkeys(needed)
            fold.supply({**nothing, **outputs_of(rows)}, {**nothing, **errors_of(rows)})

    def _drain(self, fold: RunFold) -> None:
        """A run that began to fail ends what isn't running; what this batch parks isn't running any more."""
        if not fold.began_to_fail:
            return
        rows = self._db.execute(runs_sql.ACTIVE_JOBS, (fold.view.id,))
        states = {row["node_id"]: JobState.RUNNING for row in rows if row["state"] == JobState.RUNNING}
        for live, move in self._moves.values():
            if live.run_id == fold.view.id and live.node_id is not None:
                states[live.node_id] = move.to
        if fold.parked(states):
            self.proceed(fold)

    def _stop(self, fold: RunFold) -> list[tuple[str, int]]:
        """Adds a move for each stopped node's job; answers those that are running elsewhere."""
        if not fold.stops:
            return []
        before = fold.before.nodes
        jobs = {node.job_id: reason for name, reason in fold.stops.items() if (node := before.get(name))}
        running: list[tuple[str, int]] = []
        for live in lock_live(self._db, [job for job in jobs if job is not None]).values():
            if live.state == JobState.RUNNING and live.id not in self._moves:
                running.append((live.id, live.lease))
            self._moves[live.id] = (live, stop(live, jobs[live.id], self._now))
        return running

    def _write_folds(self, folds: Sequence[RunFold]) -> set[str]:
        jobs: list[NewJob] = []
        nodes: list[tuple[object, ...]] = []
        facts: list[EventRow] = []
        moved: dict[str, dict[str, LiveJob]] = {}
        for live, move in self._moves.values():
            if move.to in ENDED and live.run_id is not None and live.node_id is not None:
                moved.setdefault(live.run_id, {})[live.node_id] = live
        for fold in folds:
            run_id = fold.view.id
            ended = moved.get(run_id, {})
            new = [self._job_of(fold, node) for node in fold.starts]
            jobs.extend(new)
            nodes.extend(active_row(job) for job in new)
            decisions = fold.decisions.values()
            nodes.extend(decided_row(run_id, one, ended.get(one.node_id), self._now) for one in decisions)
            facts.extend(fold.fact_rows(self._now))
        write_rows(self._db, runs_sql.SAVE_RUNS, [run_row(fold, self._now) for fold in folds if fold.changed])
        write_rows(self._db, runs_sql.SAVE_NODES, nodes)
        write_events(self._db, facts)
        versions = {fold.view.id: fold.view.version_id for fold in folds}
        self._handed = write_and_hand(self._db, jobs, self._taker, self._now, versions)
        left = {job.id for job in jobs} - {job.id for job in self._handed}
        return {job.queue for job in jobs if job.id in left and job.state is JobState.PENDING and not job.paused}

    def _job_of(self, fold: RunFold, node_id: str) -> NewJob:
        return fold.graph.job_of(fold.view, node_id, self._now, lambda: self._rules.new_id(self._now))

    def _hold(self, fold: RunFold) -> set[str]:
        """Keeps a paused run's jobs from being claimed, or lets them go; the queues where they can be claimed now."""
        if fold.was_paused:
            self._db.execute(runs_sql.HOLD, (fold.view.id,))
        elif fold.was_resumed:
            return {row[0] for row in self._db.execute(runs_sql.LET_GO, (fold.view.id, self._now)).fetchall()}
        return set()

    def _acting(self, folds: Sequence[RunFold], parked: Sequence[Move]) -> list[str]:
        """The parked jobs which a kept signal may end now."""
        paused = {fold.view.id for fold in folds if fold.paused}
        jobs = [
            live.id
            for live, move in parked
            if move.to is JobState.WAITING and move.parked and move.parked.wait and live.run_id not in paused
        ]
        for fold in folds:
            if fold.was_resumed:
                jobs += [row[0] for row in self._db.execute(children_sql.WAITS_OF, (fold.view.id,))]
        return jobs

    # -- children and parents ----------------------------------------------------------------------------------------

    def _tell_families(self, folds: Sequence[RunFold]) -> bool:
        """Tells children what became of their node, and parents of their child; whether any mail was sent or waits."""
        sent = 0
        for fold in folds:
            for node_id in fold.forsaken:
                family = fold.families[node_id]
                sent += 0 if family.detached else self._tell_live(fold, node_id, CANCEL)
                self._db.execute(children_sql.SKIP_NEW, (fold.view.id, node_id))
                fold.families[node_id] = replace(family, new=0)
            sent += self._tell_bodies(fold)
        write_rows(self._db, children_sql.SAVE_FAMILIES, _families(folds))
        ends = [mail for fold in folds if (mail := end_mail(fold)) is not None]
        write_rows(self._db, children_sql.SEND, ends)
        return bool(sent or ends) or any(self._has_mail(fold) for fold in folds if fold.was_resumed)

    def _tell_bodies(self, fold: RunFold) -> int:
        """Bodies are paused and resumed with their run."""
        if not (fold.was_paused or fold.was_resumed):
            return 0
        kind = PAUSE if fold.was_paused else RESUME
        bodies = [node_id for node_id, family in fold.families.items() if family.live and family.workflow is None]
        return sum(self._tell_live(fold, node_id, kind) for node_id in bodies)

    def _tell_live(self, fold: RunFold, node_id: str, kind: str) -> int:
        return self._db.execute(children_sql.TELL_LIVE, (fold.view.id, node_id, kind)).rowcount

    def _has_mail(self, fold: RunFold) -> bool:
        return bool(self._db.execute(children_sql.HAS_MAIL, (fold.view.id,)).fetchone()[0])

    def _freed(self) -> bool:
        """Whether a run ended for whose place another one waits."""
        ended = {run.workflow_id for run in self._runs.values() if run.fold.ended and run.fold.view.body is None}
        return bool(ended) and bool(self._db.execute(runs_sql.ANY_QUEUED, (id_list(ended),)).fetchone()[0])

    # -- jobs --------------------------------------------------------------------------------------------------------

    def _write_moves(self, moves: Sequence[Move]) -> set[str]:
        ends = [(live, move) for live, move in moves if move.to in ENDED]
        parks = [(live, move) for live, move in moves if move.to not in ENDED]
        if ends:
            self._write_ends(ends)
        write_rows(self._db, sql.PARK_LIVE, [self._parked(live, move) for live, move in parks])
        write_events(self._db, told(moves, self._now))
        write_rows(self._db, sql.ADD_SUBJECT_EVENTS, [row for live, move in ends for row in emitted_rows(live, move)])
        let_through = admit(self._db, {key for live, _ in moves if (key := key_of(live))}, self._now)
        ready = {live.queue for live, move in parks if move.to is JobState.PENDING}
        left = [live for live, _ in moves if live.state == JobState.RUNNING]
        return ready | let_through | freed(self._db, {live.queue for live in left}, {live.tenant for live in left})

    def _parked(self, live: LiveJob, move: Transition) -> tuple[object, ...]:
        key = key_of(live)
        gate = (False, False) if key is None else parked_at(gate_of(self._db, key), move)
        held = live.run_id is not None and self._fold(live.run_id).paused
        return (*parked_row(live, move, held), *gate)

    def _write_ends(self, ends: Sequence[Move]) -> None:
        self._db.execute(sql.DROP_LIVE, (id_list([live.id for live, _ in ends]),))
        write_rows(self._db, sql.END_JOBS, [_fat_row(live, move) for live, move in ends])
        unhappy = [(live.tenant, move.to.value, live.id) for live, move in ends if move.to in UNHAPPY]
        write_rows(self._db, sql.ADD_UNHAPPY, unhappy)
        drop_waits(self._db, [live.id for live, _ in ends if live.state == JobState.WAITING])
        for live, _ in ends:
            if live.unique_key is not None:
                self._db.execute(insert_sql.FREE_KEY, (live.tenant, live.unique_key, live.id, self._now))


def resume(db: sqlite3.Connection, rules: Rules, ends: Sequence[tuple[str, Signal]], now: Instant) -> Finished:
    """Ends parked jobs by what they waited for."""
    settlement = Settlement(db, rules, now)
    live = lock_live(db, [job_id for job_id, _ in ends])
    settlement.lock(job.run_id for job in live.values() if job.run_id is not None)
    for job_id, signal in ends:
        if job_id in live:
            settlement.move(live[job_id], resumed(live[job_id], now, port=signal.port, output=signal.output))
    return settlement.write()


def _families(folds: Sequence[RunFold]) -> list[tuple[str, str, str]]:
    """The families that changed, for ``SAVE_FAMILIES``."""
    return [
        (fold.view.id, node_id, encode(fold.families[node_id])) for fold in folds for node_id in fold.changed_families
    ]


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
            waiting = waiting_row(live, move) if live.run_id is not None else None
            rows += [] if waiting is None else [waiting]
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
