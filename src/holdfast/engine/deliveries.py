"""Deliveries: each is a job of its own, inserted with the record that it is one.

The dispatcher inserts one for each subscription that an event fits, once (``jobs_for``); a test and a redelivery are
inserted by hand. A redelivery is another job for the same event, so its ``webhook-id`` is the same.

For the jobs' handler this is ``ports.Receivers``. Only a job that was inserted as a delivery is signed: a job of the
same kind that somebody else inserted is refused there.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from holdfast.engine.repeating import repeated
from holdfast.engine.wakeups import EVENTS, TRIGGERS, Wakeups, queue_topic
from holdfast.model.delivery import (
    POLICY,
    TEST_TYPE,
    TIMEOUT,
    key_of,
    message_of,
    webhook_id,
)
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.event import Event
from holdfast.model.instant import DAY, Instant, Micros
from holdfast.model.job import DEFAULT_QUEUE, NewJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.subscription import DELIVERY_KIND, DeliveryRecord, NewDelivery, Subscription
from holdfast.ports import (
    Accepted,
    Clock,
    Dedupe,
    Entropy,
    NewJobs,
    NotReceiving,
    Receiver,
    SealingFailed,
    Store,
    SubscriptionChange,
    Vault,
)

# How many deliveries of a subscription run at once: a receiver that hangs mustn't hold all of a worker's slots.
AT_ONCE: Final = 20
# Longer than any downtime after which the dispatcher goes on.
_REMEMBER: Final[Micros] = 30 * DAY
_GONE: Final = "its address answered 410 Gone: nothing is received there any more"


class Deliveries:
    """Makes deliveries, and tells their handler where they go."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, entropy: Entropy, wakeups: Wakeups) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups

    def jobs_for(self, subscriptions: Iterable[Subscription], event: Event) -> list[NewJobs]:
        """What to insert for subscriptions that this event fits; inserted again, each is a duplicate."""
        now, message = self._clock.now(), message_of(event)
        made = []
        for subscription in subscriptions:
            dedupe = Dedupe(subscription.tenant, f"deliver:{subscription.id}", event.cursor, "", now + _REMEMBER)
            delivery = NewDelivery(subscription.id, event.cursor, event.type, now)
            made.append(self._jobs(subscription, message, delivery, dedupe))
        return made

    async def test(self, subscription: Subscription, dedupe: Dedupe | None) -> Accepted:
        """Sends an event ``holdfast.test`` to this subscription alone, whatever types and condition it has."""
        _check_on(subscription)
        now = self._clock.now()
        event = Event(
            cursor=f"test-{self._entropy.new_id(now)}",
            tenant=subscription.tenant,
            type=TEST_TYPE,
            at=now,
            data={"subscription": subscription.id},
            run_id=None,
            node_id=None,
            job_id=None,
        )
        delivery = NewDelivery(subscription.id, event.cursor, event.type, now)
        return await self._insert(self._jobs(subscription, message_of(event), delivery, dedupe), now)

    async def redeliver(self, subscription: Subscription, job_id: str, dedupe: Dedupe | None) -> Accepted:
        """Raises ``NotFound``, or ``Conflict`` while the subscription is off."""
        found = await self._store.get_delivery(subscription.tenant, subscription.id, job_id)
        _check_on(subscription)
        payload = (await self._store.get_job(subscription.tenant, job_id)).payload
        if not isinstance(payload, dict):
            raise NotFound("what this delivery told isn't kept any more")
        now = self._clock.now()
        delivery = replace(found.delivery, at=now)
        return await self._insert(self._jobs(subscription, payload.get("event"), delivery, dedupe), now)

    async def told(self, tenant: str, record: DeliveryRecord) -> DeliveryRecord:
        """The record with what its last attempt came to, also while there is another one to come."""
        if record.attempts == 0 or record.error is not None or record.finished_at is not None:
            return record
        try:
            job = await self._store.get_job(tenant, record.job_id)
        except NotFound:  # pruned since the record was read
            return record
        error = next((change.error for change in reversed(job.changes) if isinstance(change.error, dict)), None)
        return record if error is None else replace(record, error=_without_traceback(error))

    async def receiver(self, tenant: str, subscription_id: str, job_id: str) -> Receiver:
        """``Receivers.receiver``."""
        try:
            subscription = await self._store.get_subscription(tenant, subscription_id)
        except NotFound:
            raise NotReceiving("the subscription was deleted") from None
        if not subscription.enabled:
            raise NotReceiving(f"the subscription is off{f': {subscription.reason}' if subscription.reason else ''}")
        try:
            await self._store.get_delivery(tenant, subscription_id, job_id)
        except NotFound:
            raise NotReceiving("this job wasn't made by an event of the subscription") from None
        return Receiver(subscription.url, self._keys(subscription))

    async def gone(self, tenant: str, subscription_id: str, url: str) -> None:
        """``Receivers.gone``."""
        try:
            subscription = await self._store.get_subscription(tenant, subscription_id)
            if subscription.url != url or not subscription.enabled:
                return
            change = SubscriptionChange(enabled=False, reason=_GONE)
            await self._store.change_subscription(tenant, subscription_id, change, self._clock.now())
        except NotFound:
            return
        self._wakeups.notify({TRIGGERS})

    def _keys(self, subscription: Subscription) -> tuple[bytes, ...]:
        until = subscription.previous_until
        sealed = [subscription.sealed]
        if subscription.previous is not None and until is not None and self._clock.now() < until:
            sealed.append(subscription.previous)
        try:
            return tuple(key_of(self._vault.open(subscription.tenant, subscription.id, each)) for each in sealed)
        except SealingFailed as error:
            way_out = "rotate it, or give this process the key that it was sealed with"
            raise SealingFailed(f"the signing secret of the subscription {error}; {way_out}") from None

    def _jobs(self, subscription: Subscription, message: JSON, delivery: NewDelivery, dedupe: Dedupe | None) -> NewJobs:
        job = NewJob(
            id=self._entropy.new_id(delivery.at),
            tenant=subscription.tenant,
            kind=DELIVERY_KIND,
            created_at=delivery.at,
            due_at=delivery.at,
            correlation_id=webhook_id(delivery.event_id),
            payload={"subscription": subscription.id, "event": message},
            retry=POLICY,
            timeout=TIMEOUT,
            concurrency_key=f"deliver:{subscription.id}",
            concurrency_limit=AT_ONCE,
        )
        return NewJobs((job,), dedupe, delivery=delivery)

    async def _insert(self, jobs: NewJobs, now: Instant) -> Accepted:
        (accepted,) = await repeated(lambda: self._store.insert_jobs([jobs], now), self._clock, self._entropy, now)
        self._wakeups.notify({queue_topic(DEFAULT_QUEUE), EVENTS})
        return accepted[0]


def _without_traceback(error: JSONObject) -> JSONObject:
    """An attempt's error as its job would end with it."""
    return {name: value for name, value in error.items() if name != "traceback"}


def _check_on(subscription: Subscription) -> None:
    """Raises ``Conflict``."""
    if not subscription.enabled:
        raise Conflict("the subscription is off and gets nothing; enable it first")
