"""The ``WorkflowStore`` part of the port on SQLite. Versions are only ever added."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.instant import Instant
from holdfast.model.records import Page, VersionRecord, WorkflowRecord
from holdfast.model.trigger import Owner
from holdfast.ports import Accepted, Dedupe, NewVersion
from holdfast.stores.codec import decode_cursor, encode, encode_cursor
from holdfast.stores.expected import check_newest
from holdfast.stores.rows import version_record, workflow_record
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.dedupe import keep, seen
from holdfast.stores.sqlite.session import Rules, Session
from holdfast.stores.sqlite.sql import workflows as sql
from holdfast.stores.sqlite.sql.triggers import HOOKS
from holdfast.stores.sqlite.trigger_saves import remove_triggers, save_triggers, switch_triggers

_MANY_VERSIONS: Final = 1 << 62


class Workflows(Session):
    async def create_workflow(self, version: NewVersion, now: Instant, dedupe: Dedupe | None) -> Accepted:
        return await self._write(lambda db: create(db, self._rules, version, now, dedupe))

    async def save_version(
        self, tenant: str, name_or_id: str, version: NewVersion, now: Instant, expect: int | None = None
    ) -> WorkflowRecord:
        return await self._write(lambda db: save(db, self._rules, tenant, name_or_id, version, now, expect))

    async def set_enabled(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> WorkflowRecord:
        def work(db: sqlite3.Connection) -> WorkflowRecord:
            workflow_id = find(db, tenant, name_or_id)["id"]
            db.execute(sql.ENABLE, (enabled, now, workflow_id))
            switch_triggers(db, Owner("workflow", workflow_id), enabled, now)
            return get(db, tenant, name_or_id, None)

        return await self._write(work)

    async def delete_workflow(self, tenant: str, name_or_id: str, now: Instant) -> None:
        def work(db: sqlite3.Connection) -> None:
            workflow_id = find(db, tenant, name_or_id)["id"]
            db.execute(sql.DELETE, (now, now, workflow_id))
            remove_triggers(db, Owner("workflow", workflow_id))

        await self._write(work)

    async def get_workflow(self, tenant: str, name_or_id: str, version: int | None = None) -> WorkflowRecord:
        return await self._read(lambda db: get(db, tenant, name_or_id, version))

    async def list_workflows(self, tenant: str, cursor: str | None, limit: int) -> Page[WorkflowRecord]:
        after = "" if cursor is None else decode_cursor(cursor, str)[0]

        def work(db: sqlite3.Connection) -> Page[WorkflowRecord]:
            rows = db.execute(sql.LIST, (tenant, after, limit + 1)).fetchall()
            items = tuple(_with_hooks(db, rows[:limit]))
            return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)

        return await self._read(work)

    async def list_versions(self, tenant: str, name_or_id: str, cursor: str | None, limit: int) -> Page[VersionRecord]:
        before = _MANY_VERSIONS if cursor is None else decode_cursor(cursor, int)[0]

        def work(db: sqlite3.Connection) -> Page[VersionRecord]:
            workflow_id = find(db, tenant, name_or_id)["id"]
            rows = db.execute(sql.LIST_VERSIONS, (workflow_id, before, limit + 1)).fetchall()
            items = tuple(version_record(row) for row in rows[:limit])
            return Page(items, encode_cursor(items[-1].version) if len(rows) > limit else None)

        return await self._read(work)

    async def get_version(self, version_id: str) -> VersionRecord:
        row = await self._read(lambda db: db.execute(sql.VERSION_BY_ID, (version_id,)).fetchone())
        if row is None:
            raise NotFound(f"no workflow version {version_id}")
        return version_record(row)

    async def get_versions(self, version_ids: Collection[str]) -> list[VersionRecord]:
        rows = await self._read(lambda db: db.execute(sql.VERSIONS_BY_ID, (id_list(version_ids),)).fetchall())
        return [version_record(row) for row in rows]


def create(db: sqlite3.Connection, rules: Rules, version: NewVersion, now: Instant, dedupe: Dedupe | None) -> Accepted:
    """Raises ``Conflict`` when the name is taken; the same call again answers as the first did."""
    if db.execute(sql.VERSION_BY_ID, (version.version_id,)).fetchone() is not None:
        return Accepted(version.workflow_id)
    if dedupe is not None:
        earlier = seen(db, dedupe, [version.workflow_id], now)
        if earlier is not None:
            return earlier[0]
        keep(db, dedupe, [version.workflow_id])
    if db.execute(sql.BY_NAME, (version.name, version.tenant)).fetchone() is not None:
        raise Conflict(f"there is a workflow {version.name} already")
    values = _values(version, version.workflow_id, 1, now)
    db.execute(sql.ADD, values)
    db.execute(sql.ADD_VERSION, values)
    owner = Owner("workflow", version.workflow_id)
    save_triggers(db, version.tenant, owner, version.triggers, True, now, rules.new_id)
    return Accepted(version.workflow_id)


def save(
    db: sqlite3.Connection,
    rules: Rules,
    tenant: str,
    name_or_id: str,
    version: NewVersion,
    now: Instant,
    expect: int | None,
) -> WorkflowRecord:
    """Raises ``NotFound``; ``Conflict`` when the newest version isn't the expected one or a new name is taken.

    The same call again answers as the first did.
    """
    known = db.execute(sql.VERSION_BY_ID, (version.version_id,)).fetchone()
    if known is not None:
        return get(db, tenant, known["workflow_id"], None)
    current = find(db, tenant, name_or_id)
    check_newest(current["version"], expect)
    workflow_id: str = current["id"]
    namesake = db.execute(sql.BY_NAME, (version.name, tenant)).fetchone()
    if namesake is not None and namesake["id"] != workflow_id:
        raise Conflict(f"there is another workflow {version.name} already")
    values = _values(version, workflow_id, current["version"] + 1, now)
    db.execute(sql.ADD_VERSION, values)
    db.execute(sql.RAISE, values)
    owner = Owner("workflow", workflow_id)
    save_triggers(db, tenant, owner, version.triggers, bool(current["enabled"]), now, rules.new_id)
    return get(db, tenant, workflow_id, None)


def _values(version: NewVersion, workflow_id: str, number: int, now: Instant) -> Mapping[str, object]:
    return {
        "workflow_id": workflow_id,
        "version_id": version.version_id,
        "tenant": version.tenant,
        "name": version.name,
        "version": number,
        "definition": encode(version.definition),
        "now": now,
        "author": version.author,
        "message": version.message,
    }


def find(db: sqlite3.Connection, tenant: str, name_or_id: str) -> sqlite3.Row:
    """The newest version of an existing workflow. An id wins over a name that looks like one. Raises ``NotFound``."""
    for statement in (sql.BY_ID, sql.BY_NAME):
        row: sqlite3.Row | None = db.execute(statement, (name_or_id, tenant)).fetchone()
        if row is not None:
            return row
    raise NotFound(f"no workflow {name_or_id}")


def get(db: sqlite3.Connection, tenant: str, name_or_id: str, version: int | None) -> WorkflowRecord:
    """Raises ``NotFound``."""
    record = _with_hooks(db, [find(db, tenant, name_or_id)])[0]
    if version is None or version == record.version:
        return record
    row = db.execute(sql.VERSION_BY_NUMBER, (record.id, version)).fetchone()
    if row is None:
        raise NotFound(f"workflow {record.name} has no version {version}")
    older = version_record(row)
    return replace(record, version=version, version_id=older.id, definition=older.definition)


def _with_hooks(db: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> list[WorkflowRecord]:
    found = list(rows)
    hooks: dict[str, list[sqlite3.Row]] = {}
    for hook in db.execute(HOOKS, (id_list(row["id"] for row in found),)):
        hooks.setdefault(hook["owner_id"], []).append(hook)
    return [workflow_record(row, hooks.get(row["id"], ())) for row in found]
