"""The store's subscriptions and secrets. What holds for every method is said in ``ports``."""

from collections.abc import Collection
from typing import Protocol

from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.secret import SealedSecret
from holdfast.model.subscription import DeliveryRecord, Subscription
from holdfast.ports.values import Accepted, Dedupe, SubscriptionChange


class SubscriptionStore(Protocol):
    async def create_subscription(
        self, subscription: Subscription, dedupe: Dedupe | None, now: Instant
    ) -> Accepted: ...

    async def change_subscription(
        self, tenant: str, subscription_id: str, change: SubscriptionChange, now: Instant
    ) -> Subscription:
        """Switched on again, it gets what comes from ``now`` on, and its reason is gone. Raises ``NotFound``."""
        ...

    async def delete_subscription(self, tenant: str, subscription_id: str) -> None:
        """Deliveries under way end by themselves. Raises ``NotFound``."""
        ...

    async def get_subscription(self, tenant: str, subscription_id: str) -> Subscription: ...

    async def list_subscriptions(self, tenant: str, cursor: str | None, limit: int) -> Page[Subscription]:
        """Oldest first."""
        ...

    async def list_deliveries(
        self, tenant: str, subscription_id: str, cursor: str | None, limit: int
    ) -> Page[DeliveryRecord]:
        """Newest first. Raises ``NotFound``."""
        ...

    async def get_delivery(self, tenant: str, subscription_id: str, job_id: str) -> DeliveryRecord:
        """Raises ``NotFound``."""
        ...

    async def put_secret(self, secret: SealedSecret, now: Instant, seen: bytes | None = None) -> SealedSecret:
        """Makes it, or replaces what the tenant has under that name (id and ``created_at`` stay: the value must have
        been sealed for that id, see ``get_secrets``). With ``seen`` only in the place of that sealed value. What is
        kept now; it isn't what was given when another was in its place."""
        ...

    async def get_secrets(self, tenant: str, names: Collection[str]) -> dict[str, SealedSecret]:
        """By name; unknown ones are left out."""
        ...

    async def list_secrets(self, tenant: str, cursor: str | None, limit: int) -> Page[SealedSecret]:
        """By name."""
        ...

    async def delete_secret(self, tenant: str, name: str) -> None:
        """Raises ``NotFound``."""
        ...


class SealingFailed(Exception):
    """A sealed value that this process's key doesn't open: another key, or something was changed."""


class Vault(Protocol):
    """Seals secrets so that the store never sees them; bound to their tenant and id."""

    def seal(self, tenant: str, secret_id: str, value: str) -> bytes: ...

    def open(self, tenant: str, secret_id: str, sealed: bytes) -> str:
        """Raises ``SealingFailed``."""
        ...
