"""Keys that make a repeated request the same request; they commit with the work that they guard."""

import sqlite3
from typing import Final

from holdfast.model.instant import Instant
from holdfast.ports import Accepted, Dedupe

# primary key
_FIND: Final = """
SELECT fingerprint, object_id FROM dedupe WHERE tenant_id = ? AND scope = ? AND key = ? AND expires_at > ?"""
_KEEP: Final = """
INSERT OR REPLACE INTO dedupe (tenant_id, scope, key, fingerprint, object_id, expires_at) VALUES (?, ?, ?, ?, ?, ?)"""


def seen(db: sqlite3.Connection, dedupe: Dedupe, object_id: str, now: Instant) -> Accepted | None:
    """The answer that an earlier request with this key got; None for a key that is free (or has expired).

    The same ``object_id`` means that this very call was committed before: it isn't a duplicate of another.
    """
    row = db.execute(_FIND, (dedupe.tenant, dedupe.scope, dedupe.key, now)).fetchone()
    if row is None:
        return None
    if row["object_id"] == object_id:
        return Accepted(object_id)
    if row["fingerprint"] != dedupe.fingerprint:
        return Accepted(row["object_id"], conflict=True)
    return Accepted(row["object_id"], duplicate=True)


def keep(db: sqlite3.Connection, dedupe: Dedupe, object_id: str) -> None:
    """Takes the key for this object; an expired holder is replaced."""
    db.execute(_KEEP, (dedupe.tenant, dedupe.scope, dedupe.key, dedupe.fingerprint, object_id, dedupe.expires_at))
