"""New runs come in: by themselves, as children of others, or from the queue that waits for a place of their workflow.

A workflow's limit counts runs that have started and not ended. Writers take turns in SQLite, so the counts are exact.
A run that finds no place, or others that wait already, is kept PENDING and without nodes (but for those that it keeps
from the run that it repeats) until ``admit_queued``; or refused; or the oldest runs are cancelled to make its place.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast.model.errors import Conflict
from holdfast.model.instant import Instant
from holdfast.model.run import RunCancelled, RunStarted
from holdfast.ports import Accepted, Finished, Handed, NewRun, Taker
from holdfast.stores.codec import encode
from holdfast.stores.handing import handed
from holdfast.stores.planning import RunFold
from holdfast.stores.run_rows import ALONE, Place, new_facts, new_node_rows, new_run_row
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.firings import write_firings
from holdfast.stores.sqlite.insert import write_and_hand, write_events
from holdfast.stores.sqlite.session import Rules
from holdfast.stores.sqlite.settlement import Settlement
from holdfast.stores.sqlite.sql import runs as sql
from holdfast.stores.sqlite.sql.workflows import KEEP_DRAFT
from holdfast.stores.trigger_rows import FiringRow, firing_row


def start(
    db: sqlite3.Connection,
    rules: Rules,
    batch: Sequence[NewRun],
    now: Instant,
    places: Mapping[str, Place] | None = None,
    queued: set[str] | None = None,
    taker: Taker | None = None,
) -> list[Accepted]:
    """Writes all new runs by a few statements. A run that is there was written by an earlier try of the same call.

    ``queued`` takes the ids of those that wait for a place.
    """
    entry = _Entry(db, rules, now, places or {}, _known(db, batch), taker)
    answers = [entry.accept(new) for new in batch]
    if queued is not None:
        queued |= entry.queued
    entry.write()
    return _with(entry.handed, answers) if entry.handed else answers


def _with(given: Mapping[str, Handed], answers: Sequence[Accepted]) -> list[Accepted]:
    """The answers with what was handed over; a repeat of a run in the same batch is answered without."""
    return [one if one.duplicate or one.conflict else replace(one, handed=given.get(one.id)) for one in answers]


def _known(db: sqlite3.Connection, batch: Sequence[NewRun]) -> set[str]:
    """Ids that are there already. Raises ``Conflict`` when one is another tenant's: no honest caller can cause it."""
    tenants = {new.plan.view.id: new.plan.view.tenant for new in batch}
    rows = db.execute(sql.KNOWN_RUNS, (id_list(tenants),)).fetchall()
    if any(tenants[row["id"]] != row["tenant_id"] for row in rows):
        raise Conflict("a run id is taken")
    return {row["id"] for row in rows}


class _Entry:
    """One batch of runs coming in: those that are new so far, not written yet."""

    def __init__(
        self,
        db: sqlite3.Connection,
        rules: Rules,
        now: Instant,
        places: Mapping[str, Place],
        known: set[str],
        taker: Taker | None,
    ) -> None:
        self._taker = taker
        self.handed: dict[str, Handed] = {}
        self._db = db
        self._rules = rules
        self._now = now
        self._places = places
        self._known = known
        self._fresh: dict[str, NewRun] = {}
        self._queued: dict[str, NewRun] = {}
        self._firings: list[FiringRow] = []
        self.queued: set[str] = set()

    def accept(self, new: NewRun) -> Accepted:
        view = new.plan.view
        if view.id in self._known:
            return Accepted(view.id)
        earlier = None if new.dedupe is None else seen(self._db, new.dedupe, [view.id], self._now)
        if earlier is not None:
            return earlier[0]
        fits = new.limit is None or self._fits(new, new.limit)
        if not fits and new.when_full == "reject":
            return Accepted(view.id, refused=True)
        if new.dedupe is not None:
            keep(self._db, new.dedupe, [view.id])
        self._known.add(view.id)
        if new.firing is not None:
            self._firings.append(firing_row(new.firing, view.id))
        if fits:
            self._fresh[view.id] = new
        else:
            self._queued[view.id] = new
            self.queued.add(view.id)
        return Accepted(view.id, waiting=not fits)

    def write(self) -> None:
        """Writes what came in so far."""
        db, now = self._db, self._now
        fresh, queued = list(self._fresh.values()), list(self._queued.values())
        self._fresh, self._queued = {}, {}
        rows = [new_run_row(new, now, self._place(new)) for new in fresh]
        rows += [new_run_row(new, now, self._place(new), queued=True) for new in queued]
        write_rows(db, sql.ADD_RUNS, rows)
        for new in (*fresh, *queued):
            if new.draft is not None:
                view = new.plan.view
                db.execute(KEEP_DRAFT, (view.version_id, new.workflow_id, view.tenant, encode(new.draft), now))
            if new.kept:
                db.execute(sql.COPY_NODES, (new.plan.view.id, new.rerun_of, id_list(new.kept)))
        write_rows(db, sql.SAVE_NODES, [row for new in fresh for row in new_node_rows(new, now)])
        write_events(db, [row for new in fresh for row in new_facts(new, now)])
        self._begin(fresh)
        if self._firings:
            write_firings(db, self._firings)
            self._firings = []

    def _begin(self, fresh: Sequence[NewRun]) -> None:
        """Writes the first steps of these runs; what is handed over is handed over at once."""
        views = {new.plan.view.id: new.plan.view for new in fresh}
        versions = {run_id: view.version_id for run_id, view in views.items()}
        jobs = [job for new in fresh for job in new.jobs]
        steps = write_and_hand(self._db, jobs, self._taker, self._now, versions)
        if steps:
            self._taker = None  # what is written later in the batch comes behind what was left of this
            begun = [views[run_id] for run_id in {step.run_id or "" for step in steps}]
            folds = {view.id: RunFold(view, self._rules.graph(self._db, view.version_id)) for view in begun}
            self.handed |= handed(steps, folds)

    def _place(self, new: NewRun) -> Place:
        return self._places.get(new.plan.view.id, ALONE)

    def _fits(self, new: NewRun, limit: int) -> bool:
        self.write()  # those before it in the batch count
        if not self._full(new.workflow_id, limit):
            return True
        if new.when_full != "replace":
            return False
        self._make_place(new.workflow_id, limit)
        return not self._full(new.workflow_id, limit)

    def _full(self, workflow_id: str, limit: int) -> bool:
        going, queued = self._db.execute(sql.GOING, (workflow_id,)).fetchone()
        return bool(going >= limit or queued)

    def _make_place(self, workflow_id: str, limit: int) -> None:
        """Cancels all but the newest runs of the workflow, so many that one more fits."""
        there = [row[0] for row in self._db.execute(sql.OPEN_RUNS, (workflow_id,))]
        older = there[: max(len(there) - limit + 1, 0)]
        settlement = Settlement(self._db, self._rules, self._now)
        settlement.lock(older)
        for run_id in older:
            settlement.tell(run_id, RunCancelled(by="replaced"))
        settlement.write()


def admissible(db: sqlite3.Connection, limit: int) -> list[str]:
    """The oldest queued runs of each workflow that has a place: more than fit, as one of them may be unusable."""
    found: list[str] = []
    for (workflow_id,) in db.execute(sql.QUEUED_WORKFLOWS).fetchall():
        if len(found) >= limit:
            break
        heads = db.execute(sql.QUEUED_RUNS, (workflow_id, limit - len(found))).fetchall()
        count = heads[0]["limit_count"] if heads else None
        if count is None or _going(db, workflow_id) < count:
            found += [head["id"] for head in heads]
    return found


def admit_queued(db: sqlite3.Connection, rules: Rules, run_ids: Sequence[str], now: Instant) -> Finished:
    """Starts those of these runs that still wait and find a place, the oldest first."""
    going: dict[str, int] = {}
    wanted: list[str] = []
    for run_id, workflow_id, limit in db.execute(sql.STILL_QUEUED, (id_list(run_ids),)).fetchall():
        taken = going[workflow_id] if workflow_id in going else _going(db, workflow_id)
        if limit is None or taken < limit:
            wanted.append(run_id)
            taken += 1
        going[workflow_id] = taken
    settlement = Settlement(db, rules, now)
    settlement.lock(wanted)
    for run_id in wanted:
        settlement.tell(run_id, RunStarted())
    return replace(settlement.write(), ended=len(wanted))


def _going(db: sqlite3.Connection, workflow_id: str) -> int:
    going: int = db.execute(sql.GOING, (workflow_id,)).fetchone()[0]
    return going
