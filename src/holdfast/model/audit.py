"""The audit log: who did what to what, from where, and how it came out. Pure.

Each tenant's entries form a chain: an entry's hash is over its own fields and the hash of the one before it, so that
one that was changed, moved or taken out in the store shows when the chain is walked (``broken``). What belongs to no
tenant stands in the chain of the tenant ``""``. The chain says nothing against one who writes all of it anew: export
it, or keep its head elsewhere.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

from holdfast.model.instant import DAY, Instant, Micros
from holdfast.model.json import JSONObject

# store: a command that worked in the store itself, by a user of the operating system.
ActorKind = Literal["person", "key", "local", "nobody", "engine", "store"]
# done: it was; denied: the caller may not; refused: the input or the state forbids it; failed: our fault.
AuditOutcome = Literal["done", "denied", "refused", "failed"]

INSTANCE: Final = ""
ORIGIN: Final = b"\0" * 32
# How long an act is kept.
KEEP: Final[Micros] = 400 * DAY


@dataclass(frozen=True, slots=True)
class NewAudit:
    """One act. ``action`` is ``<thing>.<verb>`` (``secrets.put``, ``secret.used``), ``target`` names what it was done
    to (a path or a name). ``detail`` is small, and never holds a secret or a payload.
    """

    tenant: str
    at: Instant
    actor_kind: ActorKind
    actor_id: str
    actor: str
    action: str
    target: str
    outcome: AuditOutcome
    address: str = ""
    correlation_id: str = ""
    detail: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act as it stands in its tenant's chain; ``seq`` counts from 1 without a gap."""

    seq: int
    act: NewAudit
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where a tenant's chain ends, and what the first kept entry follows (``anchor``: older ones were pruned)."""

    seq: int
    hash: bytes
    first: int = 1
    anchor: bytes = ORIGIN


def chained(head: AuditHead | None, acts: Sequence[NewAudit]) -> list[AuditEntry]:
    """The entries that these acts of one tenant make after ``head``, in order."""
    seq, previous = (0, ORIGIN) if head is None else (head.seq, head.hash)
    entries = []
    for act in acts:
        seq += 1
        digest = hash_of(seq, act, previous)
        entries.append(AuditEntry(seq, act, previous, digest))
        previous = digest
    return entries


def broken(head: AuditHead, entries: Iterable[AuditEntry]) -> int | None:
    """The number of the first entry that doesn't follow from the one before it; None when the whole chain holds.

    ``entries`` are all kept ones of a tenant, oldest first.
    """
    expected, previous = head.first, head.anchor
    for entry in entries:
        sound = entry.seq == expected and entry.previous == previous
        if not sound or entry.hash != hash_of(entry.seq, entry.act, entry.previous):
            return expected
        expected, previous = entry.seq + 1, entry.hash
    return None if expected == head.seq + 1 and previous == head.hash else expected


def hash_of(seq: int, act: NewAudit, previous: bytes) -> bytes:
    """Over every field, in a form in which no two different acts look alike."""
    fields = (
        *(seq, act.tenant, act.at, act.actor_kind, act.actor_id, act.actor, act.action, act.target, act.outcome),
        *(act.address, act.correlation_id, act.detail, previous.hex()),
    )
    return sha256(json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()).digest()
