"""Event subscriptions (webhooks that go out) as values. Their signing secrets are sealed: nobody reads them back."""

from dataclasses import dataclass
from typing import Final

from holdfast.model.instant import Instant

# The kind of the jobs that deliver events. Their own events are never delivered, and start nothing.
DELIVERY_KIND: Final = "event.deliver"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who gets which events. ``types`` are patterns (``*`` at the end: any rest); ``condition`` is over ``event``.

    ``sealed`` is the signing secret; while ``previous_until`` hasn't come the one before it (``previous``) signs too.
    ``reason`` says why it is off, when it wasn't a person who switched it off.
    """

    id: str
    tenant: str
    url: str
    types: tuple[str, ...]
    sealed: bytes
    created_at: Instant
    updated_at: Instant
    since: Instant
    title: str = ""
    condition: str | None = None
    enabled: bool = True
    reason: str = ""
    previous: bytes | None = None
    previous_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event on its way to a subscription: commits with the job that takes it there. A redelivery is one more."""

    subscription_id: str
    event_id: str
    event_type: str
    at: Instant


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery with what its job says of it: ``state``, ``attempts``, ``status`` of the last answer, ``error``."""

    delivery: NewDelivery
    job_id: str
    state: str
    attempts: int
    error: object = None
    result: object = None
    finished_at: Instant | None = None
