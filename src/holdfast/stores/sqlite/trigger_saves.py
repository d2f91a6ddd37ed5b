"""What saves, switches and deletions of workflows and rules do to their triggers, in the same transaction.

A trigger that was there keeps its row and key. Its times begin anew when it was away, when its type or timing changed,
or when its owner was off; otherwise a save moves nothing. Every change raises the version of what listens.
"""

import sqlite3
from collections.abc import Callable, Sequence

from holdfast.model.instant import Instant
from holdfast.model.trigger import NewTrigger, Owner
from holdfast.stores.codec import encode
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.sql import triggers as sql


def save_triggers(
    db: sqlite3.Connection,
    tenant: str,
    owner: Owner,
    triggers: Sequence[NewTrigger],
    enabled: bool,
    now: Instant,
    new_id: Callable[[Instant], str],
) -> None:
    """Those that the owner's newest save has; others stop acting."""
    known = {row["id"]: row for row in db.execute(sql.OF_OWNER, owner)}
    for trigger in triggers:
        earlier = known.get(trigger.id)
        if earlier is None:
            _add(db, tenant, owner, trigger, enabled, now, new_id(now))
        else:
            _change(db, earlier, trigger, enabled, now)
    db.execute(sql.REMOVE, (*owner, id_list(trigger.id for trigger in triggers)))
    if known or triggers:
        raise_version(db)


def _add(
    db: sqlite3.Connection, tenant: str, owner: Owner, trigger: NewTrigger, enabled: bool, now: Instant, row: str
) -> None:
    values = {
        "row": row,
        "tenant": tenant,
        "kind": owner.kind,
        "owner": owner.id,
        "id": trigger.id,
        "type": trigger.type,
        "document": encode(trigger.document),
        "timing": trigger.timing,
        "key": trigger.key,
        "enabled": enabled,
        "now": now,
        "suspended": db.execute(sql.SUSPENDED, (tenant,)).fetchone() is not None,
    }
    db.execute(sql.ADD, values)


def _change(db: sqlite3.Connection, earlier: sqlite3.Row, trigger: NewTrigger, enabled: bool, now: Instant) -> None:
    values = {
        "row": earlier["row"],
        "type": trigger.type,
        "document": encode(trigger.document),
        "timing": trigger.timing,
        "key": earlier["key"] or trigger.key,
        "enabled": enabled,
        "now": now,
    }
    db.execute(sql.CHANGE, values)
    same = (earlier["type"], earlier["timing"]) == (trigger.type, trigger.timing)
    if not (same and earlier["present"] and (earlier["enabled"] or not enabled)):
        db.execute(sql.BEGIN, values)
    elif earlier["enabled"] and not enabled:
        db.execute(sql.STOP, values)


def switch_triggers(db: sqlite3.Connection, owner: Owner, enabled: bool, now: Instant) -> None:
    """The owner is on or off from now on; nothing changes if it was so."""
    if enabled:
        changed = db.execute(sql.SWITCH_ON, (now, *owner)).rowcount
    else:
        changed = db.execute(sql.SWITCH_OFF, owner).rowcount
    if changed:
        raise_version(db)


def remove_triggers(db: sqlite3.Connection, owner: Owner) -> None:
    """The owner is deleted: its triggers never act again, their rows stay."""
    if db.execute(sql.REMOVE, (*owner, "[]")).rowcount:
        raise_version(db)


def raise_version(db: sqlite3.Connection) -> None:
    """Says that something of what events may start has changed."""
    db.execute(sql.RAISE)
