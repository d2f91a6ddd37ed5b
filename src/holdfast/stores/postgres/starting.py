"""Runs that begin: inserted with what their plan starts, or kept waiting when their workflow has no place for them.

Places are counted under a lock on the workflow's row, so that no two processes give the same one away. A run that finds
none waits PENDING, without nodes and jobs; or it is refused; or as many of the oldest runs as must be are told to
cancel, and it waits for their end. Nobody overtakes what waits already. What waits is admitted as places come free, the
oldest first (``Admission``).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.run import RunStarted
from holdfast.ports import Finished, NewRun, Taker
from holdfast.stores.apart import NOTHING, settle_apart, together
from holdfast.stores.codec import encode
from holdfast.stores.families import CANCEL, MailRow
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.insert import insert_rows
from holdfast.stores.postgres.kin import send
from holdfast.stores.postgres.part import Part, Rules, columns, run
from holdfast.stores.postgres.settlement import Settlement, add_events
from holdfast.stores.postgres.sql import places as sql
from holdfast.stores.postgres.sql import runs as runs_sql
from holdfast.stores.postgres.sql.workflows import KEEP_DRAFT
from holdfast.stores.run_rows import Place, new_facts, new_node_rows, new_run_row

RUN_COLUMNS = 25
# Who cancels a run that gives its place to a newer one.
REPLACED = "replaced"

Opening = tuple[NewRun, Place]


@dataclass
class Started:
    """What became of runs that were to begin: those refused and those that wait, queues with ready work, whether others
    were told, and first steps that were handed over."""

    refused: set[str] = field(default_factory=set)
    queued: set[str] = field(default_factory=set)
    queues: set[str] = field(default_factory=set)
    mail: bool = False
    handed: list[ClaimedJob] = field(default_factory=list)


async def start(connection: Connection, batch: Sequence[Opening], now: Instant, taker: Taker | None = None) -> Started:
    """Runs that exist already are this very call, committed before: nothing of them is written again."""
    done = Started()
    if not batch:
        return done
    places = await _places(connection, batch)
    done.queued = {new.plan.view.id for new, _ in batch if not places.take(new, done)} - done.refused
    await send(connection, places.told)
    done.mail = bool(places.told)
    kept = [(new, place) for new, place in batch if new.plan.view.id not in done.refused]
    rows = [new_run_row(new, now, place, new.plan.view.id in done.queued) for new, place in kept]
    rows.sort(key=lambda row: str(row[0]))
    made = {row["id"] for row in await connection.fetch(runs_sql.ADD_RUNS, *columns(rows, RUN_COLUMNS))} if rows else ()
    fresh = [new for new, _ in kept if new.plan.view.id in made]
    await _keep_drafts(connection, fresh, now)
    await _copy_kept(connection, fresh)
    await _write(connection, [new for new in fresh if new.plan.view.id not in done.queued], now, done, taker)
    return done


async def _write(
    connection: Connection, fresh: Sequence[NewRun], now: Instant, done: Started, taker: Taker | None
) -> None:
    await run(connection, runs_sql.SAVE_NODES, [row for new in fresh for row in new_node_rows(new, now)], 10)
    await add_events(connection, [fact for new in fresh for fact in new_facts(new, now)])
    jobs = [job for new in fresh for job in new.jobs]
    versions = {new.plan.view.id: new.plan.view.version_id for new in fresh}
    given = (await insert_rows(connection.fetch, jobs, now, taker, versions)).handed
    done.handed += given.values()
    done.queues |= {job.queue for job in jobs if job.state is JobState.PENDING and job.id not in given}


async def _keep_drafts(connection: Connection, fresh: Sequence[NewRun], now: Instant) -> None:
    drafts = {new.plan.view.version_id: new for new in fresh if new.draft is not None}
    for version_id, new in sorted(drafts.items()):
        definition = encode(new.draft)
        await connection.fetch(KEEP_DRAFT, version_id, new.workflow_id, new.plan.view.tenant, definition, now)


async def _copy_kept(connection: Connection, fresh: Sequence[NewRun]) -> None:
    rows = [(new.plan.view.id, new.rerun_of, node) for new in fresh for node in new.kept if new.rerun_of is not None]
    await run(connection, runs_sql.COPY_NODES, rows, 3)


@dataclass
class Places:
    """How far some workflows are from their limits, under the locks of these workflows. ``known``: runs of this call
    that an earlier try has inserted."""

    known: Collection[str] = ()
    going: dict[str, int] = field(default_factory=dict)
    queued: set[str] = field(default_factory=set)
    older: dict[str, list[str]] = field(default_factory=dict)
    told: list[MailRow] = field(default_factory=list)

    def take(self, new: NewRun, done: Started) -> bool:
        """Whether the run may begin now. If not, and it isn't refused, it waits."""
        run_id, workflow = new.plan.view.id, new.workflow_id
        if new.limit is None or run_id in self.known:
            return True
        free = self.going[workflow] < new.limit and workflow not in self.queued
        if free:
            self.going[workflow] += 1
        elif new.when_full == "reject":
            done.refused.add(run_id)
            return False
        else:
            self.queued.add(workflow)
        if new.when_full == "replace":
            older = self.older[workflow]
            if not free:
                given_up = older[: max(len(older) - new.limit + 1, 0)]
                self.told += [(one, CANCEL, None, None, REPLACED, None, None) for one in given_up]
                del older[: len(given_up)]
            older.append(run_id)
        return free


async def _places(connection: Connection, batch: Sequence[Opening]) -> Places:
    limited = [new for new, _ in batch if new.limit is not None]
    if not limited:
        return Places()
    ids = sorted({new.workflow_id for new in limited})
    await connection.fetch(sql.LOCK_WORKFLOWS, ids)
    known = await connection.fetch(sql.KNOWN_RUNS, [new.plan.view.id for new in limited])
    places = Places(known={row["id"] for row in known})
    for row in await connection.fetch(sql.COUNT_OPEN, ids):
        places.going[row["workflow_id"]] = row["going"]
        places.queued |= {row["workflow_id"]} if row["queued"] else set()
    replacing = sorted({new.workflow_id for new in limited if new.when_full == "replace"})
    places.older = {workflow: [] for workflow in replacing}
    for row in await connection.fetch(sql.OPEN, replacing) if replacing else ():
        places.older[row["workflow_id"]].append(row["id"])
    return places


class Admission(Part):
    async def admit_runs(self, now: Instant, limit: int = 100) -> Finished:
        done = NOTHING
        for workflow in [row["workflow_id"] for row in await self._db.fetch(sql.QUEUED)]:
            if done.ended >= limit:
                break
            done = together(done, await self._admit_of(workflow, now, limit - done.ended))
        return done

    async def _admit_of(self, workflow: str, now: Instant, limit: int) -> Finished:
        async def settle(run_ids: Sequence[str]) -> Finished:
            return await self._db.transact(lambda c: _admit(c, self._rules, workflow, run_ids, now))

        first = await self._db.fetch(sql.FIRST_QUEUED, workflow, limit)
        return (await settle_apart([row["id"] for row in first], settle, str))[0]


async def _admit(connection: Connection, rules: Rules, workflow: str, run_ids: Sequence[str], now: Instant) -> Finished:
    """Starts those of these runs that still wait and find a place, in this order."""
    await connection.fetch(sql.LOCK_WORKFLOWS, [workflow])
    going = int(await connection.fetchval(sql.COUNT_GOING, workflow))
    waiting = await connection.fetch(sql.STILL_QUEUED, list(run_ids))
    chosen: list[str] = []
    for row in waiting:
        if row["limit_count"] is not None and going + len(chosen) >= row["limit_count"]:
            break
        chosen.append(row["id"])
    if not chosen:
        return NOTHING
    settlement = Settlement(connection, rules, now)
    # Who holds a run's lock may wait for the workflow's: those are left for the next round.
    folds = await settlement.lock_runs(chosen, free=True)
    begun = [fold for run_id, fold in folds.items() if settlement.rows[run_id]["started_at"] is None]
    begun = [fold for fold in begun if settlement.rows[fold.view.id]["finished_at"] is None]
    for fold in begun:
        fold.feed(RunStarted())
    return replace(await settlement.write(), ended=len(begun))
