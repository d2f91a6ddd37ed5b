"""Workflows and their immutable versions, saved with their triggers.

A workflow's row is locked while a version is added, so versions are numbered without a gap. A name is taken by the
unique index, not by looking first.
"""

from collections.abc import Collection, Mapping

import asyncpg

from holdfast.model.errors import Conflict, NotFound
from holdfast.model.ids import is_id
from holdfast.model.instant import Instant
from holdfast.model.records import Page, VersionRecord, WorkflowRecord
from holdfast.model.trigger import Owner
from holdfast.ports import Accepted, Dedupe, NewVersion
from holdfast.stores.codec import encode, encode_cursor
from holdfast.stores.expected import check_newest
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.dedupe import take_dedupe
from holdfast.stores.postgres.paging import number_after, text_after
from holdfast.stores.postgres.part import Part, Rules
from holdfast.stores.postgres.sql import workflows as sql
from holdfast.stores.postgres.sql.triggers import HOOKS
from holdfast.stores.postgres.trigger_saves import remove_triggers, save_triggers, switch_triggers
from holdfast.stores.rows import version_record, workflow_record


class Workflows(Part):
    async def create_workflow(self, version: NewVersion, now: Instant, dedupe: Dedupe | None) -> Accepted:
        async def work(connection: Connection) -> Accepted:
            (earlier,) = await take_dedupe(connection, [(dedupe, (version.workflow_id,))], now)
            if earlier is not None:
                return earlier[0]
            made = await connection.fetch(
                sql.ADD, version.workflow_id, version.tenant, version.name, version.version_id, now
            )
            if made:
                await _add_version(connection, self._rules, version, 1, now, version.workflow_id, True)
            elif not await connection.fetch(sql.ADDED_BEFORE, version.workflow_id, version.tenant):
                raise _taken(version.name)
            return Accepted(version.workflow_id)

        return await self._db.transact(work)

    async def save_version(
        self, tenant: str, name_or_id: str, version: NewVersion, now: Instant, expect: int | None = None
    ) -> WorkflowRecord:
        async def work(connection: Connection) -> str:
            row = await _locked(connection, tenant, name_or_id)
            if not await connection.fetch(sql.VERSION_EXISTS, version.version_id, row["id"]):
                check_newest(row["version"], expect)
                number = row["version"] + 1
                try:
                    await connection.fetch(sql.RAISE_VERSION, row["id"], version.name, number, version.version_id, now)
                except asyncpg.UniqueViolationError:
                    raise _taken(version.name) from None
                await _add_version(connection, self._rules, version, number, now, row["id"], row["enabled"])
            found: str = row["id"]
            return found

        return await self._record(await self._db.transact(work), None)

    async def set_enabled(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> WorkflowRecord:
        async def work(connection: Connection) -> str:
            row = await _locked(connection, tenant, name_or_id)
            found: str = row["id"]
            if row["enabled"] != enabled:
                await connection.fetch(sql.SET_ENABLED, found, enabled, now)
                await switch_triggers(connection, Owner("workflow", found), enabled, now)
            return found

        return await self._record(await self._db.transact(work), None)

    async def delete_workflow(self, tenant: str, name_or_id: str, now: Instant) -> None:
        async def work(connection: Connection) -> None:
            row = await _locked(connection, tenant, name_or_id)
            await connection.fetch(sql.DELETE, row["id"], now)
            await remove_triggers(connection, Owner("workflow", row["id"]))

        await self._db.transact(work)

    async def get_workflow(self, tenant: str, name_or_id: str, version: int | None = None) -> WorkflowRecord:
        return await self._record((await self._find(tenant, name_or_id))["id"], version)

    async def list_workflows(self, tenant: str, cursor: str | None, limit: int) -> Page[WorkflowRecord]:
        rows = await self._db.seen(sql.LIST, tenant, text_after(cursor), limit + 1)
        hooks = await self._hooks([row["id"] for row in rows])
        items = tuple(workflow_record(row, hooks.get(row["id"], [])) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].name) if len(rows) > limit else None)

    async def list_versions(self, tenant: str, name_or_id: str, cursor: str | None, limit: int) -> Page[VersionRecord]:
        row = await self._find(tenant, name_or_id)
        rows = await self._db.seen(sql.LIST_VERSIONS, row["id"], number_after(cursor), limit + 1)
        items = tuple(version_record(row) for row in rows[:limit])
        return Page(items, encode_cursor(items[-1].version) if len(rows) > limit else None)

    async def get_version(self, version_id: str) -> VersionRecord:
        row = await self._db.first(sql.GET_VERSION, version_id) if is_id(version_id) else None
        if row is None:
            raise NotFound(f"no workflow version {version_id}")
        return version_record(row)

    async def get_versions(self, version_ids: Collection[str]) -> list[VersionRecord]:
        known = [version_id for version_id in version_ids if is_id(version_id)]
        return [version_record(row) for row in await self._db.fetch(sql.GET_VERSIONS, known)]

    async def _find(self, tenant: str, name_or_id: str) -> Row:
        return _found(await self._db.seen_first(sql.FIND, *_wanted(tenant, name_or_id)), name_or_id)

    async def _record(self, workflow_id: str, version: int | None) -> WorkflowRecord:
        row = await self._db.seen_first(sql.GET, workflow_id, version)
        if row is None:
            raise NotFound(f"the workflow has no version {version}")
        return workflow_record(row, (await self._hooks([workflow_id])).get(workflow_id, []))

    async def _hooks(self, workflow_ids: list[str]) -> Mapping[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in await self._db.seen(HOOKS, workflow_ids) if workflow_ids else ():
            found.setdefault(row["owner_id"], []).append(row)
        return found


def _wanted(tenant: str, name_or_id: str) -> tuple[str, str, str | None]:
    return (tenant, name_or_id.replace("\0", ""), name_or_id if is_id(name_or_id) else None)


def _found(row: Row | None, name_or_id: str) -> Row:
    if row is None:
        raise NotFound(f"no workflow {name_or_id}")
    return row


async def _locked(connection: Connection, tenant: str, name_or_id: str) -> Row:
    return _found(await connection.fetchrow(sql.LOCK, *_wanted(tenant, name_or_id)), name_or_id)


def _taken(name: str) -> Conflict:
    return Conflict(f"a workflow named {name} exists already")


async def _add_version(
    connection: Connection,
    rules: Rules,
    version: NewVersion,
    number: int,
    now: Instant,
    workflow_id: str,
    enabled: bool,
) -> None:
    tenant, definition = version.tenant, encode(version.definition)
    said = (version.author, version.message)
    await connection.fetch(sql.ADD_VERSION, version.version_id, workflow_id, tenant, number, definition, now, *said)
    owner = Owner("workflow", workflow_id)
    await save_triggers(connection, tenant, owner, version.triggers, enabled, now, rules.new_id)
