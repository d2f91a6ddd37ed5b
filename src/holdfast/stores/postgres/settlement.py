"""What one transaction does to live jobs and to the runs they belong to: the one path for finish, rescue, cancel,
deadlines and a run's own ends.

Order: ``lock`` (runs, then live rows, both in id order), feed moves whose leases hold and events of runs, ``write``.
Ends are told to the runs first; then moves that would go on are amended by what the runs have come to; then what isn't
running in a run that began to fail is ended; then everything is written, most of it by one statement (``writes``), and
work goes through the gates of the keys that were touched. New jobs may be handed over to the worker that finishes.
Parents and children are told by mail (``kin``). What waits now and has
a kept signal is ended in a second settlement of the same transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.job import ENDED, ClaimedJob, JobState, NewJob, Transition
from holdfast.model.json import JSONObject
from holdfast.model.run import RunEvent, RunState
from holdfast.ports import Finished, Taker
from holdfast.stores.apart import NOTHING, together
from holdfast.stores.codec import decode, decode_family, encode_error, encode_or_null
from holdfast.stores.counting import counts_of
from holdfast.stores.families import end_mail
from holdfast.stores.handing import claimed, contexts, kept
from holdfast.stores.history import EventRow
from holdfast.stores.planning import Parent, RunFold, needed_by
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.gates import Gate, Key, admit, key_of, lock_gates, parked_at
from holdfast.stores.postgres.kin import hold, jobs_of, tell_kin
from holdfast.stores.postgres.parking import write_spawns, write_waits
from holdfast.stores.postgres.part import Rules, columns, run
from holdfast.stores.postgres.sql import finish as sql
from holdfast.stores.postgres.sql import runs as runs_sql
from holdfast.stores.postgres.sql import waits as waits_sql
from holdfast.stores.postgres.surroundings import looks_around, surroundings
from holdfast.stores.postgres.writes import Seen, Writes, Written, write, write_agreed
from holdfast.stores.rows import errors_of, outputs_of, run_view
from holdfast.stores.run_rows import decided_row, run_row
from holdfast.stores.settling import (
    LIVE_COLUMNS,
    LiveJob,
    SubjectRow,
    amended,
    change_row,
    emitted_rows,
    parked_row,
    resumed,
    settled,
    stop,
    waiting_row,
)

LOCK_LIVE = sql.LOCK_LIVE.format(columns=LIVE_COLUMNS)
# The job's columns come first, under names that no column of the run has.
_NAMED = ", ".join(f"job.{column} AS job_{column}" for column in LIVE_COLUMNS.split(", "))
LOCK_STEP = sql.LOCK_STEP.format(columns=LIVE_COLUMNS, named=_NAMED)
READ_STEP = sql.READ_STEP.format(named=_NAMED, nodes=runs_sql.NODES_OF.format(which="= $1"))
# Where READ_STEP has the columns of NODES.
_NODE_COLUMNS = {
    "nodes": "nodes",
    "state": "node_state",
    "ports": "node_ports",
    "job_id": "node_job",
    "family": "node_family",
}
_GOING_WELL = frozenset({RunState.RUNNING, RunState.SUCCEEDED})
EVENT_COLUMNS = 7
# A row of NODES.
NodeRow = Row | dict[str, Any]
Move = tuple[LiveJob, Transition]


class Settlement:
    def __init__(self, connection: Connection, rules: Rules, now: Instant, taker: Taker | None = None) -> None:
        self._taker = taker
        self._handed: list[ClaimedJob] = []
        self._connection = connection
        self._rules = rules
        self._now = now
        self._folds: dict[str, RunFold] = {}
        # The locked runs as they were read.
        self.rows: dict[str, Row] = {}
        self._moves: dict[str, Move] = {}
        # What a worker itself reported, which it counts.
        self._reported: dict[str, JobState] = {}
        # Queues in which something may go on because a limit counts less now.
        self._freed: set[str] = set()
        # Keys of gated jobs that were locked: nobody lets these through meanwhile.
        self._passed: set[Key] = set()

    async def lock_runs(self, run_ids: Iterable[str], *, free: bool = False) -> dict[str, RunFold]:
        """Locks the runs and loads them with their nodes. Those that don't exist are left out, and with ``free`` those
        that somebody else has locked."""
        ids = sorted(set(run_ids))
        if ids:
            await self._load(await self._connection.fetch(runs_sql.LOCK_FREE_RUNS if free else runs_sql.LOCK_RUNS, ids))
        return self._folds

    async def _load(self, runs: Sequence[Row]) -> None:
        """The folds of these locked runs."""
        if runs:
            await self._keep(runs, _grouped(await self._connection.fetch(runs_sql.NODES, [row["id"] for row in runs])))

    async def _keep(self, runs: Sequence[Row], nodes: Mapping[str, Sequence[NodeRow]]) -> None:
        graphs = await self._rules.versions.graphs(self._connection, (row["version_id"] for row in runs))
        bodies = {body: graphs[body[0]].of_body(body[1]) for body in {(row["version_id"], row["body"]) for row in runs}}
        looking = {body for body, graph in bodies.items() if looks_around(graph)}
        around = await surroundings(
            self._connection.fetch, [row for row in runs if (row["version_id"], row["body"]) in looking]
        )
        for row in runs:
            run_id, graph = row["id"], bodies[row["version_id"], row["body"]]
            self.rows[run_id] = row
            self._folds[run_id] = _fold(row, nodes.get(run_id, []), graph, around.get(run_id))

    async def lock_step(self, run_id: str, job_id: str) -> dict[str, LiveJob]:
        """``lock_runs`` and ``lock_jobs`` of a run and one of its jobs."""
        (row,) = await self._connection.fetch(LOCK_STEP, run_id, job_id)
        await self._load([row] if row["id"] is not None else [])
        return self._locked([row[: len(LiveJob._fields)]] if row["job_job_id"] is not None else [])

    async def read_step(self, run_id: str, job_id: str) -> LiveJob | None:
        """``lock_step`` without a lock, for ``write_agreed``: the job, if it is all that goes on in the run. None of a
        run of a body: most of these are short, and have their parent to tell when they end."""
        rows = await self._connection.fetch(READ_STEP, run_id, job_id)
        if not any(row["node_job"] == job_id for row in rows):
            return None
        first = rows[0]
        if first["id"] is None or first["job_job_id"] is None or first["body"] is not None:
            return None
        nodes = [{name: row[column] for name, column in _NODE_COLUMNS.items()} for row in rows]
        await self._keep(rows[:1], {run_id: nodes})
        return LiveJob(*first[: len(LiveJob._fields)])

    async def lock_jobs(self, job_ids: Iterable[str]) -> dict[str, LiveJob]:
        """Locks live rows in id order; their runs must be locked before."""
        ids = sorted(set(job_ids))
        return self._locked(await self._connection.fetch(LOCK_LIVE, ids) if ids else [])

    def _locked(self, rows: Iterable[Iterable[Any]]) -> dict[str, LiveJob]:
        jobs = [LiveJob(*row) for row in rows]
        self._passed.update(key for job in jobs if job.gated and (key := key_of(job)) is not None)
        return {job.id: job for job in jobs}

    def move(self, live: LiveJob, transition: Transition, *, reported: bool = False) -> None:
        """Takes a move decided under the job's present lease; ``reported``: by the worker that holds it."""
        self._moves[live.id] = (live, transition)
        if reported:
            self._reported[live.id] = transition.to

    def tell(self, run_id: str, event: RunEvent) -> None:
        """Takes an event of a locked run that isn't a job's end."""
        self._folds[run_id].feed(event)

    def fold(self, run_id: str) -> RunFold | None:
        return self._folds.get(run_id)

    async def write(self) -> Finished:
        """Writes everything; answers queues with new ready work and running jobs that were stopped."""
        self._feed([move for move in self._moves.values() if move[1].to in ENDED])
        await self.proceed()
        await self._amend()
        await self._drain()
        stopped = await self._stop()
        await self._lock_held()
        awaited, spawned, jobs = await self._write_moves()
        told = await tell_kin(self._connection, self._folds.values())
        ready = {
            live.queue for live, move in self._moves.values() if move.to is JobState.PENDING and not self._held(live)
        }
        ready |= {job.queue for job in jobs if job.state is JobState.PENDING and not job.paused}
        ready |= await hold(self._connection, self._folds.values(), self._now)
        ready |= await admit(self._connection, self._keys(), self._now)
        ready |= self._freed
        resuming = {run_id for run_id, fold in self._folds.items() if fold.was_resumed}
        done = self._finished(ready, stopped, mail=told or spawned or bool(resuming))
        return kept(together(done, await self._act_on_kept(awaited | resuming)))

    async def write_agreed(self, worker_id: str) -> Finished | None:
        """``write`` after ``read_step``, in one statement that begins with looking whether what was read still holds.
        None, and nothing is written, if it doesn't, or where more is to be written than that statement can.

        The decision holds as long as the run's row and the job do. What else it read are nodes: only the job's was
        ACTIVE, and the others were decided, which is for good. To start one takes the end of this job, or an event
        of the run; the first takes the job away, and the second changes the row (``RunFold.changed``).
        """
        ends = list(self._moves.values())
        self._feed(ends)
        await self.proceed()
        writes = self._writes(ends)
        if not writes.successes or not all(_is_plain(live, self._folds[live.run_id or ""]) for live, _ in ends):
            return None
        ((run_id, row),) = self.rows.items()
        written = await write_agreed(
            self._connection, writes, self._taker, self._now, Seen(run_id, row["seen"], worker_id)
        )
        if written is None:
            return None
        waiting = self._take(writes, written)
        return self._finished({job.queue for job in waiting if job.state is JobState.PENDING} | self._freed)

    def _finished(self, queues: Iterable[str], stopped: Iterable[tuple[str, int]] = (), mail: bool = False) -> Finished:
        freed = any(fold.ended and self.rows[run_id]["limit_count"] is not None for run_id, fold in self._folds.items())
        over = any(fold.ended and fold.view.body is None for fold in self._folds.values())
        counts = counts_of(self._moves.values(), self._reported, self._folds.values())
        done = Finished(
            frozenset(), frozenset(queues), tuple(stopped), mail=mail, freed=freed, over=over, counts=counts
        )
        if not self._handed:
            return done
        return replace(done, claimed=tuple(self._handed), contexts=contexts(self._handed, self._folds))

    # -- deciding ----------------------------------------------------------------------------------------------------

    def _feed(self, ends: Iterable[Move]) -> None:
        for live, move in ends:
            fold = self._folds.get(live.run_id or "")
            if fold is not None and live.node_id is not None:
                fold.feed(settled(live.node_id, move))

    async def proceed(self) -> None:
        """Lets the runs advance; what they need to read is loaded for all of them at once."""
        while missing := needed_by(self._folds.values(), self._now):
            wanted = [(run_id, node) for run_id, nodes in missing.items() for node in sorted(nodes)]
            loaded = _grouped(await self._connection.fetch(runs_sql.NODE_VALUES, *columns(wanted, 2)))
            for run_id, nodes in missing.items():
                # A node without a row has neither output nor error: it counts as loaded all the same.
                nothing = dict.fromkeys(nodes)
                rows = loaded.get(run_id, [])
                self._folds[run_id].supply({**nothing, **outputs_of(rows)}, {**nothing, **errors_of(rows)})

    async def _amend(self) -> None:
        """A move that would go on ends its job instead when it was cancelled or its run is failing or has ended."""
        turned: list[Move] = []
        for live, move in list(self._moves.values()):
            if move.to not in ENDED:
                fold = self._folds.get(live.run_id or "")
                final = amended(live, move, fold is not None and fold.refusing)
                if final is not move:
                    turned.append((live, final))
                    self._moves[live.id] = (live, final)
        self._feed(turned)
        await self.proceed()

    async def _drain(self) -> None:
        """A run that began to fail in this transaction ends what isn't running; what is parked here isn't either."""
        failing = {run_id: fold for run_id, fold in self._folds.items() if fold.began_to_fail}
        ids = [node.job_id for fold in failing.values() for node in fold.view.nodes.values() if node.job_id]
        live = await self.lock_jobs(ids) if ids else {}
        for run_id, fold in failing.items():
            fold.parked(
                {
                    job.node_id: self._moves[job.id][1].to if job.id in self._moves else job.state_at(self._now)
                    for job in live.values()
                    if job.run_id == run_id and job.node_id is not None
                }
            )
        await self.proceed()

    async def _stop(self) -> list[tuple[str, int]]:
        """Adds a move for each stopped node's job; answers those that are running elsewhere."""
        reasons = {
            node.job_id: reason
            for fold in self._folds.values()
            for name, reason in fold.stops.items()
            if (node := fold.before.nodes.get(name)) is not None and node.job_id is not None
        }
        running: list[tuple[str, int]] = []
        for live in (await self.lock_jobs(reasons)).values():
            if live.state == JobState.RUNNING and live.id not in self._moves:
                running.append((live.id, live.lease))
            self._moves[live.id] = (live, stop(live, reasons[live.id], self._now))
        return running

    # -- writing -----------------------------------------------------------------------------------------------------

    async def _lock_held(self) -> None:
        """What a pause or a resume changes in ``live``; jobs of other runs stay claimable meanwhile."""
        changed = [fold for fold in self._folds.values() if fold.was_paused or fold.was_resumed]
        await self.lock_jobs(job_id for fold in changed for job_id in jobs_of(fold))

    async def _write_moves(self) -> tuple[set[str], bool, list[NewJob]]:
        """In the order in which the events should be read: what became of jobs that end, then of their runs, and what
        goes on. Answers runs in which something waits for a signal now, whether a node asked for children, and the new
        jobs that weren't handed over."""
        moves = sorted(self._moves.values(), key=lambda move: move[0].id)
        ends = [(live, move) for live, move in moves if move.to in ENDED]
        parks = [(live, move) for live, move in moves if move.to not in ENDED]
        # What goes on may be due at once: a claim would have that to think of.
        jobs = await self._settle(ends, None if parks else self._taker)
        await self._park(parks)
        awaited = await write_waits(self._connection, parks)
        awaited -= {run_id for run_id in awaited if self._folds[run_id].paused}
        return awaited, await write_spawns(self._connection, parks, self.rows), jobs

    async def _settle(self, ends: Sequence[Move], taker: Taker | None) -> list[NewJob]:
        """Writes the ends and what the runs have come to; answers the new jobs that weren't handed over."""
        writes = self._writes(ends)
        jobs = self._take(writes, await write(self._connection, writes, taker, self._now))
        if parked := [live.id for live, _ in ends if live.state == JobState.WAITING]:
            await self._connection.fetch(waits_sql.DROP_WAITS, parked)
        return jobs

    def _take(self, writes: Writes, written: Written) -> list[NewJob]:
        """What a statement wrote; answers the new jobs that weren't handed over."""
        self._freed |= written.freed
        versions = {run_id: fold.view.version_id for run_id, fold in self._folds.items()}
        for job in writes.steps:
            if job.id in written.handed:
                self._handed.append(claimed(job, versions[job.run_id or ""], self._now))
        return [job for job in writes.steps if job.id not in written.handed]

    def _writes(self, ends: Sequence[Move]) -> Writes:
        steps: list[NewJob] = []
        nodes: list[tuple[Any, ...]] = []
        told: list[SubjectRow] = [row for live, move in ends for row in emitted_rows(live, move)]
        ended = {(live.run_id, live.node_id): live for live, _ in ends}
        for run_id, fold in self._folds.items():
            steps += [self._job_of(fold, node) for node in fold.starts]
            for decision in fold.decisions.values():
                nodes.append(decided_row(run_id, decision, ended.get((run_id, decision.node_id)), self._now))
            told += [(*fact, None) for fact in fold.fact_rows(self._now)]
        changed = [run_row(fold, self._now) for fold in self._folds.values() if fold.changed]
        rows = [end_row(move, live.state_at(self._now)) for live, move in ends]
        return Writes(rows, nodes, changed, told, steps, all(_succeeds(*end) for end in ends))

    def _parked(self, live: LiveJob, move: Transition, gates: Mapping[Key, Gate]) -> tuple[Any, ...]:
        """For ``PARK_JOBS``."""
        key = key_of(live)
        return (
            *parked_row(live, move, self._held(live)),
            *((False, False) if key is None else parked_at(gates[key], move)),
        )

    def _held(self, live: LiveJob) -> bool:
        """Whether the job's run is paused, so that nobody may claim it."""
        fold = self._folds.get(live.run_id or "")
        return fold is not None and fold.paused

    async def _act_on_kept(self, run_ids: Iterable[str]) -> Finished:
        """Ends what waits in these runs and has a kept signal, the oldest first."""
        ids = sorted(set(run_ids))
        found = await self._connection.fetch(waits_sql.KEPT, ids) if ids else []
        taken: dict[str, Row] = {}
        used: set[int] = set()
        for row in found:
            if row["seq"] not in used and row["job_id"] not in taken:
                used.add(row["seq"])
                taken[row["job_id"]] = row
        if not taken:
            return NOTHING
        await self._connection.fetch(waits_sql.DROP_SIGNALS, sorted(used))
        after = Settlement(self._connection, self._rules, self._now)
        await after.lock_runs({row["run_id"] for row in taken.values()})
        for live in (await after.lock_jobs(taken)).values():
            row = taken[live.id]
            after.move(live, resumed(live, self._now, port=row["port"], output=decode(row["output"])))
        return await after.write()

    def _keys(self) -> set[Key]:
        return self._passed.union(key for live, _ in self._moves.values() if (key := key_of(live)) is not None)

    async def _park(self, parks: Sequence[Move]) -> None:
        gates = await lock_gates(self._connection, keys) if (keys := self._keys()) else {}
        if not parks:
            return
        await run(self._connection, sql.PARK_JOBS, [self._parked(live, move, gates) for live, move in parks], 8)
        told = [row for live, move in parks for row in (change_row(live, move), waiting_row(live, move))]
        await add_events(self._connection, [row for row in told if row is not None])
        queues, tenants = {live.queue for live, _ in parks}, {live.tenant for live, _ in parks}
        freed = await self._connection.fetch(sql.FREED, list(queues), list(tenants))
        self._freed.update(row["name"] for row in freed)

    def _job_of(self, fold: RunFold, node_id: str) -> NewJob:
        return fold.graph.job_of(fold.view, node_id, self._now, lambda: self._rules.new_id(self._now))


def _fold(row: Row, nodes: Iterable[NodeRow], graph: Graph, around: JSONObject | None) -> RunFold:
    parent = None if row["parent_id"] is None else Parent(row["parent_id"], row["parent_node"], row["parent_index"])
    families = {node["nodes"][0]: family for node in nodes if (family := decode_family(node["family"])) is not None}
    return RunFold(run_view(row, nodes, around), graph, parent, families)


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["run_id"], []).append(row)
    return groups


def _succeeds(live: LiveJob, move: Transition) -> bool:
    """For ``SETTLE_SUCCESSES``."""
    return move.to is JobState.SUCCEEDED and live.run_id is not None and live.unique_key is None


def _is_plain(live: LiveJob, fold: RunFold) -> bool:
    """Whether the end of this job means nothing to gates, to other jobs of its run and to the runs around it."""
    return (
        key_of(live) is None
        and fold.before.state is RunState.RUNNING
        and fold.view.state in _GOING_WELL
        and all(view.failure is None and view.ending is None for view in (fold.before, fold.view))
        and not fold.stops
        and not fold.forsaken
        and end_mail(fold) is None
    )


def end_row(move: Transition, before: str) -> tuple[Any, ...]:
    """For ``SETTLE``."""
    return (
        move.job_id,
        move.lease,
        before,
        move.to.value,
        move.reason.value,
        move.event,
        encode_or_null(move.result),
        encode_error(move.error),
        move.at,
    )


async def add_events(connection: Connection, events: Sequence[EventRow]) -> None:
    await run(connection, sql.ADD_EVENTS, events, EVENT_COLUMNS)
