"""Rows of triggers, firings, backfills, rules, subscriptions and secrets: read to records, made of new values. Pure.

Both stores select columns of the same names. Columns of the tuples stand in the order that their docstring names; both
stores bind them as they are.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

from holdfast.model.instant import Instant
from holdfast.model.job import JobState
from holdfast.model.rule import RuleMemory, RuleRecord
from holdfast.model.subscription import DeliveryRecord, NewDelivery, Subscription
from holdfast.model.trigger import Backfill, FiringRecord, NewFiring, Owner, TriggerRecord
from holdfast.ports import Keep, SubscriptionChange
from holdfast.stores.codec import decode, decode_object, decode_texts, encode, encode_or_null
from holdfast.stores.rows import Row, job_state

FiringRow = tuple[Any, ...]
FIRING_COLUMNS: Final = (
    *("id", "tenant_id", "owner_kind", "owner_id", "trigger_id", "type", "at", "verdict", "reason", "fire_at"),
    *("event_id", "delivery_id", "backfill", "hops", "trigger", "detail", "run_id"),
)


def trigger_record(row: Row) -> TriggerRecord:
    """Of a trigger left joined with its owner: ``owner_name``, ``version`` and ``version_id`` of its workflow's
    newest version, ``priority`` and ``rule`` (the document) of its rule; null where there is none.
    """
    rule: str | None = row["rule"]
    return TriggerRecord(
        row=row["row"],
        tenant=row["tenant_id"],
        owner=Owner(row["owner_kind"], row["owner_id"]),
        owner_name=row["owner_name"] or "",
        id=row["id"],
        type=row["type"],
        document=decode_object(row["document"]),
        created_at=row["created_at"],
        since=row["since"],
        key=row["key"] if row["type"] == "webhook" else None,
        enabled=bool(row["enabled"]),
        paused=bool(row["paused"]),
        present=bool(row["present"]),
        next_at=row["next_at"],
        due_at=row["due_at"],
        priority=row["priority"] or 0,
        version=row["version"] or 0,
        version_id=(row["version_id"] or "") if rule is None else version_of(rule),
        rule=None if rule is None else decode_object(rule),
    )


def version_of(document: str) -> str:
    """What stands for a rule's version: it is another one for another document."""
    return blake2b(document.encode(), digest_size=16).hexdigest()


def firing_row(firing: NewFiring, run_id: str | None = None) -> FiringRow:
    """In the order of ``FIRING_COLUMNS``. A run keeps what expressions saw itself."""
    return (
        firing.id,
        firing.tenant,
        firing.owner.kind,
        firing.owner.id,
        firing.trigger_id,
        firing.type,
        firing.at,
        firing.verdict,
        firing.reason,
        firing.fire_at,
        firing.event_id,
        firing.delivery_id,
        firing.backfill,
        firing.hops,
        encode_or_null(firing.trigger) if run_id is None else None,
        encode_or_null(firing.detail),
        run_id,
    )


def summaries(firings: Iterable[NewFiring]) -> list[tuple[str, str, str]]:
    """(reason, detail, id) of those that started something and say what: jobs of many tenants may have written such a
    firing already, before all of it was known."""
    started = (firing for firing in firings if firing.verdict == "started" and firing.detail is not None)
    return [(firing.reason.replace("\0", "\ufffd"), encode(firing.detail), firing.id) for firing in started]


def firing_record(row: Row, job_ids: Iterable[str] = (), trigger: str | None = None) -> FiringRecord:
    """Of a row of ``firings`` with the jobs that it inserted; ``trigger`` is the text of what expressions saw."""
    return FiringRecord(
        NewFiring(
            id=row["id"],
            tenant=row["tenant_id"],
            owner=Owner(row["owner_kind"], row["owner_id"]),
            trigger_id=row["trigger_id"],
            type=row["type"],
            at=row["at"],
            verdict=row["verdict"],
            reason=row["reason"],
            fire_at=row["fire_at"],
            event_id=row["event_id"],
            delivery_id=row["delivery_id"],
            backfill=row["backfill"],
            hops=row["hops"],
            trigger=None if trigger is None else decode_object(trigger),
            detail=decode(row["detail"]),
        ),
        run_id=row["run_id"],
        job_ids=tuple(job_ids),
    )


def backfill_row(backfill: Backfill) -> tuple[Any, ...]:
    """id, tenant_id, trigger_row, from_at, to_at, concurrency, created_at, next_at, started."""
    return (
        backfill.id,
        backfill.tenant,
        backfill.trigger_row,
        backfill.from_at,
        backfill.to_at,
        backfill.concurrency,
        backfill.created_at,
        backfill.next_at,
        backfill.started,
    )


def backfill_record(row: Row) -> Backfill:
    """Of a row of ``backfills`` with ``going``."""
    return Backfill(
        id=row["id"],
        tenant=row["tenant_id"],
        trigger_row=row["trigger_row"],
        from_at=row["from_at"],
        to_at=row["to_at"],
        concurrency=row["concurrency"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        started=row["started"],
        going=row["going"],
        finished_at=row["finished_at"],
        cancelled_at=row["cancelled_at"],
    )


def rule_record(row: Row) -> RuleRecord:
    return RuleRecord(
        id=row["id"],
        tenant=row["tenant_id"],
        name=row["name"],
        enabled=bool(row["enabled"]),
        priority=row["priority"],
        document=decode_object(row["document"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def memory_row(memory: RuleMemory, now: Instant) -> tuple[Any, ...]:
    """rule_id, tenant_id, attributes, at, count."""
    return (memory.rule_id, memory.tenant, encode(memory.attributes), now, memory.seen + 1)


def rule_memory(rule_id: str, row: Row) -> RuleMemory:
    """Of a row with tenant_id, attributes, count."""
    return RuleMemory(rule_id, row["tenant_id"], decode_object(row["attributes"]), row["count"])


def memory_key(memory: RuleMemory) -> tuple[str, str]:
    return (memory.rule_id, memory.tenant)


def subscription_row(subscription: Subscription) -> tuple[Any, ...]:
    """id, tenant_id, title, url, types, condition, enabled, reason, sealed, previous, previous_until, created_at,
    updated_at, since."""
    return (
        subscription.id,
        subscription.tenant,
        subscription.title,
        subscription.url,
        encode(subscription.types),
        subscription.condition,
        subscription.enabled,
        subscription.reason,
        subscription.sealed,
        subscription.previous,
        subscription.previous_until,
        subscription.created_at,
        subscription.updated_at,
        subscription.since,
    )


def subscription_record(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        tenant=row["tenant_id"],
        url=row["url"],
        types=decode_texts(row["types"]),
        sealed=row["sealed"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        since=row["since"],
        title=row["title"],
        condition=row["condition"],
        enabled=bool(row["enabled"]),
        reason=row["reason"],
        previous=row["previous"],
        previous_until=row["previous_until"],
    )


def changed_subscription(now_is: Subscription, change: SubscriptionChange, now: Instant) -> Subscription:
    """The subscription after a change. The same change again changes nothing more."""
    enabled = now_is.enabled if isinstance(change.enabled, Keep) else change.enabled
    again = enabled and not now_is.enabled
    reason = now_is.reason if isinstance(change.reason, Keep) else change.reason
    renewed = not isinstance(change.sealed, Keep) and change.sealed != now_is.sealed
    return Subscription(
        id=now_is.id,
        tenant=now_is.tenant,
        url=now_is.url if isinstance(change.url, Keep) else change.url,
        types=now_is.types if isinstance(change.types, Keep) else change.types,
        sealed=now_is.sealed if isinstance(change.sealed, Keep) else change.sealed,
        created_at=now_is.created_at,
        updated_at=now,
        since=now if again else now_is.since,
        title=now_is.title if isinstance(change.title, Keep) else change.title,
        condition=now_is.condition if isinstance(change.condition, Keep) else change.condition,
        enabled=enabled,
        reason="" if again else reason,
        previous=now_is.sealed if renewed else now_is.previous,
        previous_until=change.previous_until if renewed else now_is.previous_until,
    )


def delivery_row(delivery: NewDelivery, tenant: str, job_id: str) -> tuple[Any, ...]:
    """subscription_id, job_id, tenant_id, event_id, event_type, at."""
    return (delivery.subscription_id, job_id, tenant, delivery.event_id, delivery.event_type, delivery.at)


def delivery_record(row: Row, now: Instant) -> DeliveryRecord:
    """Of a delivery joined with its job (``state``, ``due_at``, ``attempt``, ``error``, ``result``, ``finished_at``;
    the live row's columns win while there is one); ``state`` is null when the job is gone."""
    gone = row["state"] is None
    return DeliveryRecord(
        NewDelivery(row["subscription_id"], row["event_id"], row["event_type"], row["at"]),
        job_id=row["job_id"],
        state=JobState.CANCELLED.value if gone else job_state(row["state"], row["due_at"], now).value,
        attempts=row["attempt"] or 0,
        error=decode(row["error"]),
        result=decode(row["result"]),
        finished_at=row["finished_at"],
    )
