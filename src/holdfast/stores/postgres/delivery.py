"""Reading the inboxes of runs: what children came to, and what a parent told its child.

``Deliveries.deliver`` finds runs with mail and reads each under its lock, a few runs in a transaction; a run that
somebody else has locked is left for the next call. ``Delivery`` is one such transaction: orders of a parent are obeyed
first (a run that is paused then, reads nothing else), then families go on with the ends that came. Children that begin
and end at once tell it by mail as any other; that is read in the same transaction, a few times over.

The order of locks: the run, then (for a called workflow with a limit) the workflow's row, then live rows.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import ChildRecord, Page
from holdfast.model.run import RUN_ENDED, RunCancelled, RunPaused, RunResumed
from holdfast.model.spawn import ChildState
from holdfast.ports import Finished
from holdfast.stores.apart import NOTHING, settle_found, together
from holdfast.stores.codec import encode_cursor
from holdfast.stores.families import CANCEL, PAUSE, RESUME, WHILE_PAUSED
from holdfast.stores.planning import RunFold
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.households import Households
from holdfast.stores.postgres.paging import number_after
from holdfast.stores.postgres.part import Part, Rules
from holdfast.stores.postgres.settlement import Settlement
from holdfast.stores.postgres.sql import families as sql
from holdfast.stores.rows import child_record

# How many runs one transaction reads, how much mail of each, and how often over.
RUNS_AT_ONCE: Final = 25
MAIL_AT_ONCE: Final = 500
TIMES: Final = 8


class Deliveries(Part):
    async def deliver(self, now: Instant, limit: int = 200) -> Finished:
        async def find(count: int) -> list[str]:
            return [row["run_id"] for row in await self._db.fetch(sql.WITH_MAIL, count)]

        async def read(run_ids: Sequence[str]) -> Finished:
            return await self._db.transact(lambda connection: _read_all(connection, self._rules, run_ids, now))

        done = NOTHING
        while done.ended < limit:
            portion = min(RUNS_AT_ONCE, limit - done.ended)
            one = await settle_found(find, read, str, portion)
            done = together(done, one)
            if one.ended < portion:
                break
        return done

    async def list_children(
        self, tenant: str, run_id: str, node_id: str, state: ChildState | None, cursor: str | None, limit: int
    ) -> Page[ChildRecord]:
        after = number_after(cursor)
        found = await self._db.seen_first(sql.NODE_OF_RUN, tenant, run_id, node_id) if is_id(run_id) else None
        if found is None or found["family"] is None:
            raise NotFound(f"no children of a node {node_id} of a run {run_id}")
        wanted = None if state is None else state.value
        first = -1 if after is None else after
        rows = await self._db.seen(sql.LIST_CHILDREN, run_id, node_id, first, wanted, limit + 1)
        items = tuple(child_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].index) if len(rows) > limit else None)


async def _read_all(connection: Connection, rules: Rules, run_ids: Sequence[str], now: Instant) -> Finished:
    done, read, left = NOTHING, 0, list(run_ids)
    for turn in range(TIMES):
        delivery = Delivery(connection, rules, now)
        done = together(done, await delivery.read(left))
        if turn == 0:
            read = delivery.locked
        left = delivery.again
        if not left:
            break
    return replace(done, ended=read, mail=done.mail or bool(left))


class Delivery:
    """One reading of some runs' mail. ``locked`` runs were read; ``again``: those that have new mail already."""

    def __init__(self, connection: Connection, rules: Rules, now: Instant) -> None:
        self._connection = connection
        self._settlement = Settlement(connection, rules, now)
        self._households = Households(connection, rules, self._settlement, now)
        self.locked = 0
        self.again: list[str] = []

    async def read(self, run_ids: Sequence[str]) -> Finished:
        folds = await self._settlement.lock_runs(run_ids, free=True)
        self.locked = len(folds)
        skipped = [run_id for run_id in run_ids if run_id not in folds]
        if skipped:
            await self._connection.fetch(sql.DROP_LOST_MAIL, skipped)
        mail = await self._mail(folds)
        await self._obey([row for row in mail if row["kind"] in WHILE_PAUSED])
        taken = [row for row in mail if row["kind"] in WHILE_PAUSED or not folds[row["run_id"]].paused]
        family = [row for row in taken if row["kind"] not in WHILE_PAUSED]
        await self._households.take(taken)
        queues, self.again = await self._households.go_on(family)
        done = await self._settlement.write()
        full = len(mail) >= MAIL_AT_ONCE
        return replace(done, queues=done.queues | queues, mail=done.mail or full or self._households.told)

    async def _mail(self, folds: dict[str, RunFold]) -> list[Row]:
        """Of a paused run only orders, so that one of them isn't hidden behind what it may not read yet."""
        paused = [run_id for run_id, fold in folds.items() if fold.paused]
        others = [run_id for run_id in folds if run_id not in paused]
        mail = await self._connection.fetch(sql.READ_MAIL, others, MAIL_AT_ONCE) if others else []
        return mail + (await self._connection.fetch(sql.READ_ORDERS, paused) if paused else [])

    async def _obey(self, orders: Sequence[Row]) -> None:
        """An order that comes too late changes nothing."""
        for row in orders:
            fold = self._settlement.fold(row["run_id"])
            if fold is None or fold.view.state in RUN_ENDED:
                continue
            match row["kind"]:
                case kind if kind == CANCEL:
                    fold.feed(RunCancelled(by=row["state"] or "parent"))
                case kind if kind == PAUSE and not fold.paused:
                    fold.feed(RunPaused(by="parent"))
                case kind if kind == RESUME and fold.paused:
                    fold.feed(RunResumed(by="parent"))
            await self._settlement.proceed()
