"""Entries of the audit log as rows, and what a list of them looks for. Pure.

``detail`` is kept as the text of JSON with every character beyond ASCII escaped, so that any text in it survives and
its hash can be made again from what is read.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any, NamedTuple

from holdfast.model.audit import AuditEntry, AuditHead, NewAudit, chained
from holdfast.model.instant import LATEST, Instant
from holdfast.ports import AuditFilter
from holdfast.stores.codec import bad_cursor, decode_cursor, encode_cursor
from holdfast.stores.rows import Row
from holdfast.stores.texts import storable


class Wanted(NamedTuple):
    """What a list's statement is given after the tenant: older than the place ``(at, seq)``, from ``since`` on."""

    at: Instant
    seq: int
    since: Instant
    actor: str | None
    action: str | None
    prefix: str | None
    target: str | None
    outcome: str | None


def by_tenant(acts: Iterable[NewAudit]) -> dict[str, list[NewAudit]]:
    """As they can be stored, in order of the tenants' ids; each tenant's acts in the order given."""
    found: dict[str, list[NewAudit]] = {}
    for act in acts:
        kept = _storable(act)
        found.setdefault(kept.tenant, []).append(kept)
    return dict(sorted(found.items()))


def _storable(act: NewAudit) -> NewAudit:
    return replace(
        act,
        tenant=storable(act.tenant),
        actor_id=storable(act.actor_id),
        actor=storable(act.actor),
        action=storable(act.action),
        target=storable(act.target),
        address=storable(act.address),
        correlation_id=storable(act.correlation_id),
    )


def appended(acts: dict[str, list[NewAudit]], heads: dict[str, AuditHead]) -> list[AuditEntry]:
    """The entries that these acts make, tenant by tenant; the last of each tenant is its new end."""
    return [entry for tenant, theirs in acts.items() for entry in chained(heads.get(tenant), theirs)]


def ends(entries: Iterable[AuditEntry]) -> list[tuple[str, int, bytes]]:
    """Each tenant's new end: ``tenant_id, seq, hash``."""
    return list({entry.act.tenant: (entry.act.tenant, entry.seq, entry.hash) for entry in entries}.values())


def columns_of(entry: AuditEntry) -> tuple[Any, ...]:
    """In the order of the table."""
    act = entry.act
    return (
        *(act.tenant, entry.seq, act.at, act.actor_kind, act.actor_id, act.actor, act.action, act.target, act.outcome),
        *(act.address, act.correlation_id, json.dumps(act.detail), entry.previous, entry.hash),
    )


def audit_entry(row: Row) -> AuditEntry:
    act = NewAudit(
        tenant=row["tenant_id"],
        at=row["at"],
        actor_kind=row["actor_kind"],
        actor_id=row["actor_id"],
        actor=row["actor"],
        action=row["action"],
        target=row["target"],
        outcome=row["outcome"],
        address=row["address"],
        correlation_id=row["correlation_id"],
        detail=json.loads(row["detail"]),
    )
    return AuditEntry(row["seq"], act, row["previous"], row["hash"])


def audit_head(row: Row) -> AuditHead:
    return AuditHead(row["seq"], row["hash"], row["first"], row["anchor"])


def wanted_rows(wanted: AuditFilter, cursor: str | None) -> Wanted:
    """Raises ``Invalid`` for a cursor that isn't one."""
    at, seq = _place(wanted, cursor)
    action = None if wanted.action is None else storable(wanted.action)
    prefixed = action is not None and action.endswith("*")
    return Wanted(
        at=at,
        seq=seq,
        since=0 if wanted.since is None else wanted.since,
        actor=None if wanted.actor is None else storable(wanted.actor),
        action=None if prefixed else action,
        prefix=action[:-1] if action is not None and prefixed else None,
        target=None if wanted.target is None else storable(wanted.target),
        outcome=wanted.outcome,
    )


def _place(wanted: AuditFilter, cursor: str | None) -> tuple[int, int]:
    start = (LATEST if wanted.before is None else wanted.before, 0)
    if cursor is None:
        return start
    at, seq = decode_cursor(cursor, int, int)
    if not isinstance(at, int) or not isinstance(seq, int) or not (0 <= at < 1 << 63 and 0 <= seq < 1 << 63):
        raise bad_cursor()
    return min(start, (at, seq))


def place_of(entry: AuditEntry) -> str:
    return encode_cursor(entry.act.at, entry.seq)


def outdated(rows: Sequence[Row], before: Instant) -> list[Row]:
    """Those at the start that are older: a chain is only shortened from its start, whatever its clocks said."""
    return list(takewhile(lambda row: row["at"] < before, rows))
