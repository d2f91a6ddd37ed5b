"""The audit log as JSON."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.engine.audit_chain import Verdict
from holdfast.model.audit import AuditEntry
from holdfast.model.instant import format_instant


class ActorShape(TypedDict):
    """Who did it: a `person` (by their address), a `key` (by its name), the `local` user, `nobody` known, the `engine`
    (for what), or a command that worked in the `store` (by its user of the operating system)."""

    kind: str
    id: str
    name: str


class AuditEntryShape(TypedDict):
    """One act. `outcome`: `done`, `denied` (may not), `refused` (wrong input or state), `failed` (our fault).

    `hash` is over the entry and the hash of the one before it.
    """

    seq: int
    at: str
    actor: ActorShape
    action: str
    target: str
    outcome: str
    address: str
    correlation_id: str
    detail: dict[str, JsonValue]
    hash: str


class AuditShape(TypedDict):
    """A page of a tenant's audit log, newest first."""

    items: list[AuditEntryShape]
    next: str | None


class AuditCheckShape(TypedDict):
    """Whether the chain holds: keep `head` elsewhere, and a log that was written anew shows too."""

    intact: bool
    broken_at: int | None
    entries: int
    head: str


def entry_shape(entry: AuditEntry) -> AuditEntryShape:
    act = entry.act
    return {
        "seq": entry.seq,
        "at": format_instant(act.at),
        "actor": {"kind": act.actor_kind, "id": act.actor_id, "name": act.actor},
        "action": act.action,
        "target": act.target,
        "outcome": act.outcome,
        "address": act.address,
        "correlation_id": act.correlation_id,
        "detail": dict(act.detail),
        "hash": entry.hash.hex(),
    }


def check_shape(verdict: Verdict) -> AuditCheckShape:
    return {
        "intact": verdict.intact,
        "broken_at": verdict.broken_at,
        "entries": verdict.entries,
        "head": verdict.head.hex(),
    }
