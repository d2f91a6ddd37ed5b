"""Reading a tenant's audit log whole, oldest first, in pages: to take it away, and to see whether its chain holds.

Both end where the log ended when they began. Retention may take the oldest entries away meanwhile: a check that meets
that begins anew.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from holdfast.model.audit import AuditEntry, AuditHead, broken
from holdfast.ports.access import AuditFilter, AuditStore

_PAGE: Final = 500
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds; ``broken_at``: the first entry that doesn't follow from the one before it."""

    broken_at: int | None
    entries: int
    head: bytes

    @property
    def intact(self) -> bool:
        return self.broken_at is None


async def check(store: AuditStore, tenant: str) -> Verdict:
    """Walks the whole chain."""
    head = await store.audit_head(tenant)
    verdict = Verdict(None, 0, b"")
    for _ in range(_TRIES):
        if head is None:
            break
        at, begun_at = await _broken_at(store, tenant, head), head.first
        verdict = Verdict(at, head.seq - head.first + 1, head.hash)
        if at is None:
            break
        head = await store.audit_head(tenant)
        if head is not None and head.first == begun_at:
            break
    return verdict


async def entries(store: AuditStore, tenant: str, wanted: AuditFilter, head: AuditHead) -> AsyncIterator[AuditEntry]:
    """Those that match, up to ``head``."""
    async for page in _pages(store, tenant, head):
        for entry in page:
            if matches(wanted, entry):
                yield entry


def matches(wanted: AuditFilter, entry: AuditEntry) -> bool:
    """As the store's own lists have it."""
    act = entry.act
    if wanted.action is not None and not _is_action(act.action, wanted.action):
        return False
    return (
        wanted.actor in (None, act.actor_id, act.actor)
        and wanted.target in (None, act.target)
        and wanted.outcome in (None, act.outcome)
        and (wanted.since is None or act.at >= wanted.since)
        and (wanted.before is None or act.at < wanted.before)
    )


def _is_action(action: str, wanted: str) -> bool:
    return action.startswith(wanted[:-1]) if wanted.endswith("*") else action == wanted


async def _broken_at(store: AuditStore, tenant: str, head: AuditHead) -> int | None:
    """Page by page: each must follow from the one before it, and the last one lead to the head."""
    expected, previous = head.first, head.anchor
    async for page in _pages(store, tenant, head):
        last = page[-1]
        found = broken(AuditHead(last.seq, last.hash, expected, previous), page)
        if found is not None:
            return found
        expected, previous = last.seq + 1, last.hash
    return broken(AuditHead(head.seq, head.hash, expected, previous), ())


async def _pages(store: AuditStore, tenant: str, head: AuditHead) -> AsyncIterator[list[AuditEntry]]:
    after = head.first - 1
    while after < head.seq:
        page = await store.read_audit(tenant, after, min(_PAGE, head.seq - after))
        if not page:
            return
        yield page
        after = page[-1].seq
