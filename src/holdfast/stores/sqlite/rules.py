"""The ``RuleStore`` part of the port on SQLite."""

import sqlite3
from collections.abc import Collection
from typing import Any

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page
from holdfast.model.rule import NewRule, RuleMemory, RuleRecord
from holdfast.model.trigger import NewTrigger, Owner
from holdfast.ports import Accepted, Dedupe
from holdfast.stores.codec import decode_cursor, encode, encode_cursor
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.session import Rules as Needs
from holdfast.stores.sqlite.session import Session
from holdfast.stores.sqlite.sql import rules as sql
from holdfast.stores.sqlite.trigger_saves import remove_triggers, save_triggers, switch_triggers
from holdfast.stores.trigger_rows import rule_memory, rule_record


class AutomationRules(Session):
    async def create_rule(self, rule: NewRule, trigger: NewTrigger, dedupe: Dedupe | None, now: Instant) -> Accepted:
        return await self._write(lambda db: create(db, self._rules, rule, trigger, dedupe, now))

    async def save_rule(self, rule: NewRule, trigger: NewTrigger, now: Instant) -> RuleRecord:
        return await self._write(lambda db: save(db, self._rules, rule, trigger, now))

    async def enable_rule(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> RuleRecord:
        def work(db: sqlite3.Connection) -> RuleRecord:
            rule = rule_record(find(db, tenant, name_or_id))
            if rule.enabled == enabled:
                return rule
            document = encode({**rule.document, "enabled": enabled})
            db.execute(sql.REPLACE, (rule.name, enabled, rule.priority, document, now, rule.id))
            switch_triggers(db, Owner("rule", rule.id), enabled, now)
            return rule_record(find(db, tenant, rule.id))

        return await self._write(work)

    async def delete_rule(self, tenant: str, name_or_id: str, now: Instant) -> None:
        def work(db: sqlite3.Connection) -> None:
            rule_id: str = find(db, tenant, name_or_id)["id"]
            db.execute(sql.DELETE, (rule_id,))
            remove_triggers(db, Owner("rule", rule_id))

        await self._write(work)

    async def get_rule(self, tenant: str, name_or_id: str) -> RuleRecord:
        return rule_record(await self._read(lambda db: find(db, tenant, name_or_id)))

    async def list_rules(self, tenant: str, cursor: str | None, limit: int) -> Page[RuleRecord]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]
        rows = await self._read(lambda db: db.execute(sql.LIST, (tenant, after, limit + 1)).fetchall())
        items = tuple(rule_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)

    async def rule_memories(self, rule_id: str, tenants: Collection[str]) -> dict[str, RuleMemory]:
        rows = await self._read(lambda db: db.execute(sql.MEMORIES, (rule_id, id_list(tenants))).fetchall())
        return {row["tenant_id"]: rule_memory(rule_id, row) for row in rows}


def create(
    db: sqlite3.Connection, needs: Needs, rule: NewRule, trigger: NewTrigger, dedupe: Dedupe | None, now: Instant
) -> Accepted:
    """Raises ``Conflict`` when the name is taken; the same call again answers as the first did."""
    if db.execute(sql.BY_ID, (rule.id, rule.tenant)).fetchone() is not None:
        return Accepted(rule.id)
    if dedupe is not None:
        earlier = seen(db, dedupe, [rule.id], now)
        if earlier is not None:
            return earlier[0]
        keep(db, dedupe, [rule.id])
    _refuse_namesake(db, rule)
    db.execute(sql.ADD, (*_settings(rule, now), rule.id, rule.tenant, now))
    save_triggers(db, rule.tenant, Owner("rule", rule.id), [trigger], rule.enabled, now, needs.new_id)
    return Accepted(rule.id)


def save(db: sqlite3.Connection, needs: Needs, rule: NewRule, trigger: NewTrigger, now: Instant) -> RuleRecord:
    """Raises ``NotFound``; ``Conflict`` when a new name is taken; the same call again changes nothing more."""
    if db.execute(sql.BY_ID, (rule.id, rule.tenant)).fetchone() is None:
        raise NotFound(f"no automation rule {rule.id}")
    _refuse_namesake(db, rule)
    db.execute(sql.REPLACE, (*_settings(rule, now), rule.id))
    save_triggers(db, rule.tenant, Owner("rule", rule.id), [trigger], rule.enabled, now, needs.new_id)
    return rule_record(find(db, rule.tenant, rule.id))


def find(db: sqlite3.Connection, tenant: str, name_or_id: str) -> sqlite3.Row:
    """An id wins over a name that looks like one. Raises ``NotFound``."""
    for statement in (sql.BY_ID, sql.BY_NAME):
        row: sqlite3.Row | None = db.execute(statement, (name_or_id, tenant)).fetchone()
        if row is not None:
            return row
    raise NotFound(f"no automation rule {name_or_id}")


def _refuse_namesake(db: sqlite3.Connection, rule: NewRule) -> None:
    namesake = db.execute(sql.BY_NAME, (rule.name, rule.tenant)).fetchone()
    if namesake is not None and namesake["id"] != rule.id:
        raise Conflict(f"an automation rule named {rule.name} exists already")


def _settings(rule: NewRule, now: Instant) -> tuple[Any, ...]:
    return (rule.name, rule.enabled, rule.priority, encode(rule.document), now)
