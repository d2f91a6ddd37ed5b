"""Event subscriptions and their deliveries as JSON."""

from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.instant import Instant, format_instant
from holdfast.model.subscription import DeliveryRecord, Subscription


class SubscriptionShape(TypedDict):
    """Who gets which events. `reason` says why it is off when no person switched it off.

    `secret` is there only in the answer that made it. `previous_secret_until`: until then deliveries are signed with
    the secret before it too.
    """

    id: str
    title: str
    url: str
    types: list[str]
    condition: str | None
    enabled: bool
    reason: str
    previous_secret_until: str | None
    created_at: str
    updated_at: str
    secret: NotRequired[str | None]


class SubscriptionsShape(TypedDict):
    """A page of subscriptions, oldest first."""

    items: list[SubscriptionShape]
    next: str | None


class RotatedShape(TypedDict):
    """A new signing secret; `secret` is shown this once."""

    id: str
    secret: str
    previous_secret_until: str | None


class DeliveryShape(TypedDict):
    """An event on its way to a subscription; `id` is that of the job that takes it there.

    `state` and `attempts` are that job's, `status` that of the last answer; `error` may hold the beginning of it.
    """

    id: str
    event: str
    type: str
    at: str
    state: str
    attempts: int
    status: int | None
    error: JsonValue
    finished_at: str | None


class DeliveriesShape(TypedDict):
    """A page of deliveries, newest first."""

    items: list[DeliveryShape]
    next: str | None


def subscription_shape(subscription: Subscription, now: Instant) -> SubscriptionShape:
    return {
        "id": subscription.id,
        "title": subscription.title,
        "url": subscription.url,
        "types": list(subscription.types),
        "condition": subscription.condition,
        "enabled": subscription.enabled,
        "reason": subscription.reason,
        "previous_secret_until": previous_until(subscription, now),
        "created_at": format_instant(subscription.created_at),
        "updated_at": format_instant(subscription.updated_at),
    }


def previous_until(subscription: Subscription, now: Instant) -> str | None:
    """Until when the secret before signs too; null when it doesn't."""
    until = subscription.previous_until
    return None if subscription.previous is None or until is None or until <= now else moment(until)


def delivery_shape(record: DeliveryRecord) -> DeliveryShape:
    error = record.error if isinstance(record.error, dict) else None
    told = (source.get("status") for source in (record.result, error) if isinstance(source, dict))
    return {
        "id": record.job_id,
        "event": record.delivery.event_id,
        "type": record.delivery.event_type,
        "at": format_instant(record.delivery.at),
        "state": record.state,
        "attempts": record.attempts,
        "status": next((status for status in told if isinstance(status, int)), None),
        "error": error,
        "finished_at": moment(record.finished_at),
    }
