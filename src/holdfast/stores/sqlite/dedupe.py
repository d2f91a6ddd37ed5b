"""Keys that make a repeated request the same request; they commit with the work that they guard."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from holdfast.model.instant import Instant
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import decode_texts, encode
from holdfast.stores.repeats import repeated

# primary key
_FIND: Final = """
SELECT fingerprint, object_ids FROM dedupe WHERE tenant_id = ? AND scope = ? AND key = ? AND expires_at > ?"""
_KEEP: Final = """
INSERT OR REPLACE INTO dedupe (tenant_id, scope, key, fingerprint, object_ids, expires_at) VALUES (?, ?, ?, ?, ?, ?)"""


def seen(db: sqlite3.Connection, dedupe: Dedupe, made: Sequence[str], now: Instant) -> list[Accepted] | None:
    """The answers that an earlier request with this key got; None for a key that is free (or has expired)."""
    row = db.execute(_FIND, (dedupe.tenant, dedupe.scope, dedupe.key, now)).fetchone()
    return None if row is None else repeated(dedupe, row["fingerprint"], decode_texts(row["object_ids"]), made)


def keep(db: sqlite3.Connection, dedupe: Dedupe, answered: Sequence[str]) -> None:
    """Takes the key for a request that was answered with these objects; an expired holder is replaced."""
    values = (dedupe.tenant, dedupe.scope, dedupe.key, dedupe.fingerprint, encode(list(answered)), dedupe.expires_at)
    db.execute(_KEEP, values)
