"""What a change of a queue's or a tenant's settings writes: the columns after it. Pure.

A rate that changes begins with a full bucket; the same rate given again leaves the bucket as it is.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from holdfast.model.errors import Conflict
from holdfast.model.instant import MILLISECOND, Instant, Micros
from holdfast.model.limits import Bucket, Rate
from holdfast.ports import Keep, NewTenant, QueueChange, TenantChange
from holdfast.stores.codec import encode, encode_egress, encode_retention
from holdfast.stores.rows import Row, rate_of

T = TypeVar("T")

# Tokens that come within this time are waited for together: a quick rate needn't wake a worker for each of them.
TOGETHER: Final[Micros] = 20 * MILLISECOND

FIRST_TENANT: Final = "default"


class QueueSettings(NamedTuple):
    """In the order in which both stores write them."""

    paused: bool
    concurrency: int | None
    priority: int
    rate_count: int | None
    rate_per: int | None
    credit: int
    credited_at: Instant
    retention: str


class TenantSettings(NamedTuple):
    """In the order in which both stores write them."""

    name: str
    weight: float
    max_running: int | None
    attributes: str
    retention: str
    egress: str


def changed_queue(row: Row, change: QueueChange, now: Instant) -> QueueSettings:
    """Of a locked queue's row."""
    return QueueSettings(
        _kept(change.paused, bool(row["paused"])),
        _kept(change.concurrency, row["concurrency"]),
        _kept(change.priority, row["priority"]),
        *_bucket(row, change.rate, now),
        row["retention"] if isinstance(change.retention, Keep) else encode_retention(change.retention),
    )


def _bucket(row: Row, rate: Rate | Keep | None, now: Instant) -> tuple[int | None, int | None, int, Instant]:
    if isinstance(rate, Keep) or rate == rate_of(row):
        return row["rate_count"], row["rate_per"], row["credit"], row["credited_at"]
    if rate is None:
        return None, None, 0, 0
    bucket = Bucket.full(rate, now)
    return rate.count, rate.per, bucket.credit, bucket.at


def next_of(due_at: Instant | None, rated: Iterable[Row], now: Instant) -> Instant | None:
    """The earlier of ``due_at`` and the next token to come of these queues, in which work waits."""
    tokens = (at for row in rated if (at := _next_token(row)) is not None and at > now)
    return min((at for at in (due_at, *tokens) if at is not None), default=None)


def _next_token(row: Row) -> Instant | None:
    rate = rate_of(row)
    if rate is None:
        return None
    few = max(1, min(TOGETHER * rate.count // rate.per, rate.count // 2))
    return Bucket(rate, row["credit"], row["credited_at"]).when(few)


def changed_tenant(row: Row, change: TenantChange) -> TenantSettings:
    """Of a locked tenant's row."""
    return TenantSettings(
        _kept(change.name, row["name"]),
        _kept(change.weight, row["weight"]),
        _kept(change.max_running, row["max_running"]),
        row["attributes"] if isinstance(change.attributes, Keep) else encode(change.attributes),
        row["retention"] if isinstance(change.retention, Keep) else encode_retention(change.retention),
        row["egress"] if isinstance(change.egress, Keep) else encode_egress(change.egress),
    )


def new_tenant(tenant: NewTenant) -> TenantSettings:
    return TenantSettings(
        tenant.name,
        tenant.weight,
        tenant.max_running,
        encode(tenant.attributes),
        encode_retention(tenant.retention),
        encode_egress(tenant.egress),
    )


def refuse_deletion(tenant_id: str, delete_at: Instant | None) -> None:
    """Raises ``Conflict`` for the first tenant, on which the instance stands."""
    if delete_at is not None and tenant_id == FIRST_TENANT:
        raise Conflict(f"the tenant {FIRST_TENANT} can't be deleted; suspend it instead")


def refuse_revival(row: Row, now: Instant) -> None:
    """Raises ``Conflict`` for a tenant whose time has come: part of what it had may be gone already."""
    if row["delete_at"] is not None and row["delete_at"] <= now:
        raise Conflict(f"the tenant {row['name']} is being deleted")


def _kept(given: T | Keep, before: T) -> T:
    return before if isinstance(given, Keep) else given
