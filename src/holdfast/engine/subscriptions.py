"""Event subscriptions as callers see them: webhooks that go out, signed, for events of chosen types.

The signing secret is shown when it is made and never again; it is sealed in the store. After a rotation the one before
it signs too, for a day, so that receivers can be changed over in peace. A subscription whose address answers 410 is
switched off with that reason; enabled again it gets what comes from then on.
"""

import asyncio
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from holdfast.engine.deliveries import Deliveries
from holdfast.engine.repeating import repeated
from holdfast.engine.subscription_drafts import (
    SubscriptionDraft,
    problems_with,
    problems_with_change,
    secret_problems,
)
from holdfast.engine.wakeups import TRIGGERS, Wakeups
from holdfast.model.delivery import OVERLAP, key_of, secret_of
from holdfast.model.errors import Invalid, NotFound
from holdfast.model.event import Event
from holdfast.model.ids import is_id
from holdfast.model.records import Page
from holdfast.model.subscription import DeliveryRecord, Subscription
from holdfast.ports import (
    Accepted,
    Clock,
    Dedupe,
    Entropy,
    NewJobs,
    SealingFailed,
    Store,
    SubscriptionChange,
    Vault,
)

Inserts = list[NewJobs]
_TITLE: Final = "The subscription is not valid"


class Subscriptions:
    """The entrance for event subscriptions. ``outgoing``: their deliveries, for the handler of the jobs."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, entropy: Entropy, wakeups: Wakeups) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self.outgoing = Deliveries(store, vault, clock, entropy, wakeups)

    async def create(self, tenant: str, draft: SubscriptionDraft, dedupe: Dedupe | None = None) -> tuple[Accepted, str]:
        """Makes it; the secret is given this once, and means nothing for a repeat. Raises ``Invalid``."""
        if problems := problems_with(draft):
            raise Invalid(problems, _TITLE)
        now, secret = self._clock.now(), draft.secret or self._new_secret()
        subscription_id = self._entropy.new_id(now)
        made = Subscription(
            id=subscription_id,
            tenant=tenant,
            url=draft.url,
            types=tuple(dict.fromkeys(draft.types)),
            sealed=self._vault.seal(tenant, subscription_id, secret),
            created_at=now,
            updated_at=now,
            since=now,
            title=draft.title,
            condition=draft.condition,
            enabled=draft.enabled,
        )
        accepted = await repeated(
            lambda: self._store.create_subscription(made, dedupe, now), self._clock, self._entropy, now
        )
        self._wakeups.notify({TRIGGERS})
        return accepted, secret

    async def get(self, tenant: str, subscription_id: str) -> Subscription:
        """Raises ``NotFound``."""
        return await self._store.get_subscription(tenant, _known(subscription_id))

    async def list(self, tenant: str, cursor: str | None, limit: int) -> Page[Subscription]:
        """Oldest first."""
        return await self._store.list_subscriptions(tenant, cursor, limit)

    async def change(self, tenant: str, subscription_id: str, change: SubscriptionChange) -> Subscription:
        """Raises ``Invalid`` or ``NotFound``."""
        if problems := problems_with_change(change):
            raise Invalid(problems, _TITLE)
        return await self._change(tenant, _known(subscription_id), change)

    async def delete(self, tenant: str, subscription_id: str) -> None:
        """Deliveries that haven't ended are cancelled when their turn comes. Raises ``NotFound``."""
        await self._store.delete_subscription(tenant, _known(subscription_id))
        self._wakeups.notify({TRIGGERS})

    async def rotate(self, tenant: str, subscription_id: str, secret: str | None = None) -> str:
        """Signs with a new secret from now on, for a day with the old one too; the new one is given this once.

        A ``secret`` that is the current one changes nothing, so such a call may be repeated. Raises ``Invalid``,
        ``NotFound``.
        """
        if secret is not None and (problems := secret_problems(secret)):
            raise Invalid(problems, _TITLE)
        subscription = await self.get(tenant, subscription_id)
        new = secret or self._new_secret()
        if secret is not None and self._is_current(subscription, secret):
            return secret
        sealed = self._vault.seal(tenant, subscription.id, new)
        until = self._clock.now() + OVERLAP
        await self._change(tenant, subscription.id, SubscriptionChange(sealed=sealed, previous_until=until))
        return new

    def secret(self, subscription: Subscription) -> str:
        """The signing secret of a subscription whose making is answered again. Raises ``SealingFailed``."""
        return self._vault.open(subscription.tenant, subscription.id, subscription.sealed)

    async def test(self, tenant: str, subscription_id: str, dedupe: Dedupe | None = None) -> Accepted:
        """Sends it an event ``holdfast.test``; the delivery's job.

        Raises ``NotFound``, or ``Conflict`` while the subscription is off.
        """
        return await self.outgoing.test(await self.get(tenant, subscription_id), dedupe)

    async def deliveries(
        self, tenant: str, subscription_id: str, cursor: str | None, limit: int
    ) -> Page[DeliveryRecord]:
        """Newest first, each with the error of its last attempt. Raises ``NotFound``."""
        page = await self._store.list_deliveries(tenant, _known(subscription_id), cursor, limit)
        told = await asyncio.gather(*(self.outgoing.told(tenant, record) for record in page.items))
        return Page(tuple(told), page.next)

    async def delivery(self, tenant: str, subscription_id: str, job_id: str) -> DeliveryRecord:
        """Raises ``NotFound``."""
        record = await self._store.get_delivery(tenant, _known(subscription_id), job_id)
        return await self.outgoing.told(tenant, record)

    async def redeliver(self, tenant: str, subscription_id: str, job_id: str, dedupe: Dedupe | None = None) -> Accepted:
        """Delivers again what that job delivered, or didn't, under the same ``webhook-id``; the new job.

        Raises ``NotFound``, or ``Conflict`` while the subscription is off.
        """
        return await self.outgoing.redeliver(await self.get(tenant, subscription_id), job_id, dedupe)

    def jobs_for(self, subscriptions: Iterable[Subscription], event: Event) -> Inserts:
        """The deliveries of an event to the subscriptions that it fits: to insert, each is inserted once."""
        return self.outgoing.jobs_for(subscriptions, event)

    async def _change(self, tenant: str, subscription_id: str, change: SubscriptionChange) -> Subscription:
        now = self._clock.now()
        changed = await repeated(
            lambda: self._store.change_subscription(tenant, subscription_id, change, now), self._clock, self._entropy
        )
        self._wakeups.notify({TRIGGERS})
        return changed

    def _is_current(self, subscription: Subscription, secret: str) -> bool:
        try:
            return key_of(self.secret(subscription)) == key_of(secret)
        except SealingFailed:
            return False

    def _new_secret(self) -> str:
        """Of the 256 unguessable bits of two keys."""
        drawn = self._entropy.new_key() + self._entropy.new_key()
        return secret_of(sha256(drawn.encode()).digest())


def _known(subscription_id: str) -> str:
    """What isn't an id can't exist. Raises ``NotFound``."""
    if not is_id(subscription_id):
        raise NotFound("there is no subscription with this id")
    return subscription_id
