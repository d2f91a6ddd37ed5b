"""Automation rules and what they remember. A name is taken by the unique index, not by looking first."""

from collections.abc import Collection

import asyncpg

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.rule import NewRule, RuleMemory, RuleRecord
from holdfast.model.trigger import NewTrigger, Owner
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import decode_object, encode, encode_cursor
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.dedupe import take_dedupe
from holdfast.stores.postgres.paging import text_after
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import rules as sql
from holdfast.stores.postgres.trigger_saves import remove_triggers, save_triggers, switch_triggers
from holdfast.stores.trigger_rows import rule_memory, rule_record


class AutomationRules(Part):
    async def create_rule(self, rule: NewRule, trigger: NewTrigger, dedupe: Dedupe | None, now: Instant) -> Accepted:
        async def work(connection: Connection) -> Accepted:
            (earlier,) = await take_dedupe(connection, [(dedupe, (rule.id,))], now)
            if earlier is not None:
                return earlier[0]
            document = encode(rule.document)
            made = await connection.fetch(
                sql.ADD, rule.id, rule.tenant, rule.name, rule.enabled, rule.priority, document, now
            )
            if made:
                await self._save_trigger(connection, rule, trigger, now)
            elif not await connection.fetch(sql.ADDED_BEFORE, rule.id, rule.tenant):
                raise _taken(rule.name)
            return Accepted(rule.id)

        return await self._db.transact(work)

    async def save_rule(self, rule: NewRule, trigger: NewTrigger, now: Instant) -> RuleRecord:
        async def work(connection: Connection) -> None:
            _found(await connection.fetchrow(sql.LOCK_ID, rule.tenant, rule.id) if is_id(rule.id) else None, rule.id)
            document = encode(rule.document)
            try:
                await connection.fetch(sql.CHANGE, rule.id, rule.name, rule.enabled, rule.priority, document, now)
            except asyncpg.UniqueViolationError:
                raise _taken(rule.name) from None
            await self._save_trigger(connection, rule, trigger, now)

        await self._db.transact(work)
        return await self.get_rule(rule.tenant, rule.id)

    async def _save_trigger(self, connection: Connection, rule: NewRule, trigger: NewTrigger, now: Instant) -> None:
        owner = Owner("rule", rule.id)
        await save_triggers(connection, rule.tenant, owner, [trigger], rule.enabled, now, self._rules.new_id)

    async def enable_rule(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> RuleRecord:
        async def work(connection: Connection) -> RuleRecord:
            row = _found(await connection.fetchrow(sql.LOCK, *_wanted(tenant, name_or_id)), name_or_id)
            if row["enabled"] != enabled:
                document = encode({**decode_object(row["document"]), "enabled": enabled})
                await connection.fetch(sql.ENABLE, row["id"], enabled, document, now)
                await switch_triggers(connection, Owner("rule", row["id"]), enabled, now)
            return rule_record(_found(await connection.fetchrow(sql.GET, row["id"]), name_or_id))

        return await self._db.transact(work)

    async def delete_rule(self, tenant: str, name_or_id: str, now: Instant) -> None:
        async def work(connection: Connection) -> None:
            row = _found(await connection.fetchrow(sql.LOCK, *_wanted(tenant, name_or_id)), name_or_id)
            await connection.fetch(sql.DELETE, row["id"])
            await remove_triggers(connection, Owner("rule", row["id"]))

        await self._db.transact(work)

    async def get_rule(self, tenant: str, name_or_id: str) -> RuleRecord:
        return rule_record(_found(await self._db.seen_first(sql.FIND, *_wanted(tenant, name_or_id)), name_or_id))

    async def list_rules(self, tenant: str, cursor: str | None, limit: int) -> Page[RuleRecord]:
        rows = await self._db.seen(sql.LIST, tenant, text_after(cursor) or "", limit + 1)
        items = tuple(rule_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)

    async def rule_memories(self, rule_id: str, tenants: Collection[str]) -> dict[str, RuleMemory]:
        rows = await self._db.fetch(sql.MEMORIES, rule_id, sorted(tenants)) if is_id(rule_id) else ()
        return {row["tenant_id"]: rule_memory(rule_id, row) for row in rows}


def _wanted(tenant: str, name_or_id: str) -> tuple[str, str, str | None]:
    return (tenant, name_or_id.replace("\0", ""), name_or_id if is_id(name_or_id) else None)


def _found(row: Row | None, name_or_id: str) -> Row:
    if row is None:
        raise NotFound(f"no automation rule {name_or_id}")
    return row


def _taken(name: str) -> Conflict:
    return Conflict(f"an automation rule named {name} exists already")
