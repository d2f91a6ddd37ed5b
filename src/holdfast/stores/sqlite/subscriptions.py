"""Event subscriptions on SQLite and the deliveries to them. What they listen to is part of ``Listeners``."""

import sqlite3

from holdfast.model.errors import NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.subscription import DeliveryRecord, Subscription
from holdfast.ports import Accepted, Dedupe, SubscriptionChange
from holdfast.stores.codec import decode_cursor, encode_cursor
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.job_reads import AFTER_ALL_IDS
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import subscriptions as sql
from holdfast.stores.sqlite.trigger_saves import raise_version
from holdfast.stores.trigger_rows import (
    changed_subscription,
    delivery_record,
    subscription_record,
    subscription_row,
)


class Subscriptions(Session):
    async def create_subscription(self, subscription: Subscription, dedupe: Dedupe | None, now: Instant) -> Accepted:
        return await self._write(lambda db: create(db, subscription, dedupe, now))

    async def change_subscription(
        self, tenant: str, subscription_id: str, change: SubscriptionChange, now: Instant
    ) -> Subscription:
        def work(db: sqlite3.Connection) -> Subscription:
            changed = changed_subscription(get(db, tenant, subscription_id), change, now)
            db.execute(sql.REPLACE, subscription_row(changed))
            raise_version(db)
            return changed

        return await self._write(work)

    async def delete_subscription(self, tenant: str, subscription_id: str) -> None:
        def work(db: sqlite3.Connection) -> None:
            get(db, tenant, subscription_id)
            db.execute(sql.DELETE, (subscription_id, tenant))
            raise_version(db)

        await self._write(work)

    async def get_subscription(self, tenant: str, subscription_id: str) -> Subscription:
        return await self._read(lambda db: get(db, tenant, subscription_id))

    async def list_subscriptions(self, tenant: str, cursor: str | None, limit: int) -> Page[Subscription]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(sql.LIST, (tenant, after, limit + 1)).fetchall())
        items = tuple(subscription_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def list_deliveries(
        self, tenant: str, subscription_id: str, cursor: str | None, limit: int
    ) -> Page[DeliveryRecord]:
        before = AFTER_ALL_IDS if cursor is None else decode_cursor(cursor, str)[0]

        def work(db: sqlite3.Connection) -> Page[DeliveryRecord]:
            get(db, tenant, subscription_id)
            rows = db.execute(sql.LIST_DELIVERIES, (subscription_id, before, limit + 1)).fetchall()
            items = tuple(delivery_record(row, host_now()) for row in rows[:limit])
            return Page(items, encode_cursor(items[-1].job_id) if len(rows) > limit else None)

        return await self._read(work)

    async def get_delivery(self, tenant: str, subscription_id: str, job_id: str) -> DeliveryRecord:
        def work(db: sqlite3.Connection) -> DeliveryRecord:
            get(db, tenant, subscription_id)
            row = db.execute(sql.GET_DELIVERY, (subscription_id, job_id)).fetchone()
            if row is None:
                raise NotFound(f"no delivery {job_id} of the subscription {subscription_id}")
            return delivery_record(row, host_now())

        return await self._read(work)


def create(db: sqlite3.Connection, subscription: Subscription, dedupe: Dedupe | None, now: Instant) -> Accepted:
    """The same call again answers as the first did."""
    if db.execute(sql.GET, (subscription.id, subscription.tenant)).fetchone() is not None:
        return Accepted(subscription.id)
    if dedupe is not None:
        earlier = seen(db, dedupe, [subscription.id], now)
        if earlier is not None:
            return earlier[0]
        keep(db, dedupe, [subscription.id])
    db.execute(sql.ADD, subscription_row(subscription))
    raise_version(db)
    return Accepted(subscription.id)


def get(db: sqlite3.Connection, tenant: str, subscription_id: str) -> Subscription:
    """Raises ``NotFound``."""
    row = db.execute(sql.GET, (subscription_id, tenant)).fetchone()
    if row is None:
        raise NotFound(f"no event subscription {subscription_id}")
    return subscription_record(row)
