"""What saves, switches and deletions of workflows and rules do to their triggers, in the same transaction.

The owner's row is locked before, then its tenant's, its triggers in the order of their rows, and the counter of changes
comes last, so that no two of these, and no move of clocks, wait for each other in a circle.
"""

from collections.abc import Callable, Sequence

from holdfast.model.instant import Instant
from holdfast.model.trigger import NewTrigger, Owner
from holdfast.stores.codec import encode
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.leads import raise_version
from holdfast.stores.postgres.part import columns
from holdfast.stores.postgres.sql import triggers as sql

SAVED_COLUMNS = 6


async def save_triggers(
    connection: Connection,
    tenant: str,
    owner: Owner,
    triggers: Sequence[NewTrigger],
    enabled: bool,
    now: Instant,
    new_id: Callable[[Instant], str],
) -> None:
    """Those that the owner's newest save has; others stop acting."""
    suspended = await connection.fetchval(sql.SUSPENDED, tenant) if triggers else None
    known = await connection.fetch(sql.LOCK, *owner)
    if not known and not triggers:
        return
    rows = [(new_id(now), one.id, one.type, encode(one.document), one.timing, one.key) for one in triggers]
    if rows:
        await connection.fetch(sql.SAVE, tenant, *owner, enabled, now, *columns(rows, SAVED_COLUMNS), bool(suspended))
    if known:
        await connection.fetch(sql.REMOVE, *owner, [one.id for one in triggers])
    await raise_version(connection)


async def switch_triggers(connection: Connection, owner: Owner, enabled: bool, now: Instant) -> None:
    """The owner is on or off from now on; nothing changes if it was so."""
    await connection.fetch(sql.LOCK, *owner)
    statement, values = (sql.SWITCH_ON, (*owner, now)) if enabled else (sql.SWITCH_OFF, tuple(owner))
    if await connection.fetch(statement, *values):
        await raise_version(connection)


async def remove_triggers(connection: Connection, owner: Owner) -> None:
    """The owner is deleted: its triggers never act again, their rows stay."""
    await connection.fetch(sql.LOCK, *owner)
    if await connection.fetch(sql.REMOVE, *owner, []):
        await raise_version(connection)
