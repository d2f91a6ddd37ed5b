"""Inboxes on SQLite: each run reads its mail under its own lock, a portion at a time."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from holdfast.model.instant import Instant
from holdfast.model.run import RUN_ENDED, RunCancelled, RunPaused, RunResumed, RunState
from holdfast.ports import Finished
from holdfast.stores.apart import settle_found
from holdfast.stores.codec import encode
from holdfast.stores.families import CANCEL, CHILD, PAUSE, RESUME, WHILE_PAUSED, ends_of
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.children import Families, write_ends
from holdfast.stores.sqlite.folds import Locked
from holdfast.stores.sqlite.session import Rules, Session
from holdfast.stores.sqlite.settlement import Settlement
from holdfast.stores.sqlite.sql import children as sql

# What one transaction reads at most.
MOST_MAIL: Final = 2000
PARENT: Final = "parent"


class Deliveries(Session):
    async def deliver(self, now: Instant, limit: int = 200) -> Finished:
        async def find(count: int) -> list[str]:
            return await self._read(lambda db: [row[0] for row in db.execute(sql.ADDRESSEES, (count,))])

        async def read(run_ids: Sequence[str]) -> Finished:
            return await self._write(lambda db: deliver(db, self._rules, run_ids, now))

        return await settle_found(find, read, str, limit)


def deliver(db: sqlite3.Connection, rules: Rules, run_ids: Sequence[str], now: Instant) -> Finished:
    """Lets these runs read their mail. Mail to runs that are gone is thrown away."""
    letters = db.execute(sql.MAIL, (id_list(run_ids), MOST_MAIL)).fetchall()
    settlement = Settlement(db, rules, now)
    settlement.lock(run_ids)
    read = [letter for letter in letters if _takes(settlement, letter)]
    db.execute(sql.THROW_AWAY, (encode([letter["seq"] for letter in read]),))
    write_ends(db, [letter for letter in read if letter["kind"] == CHILD])
    families = Families(db, rules, settlement, now)
    for (run_id, node_id), some in _by_node(read).items():
        run = settlement.run(run_id)
        if run is not None:
            families.go_on(run, node_id, ends_of(letter for letter in some if letter["kind"] == CHILD))
    done = settlement.write()
    sent = families.write()  # after the settlement: to make places it may cancel runs that were locked here
    more = done.mail or sent or len(letters) == MOST_MAIL
    ended = len({letter["run_id"] for letter in read})
    return replace(done, queues=done.queues | families.queues, mail=more, ended=ended)


def _takes(settlement: Settlement, letter: sqlite3.Row) -> bool:
    """Whether the letter is read now; what a parent tells its child is done at once."""
    run = settlement.run(letter["run_id"])
    if run is None:
        return True
    paused = run.fold.view.state is RunState.PAUSED
    if paused and letter["kind"] not in WHILE_PAUSED:
        return False
    _obey(settlement, run, letter["kind"], paused)
    return True


def _obey(settlement: Settlement, run: Locked, kind: str, paused: bool) -> None:
    view = run.fold.view
    if view.state in RUN_ENDED:
        return
    if kind == CANCEL:
        settlement.tell(view.id, RunCancelled(by=PARENT))
    elif kind == PAUSE and not paused:
        settlement.tell(view.id, RunPaused(by=PARENT))
    elif kind == RESUME and paused:
        settlement.tell(view.id, RunResumed(by=PARENT))


def _by_node(letters: Iterable[sqlite3.Row]) -> dict[tuple[str, str], list[sqlite3.Row]]:
    """Mail about children, by the node whose children they are."""
    nodes: dict[tuple[str, str], list[sqlite3.Row]] = {}
    for letter in letters:
        if letter["node_id"] is not None:
            nodes.setdefault((letter["run_id"], letter["node_id"]), []).append(letter)
    return nodes
