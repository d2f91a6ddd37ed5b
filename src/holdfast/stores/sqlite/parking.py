"""What is written when nodes park: what they wait for, the children that they ask for; and signals that came before.

The job itself is parked by ``settlement``; a signal that was kept ends it right after, in the same transaction.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from holdfast.model.job import JobState, Transition
from holdfast.model.outcome import Suspended
from holdfast.model.spawn import Spawn
from holdfast.model.wait import Signal
from holdfast.stores.codec import decode, encode
from holdfast.stores.families import MailRow, child_rows, spawn_mail
from holdfast.stores.settling import LiveJob
from holdfast.stores.sqlite.bulk import id_list, write_rows
from holdfast.stores.sqlite.sql import children as sql


def write_parked(db: sqlite3.Connection, moves: Iterable[tuple[LiveJob, Transition]]) -> None:
    """What the nodes among these jobs wait for, and the children that they ask for."""
    waits: list[tuple[object, ...]] = []
    mail: list[MailRow] = []
    for live, move in moves:
        if move.to is not JobState.WAITING or live.run_id is None or live.node_id is None:
            continue
        parked = move.parked or Suspended()
        if parked.wait is not None:
            wait = parked.wait
            waits.append((live.id, live.tenant, live.run_id, live.node_id, wait.kind, wait.name, encode(wait)))
        if parked.spawn is not None:
            mail.append(_write_spawned(db, live.run_id, live.node_id, parked.spawn))
    write_rows(db, sql.ADD_WAITS, waits)
    write_rows(db, sql.SEND, mail)


def _write_spawned(db: sqlite3.Connection, run_id: str, node_id: str, spawn: Spawn) -> MailRow:
    write_rows(db, sql.ADD_CHILDREN, child_rows(run_id, node_id, spawn))
    kept = 0
    earlier = db.execute(sql.EARLIER, (run_id,)).fetchone()[0] if spawn.kind == "map" else None
    if earlier is not None:
        kept = db.execute(sql.KEEP_ITEMS, (run_id, node_id, earlier)).rowcount
    db.execute(sql.SAVE_SPAWNED, (run_id, node_id, encode(spawn.family(kept)), encode(spawn.closure)))
    return spawn_mail(run_id, node_id)


def take_kept(db: sqlite3.Connection, job_ids: Collection[str]) -> list[tuple[str, Signal]]:
    """The kept signals that end these parked jobs, the oldest of each; they are taken out."""
    if not job_ids:
        return []
    taken: dict[str, Signal] = {}
    used: list[int] = []
    for row in db.execute(sql.KEPT_SIGNALS, (id_list(job_ids),)):
        if row["job_id"] not in taken and row["seq"] not in used:
            taken[row["job_id"]] = Signal(row["name"], row["port"], decode(row["output"]), row["by"])
            used.append(row["seq"])
    if used:
        db.execute(sql.DROP_SIGNALS, (encode(used),))
    return list(taken.items())


def drop_waits(db: sqlite3.Connection, job_ids: Sequence[str]) -> None:
    if job_ids:
        db.execute(sql.DROP_WAITS, (id_list(job_ids),))
