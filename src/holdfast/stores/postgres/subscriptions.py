"""Event subscriptions, and the deliveries that their events became. Every change raises the listeners' version."""

from holdfast.model.errors import NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.subscription import DeliveryRecord, Subscription
from holdfast.ports import Accepted, Dedupe, SubscriptionChange
from holdfast.stores.codec import encode_cursor
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.dedupe import take_dedupe
from holdfast.stores.postgres.leads import raise_version
from holdfast.stores.postgres.paging import id_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import subscriptions as sql
from holdfast.stores.trigger_rows import changed_subscription, delivery_record, subscription_record, subscription_row


class Subscriptions(Part):
    async def create_subscription(self, subscription: Subscription, dedupe: Dedupe | None, now: Instant) -> Accepted:
        async def work(connection: Connection) -> Accepted:
            (earlier,) = await take_dedupe(connection, [(dedupe, (subscription.id,))], now)
            if earlier is not None:
                return earlier[0]
            if await connection.fetch(sql.ADD, *subscription_row(subscription)):
                await raise_version(connection)
            return Accepted(subscription.id)

        return await self._db.transact(work)

    async def change_subscription(
        self, tenant: str, subscription_id: str, change: SubscriptionChange, now: Instant
    ) -> Subscription:
        async def work(connection: Connection) -> Subscription:
            known = is_id(subscription_id)
            row = await connection.fetchrow(sql.LOCK, subscription_id, tenant) if known else None
            changed = changed_subscription(subscription_record(_found(row, subscription_id)), change, now)
            await connection.fetch(sql.CHANGE, *subscription_row(changed))
            await raise_version(connection)
            return changed

        return await self._db.transact(work)

    async def delete_subscription(self, tenant: str, subscription_id: str) -> None:
        async def work(connection: Connection) -> None:
            if not is_id(subscription_id) or not await connection.fetch(sql.DELETE, subscription_id, tenant):
                raise _unknown(subscription_id)
            await raise_version(connection)

        await self._db.transact(work)

    async def get_subscription(self, tenant: str, subscription_id: str) -> Subscription:
        row = await self._db.seen_first(sql.GET, subscription_id, tenant) if is_id(subscription_id) else None
        return subscription_record(_found(row, subscription_id))

    async def list_subscriptions(self, tenant: str, cursor: str | None, limit: int) -> Page[Subscription]:
        rows = await self._db.seen(sql.LIST, tenant, id_after(cursor), limit + 1)
        items = tuple(subscription_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def list_deliveries(
        self, tenant: str, subscription_id: str, cursor: str | None, limit: int
    ) -> Page[DeliveryRecord]:
        await self.get_subscription(tenant, subscription_id)
        rows = await self._db.seen(sql.LIST_DELIVERIES, subscription_id, tenant, id_after(cursor), limit + 1)
        items = tuple(delivery_record(row, row["now"]) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].job_id) if len(rows) > limit else None)

    async def get_delivery(self, tenant: str, subscription_id: str, job_id: str) -> DeliveryRecord:
        known = is_id(subscription_id) and is_id(job_id)
        row = await self._db.seen_first(sql.GET_DELIVERY, subscription_id, tenant, job_id) if known else None
        if row is None:
            raise NotFound(f"no delivery {job_id} of the subscription {subscription_id}")
        return delivery_record(row, row["now"])


def _found(row: Row | None, subscription_id: str) -> Row:
    if row is None:
        raise _unknown(subscription_id)
    return row


def _unknown(subscription_id: str) -> NotFound:
    return NotFound(f"no event subscription {subscription_id}")
