"""Taking away all that a deleted tenant had, a portion at a time, each a write of its own, so that others come between.

Modes of a tenant whose ``delete_at`` has come. *Ending*: something of it runs; it is asked to stop, and nothing is
taken away, so that no attempt writes for a tenant that is gone. (Nothing more starts: the tenant is suspended. What
doesn't answer is rescued, and doesn't start again.) *Going*: what nothing refers to any more goes first, the tenant's
own row last. A crash leaves whole portions; the next call, of any process, goes on.
"""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from holdfast.model.instant import Instant
from holdfast.stores.belongings import OF_JOBS, OF_RUNS, OWNED, PARTS, Parts
from holdfast.stores.sqlite.bulk import id_list
from holdfast.stores.sqlite.session import Session

# tenants are few
_DOOMED: Final = "SELECT id FROM tenants WHERE delete_at <= ? ORDER BY delete_at, id"
# live_running
_RUNNING: Final = "SELECT 1 FROM live INDEXED BY live_running WHERE state = 'RUNNING' AND tenant_id = ? LIMIT 1"
_STOP: Final = """
UPDATE live SET cancel_requested = 1 WHERE job_id IN (
  SELECT job_id FROM live INDEXED BY live_running WHERE state = 'RUNNING' AND tenant_id = ?)"""
# jobs_tenant
_JOBS: Final = "SELECT id, run_id FROM jobs INDEXED BY jobs_tenant WHERE tenant_id = ? ORDER BY id LIMIT ?"
# runs_tenant
_RUNS: Final = "SELECT id FROM runs INDEXED BY runs_tenant WHERE tenant_id = ? AND body IS NULL ORDER BY id LIMIT ?"
# from end to end: those that had jobs are gone with them
_BODIES: Final = "SELECT id FROM runs WHERE tenant_id = ? AND body IS NOT NULL LIMIT ?"
_KEYS: Final = "SELECT {key} FROM {table} WHERE tenant_id = ? LIMIT ?"
_PRIMARY: Final = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
_DROP: Final = "DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {table} WHERE {condition} LIMIT ?)"
_SERVICES: Final = """
DELETE FROM users WHERE kind = 'service' AND id IN (SELECT user_id FROM memberships WHERE tenant_id = ?)"""
_TENANT: Final = "DELETE FROM tenants WHERE id = ?"
# How many jobs or runs one portion looks at: each has parts.
_AT_ONCE: Final = 200


class Purge(Session):
    async def purge_tenants(self, now: Instant, limit: int = 500) -> int:
        doomed = await self._read(lambda db: [row["id"] for row in db.execute(_DOOMED, (now,))])
        for tenant in doomed:
            deleted = await self._purge(tenant, limit)
            if deleted:
                return deleted
        return 0

    async def _purge(self, tenant: str, limit: int) -> int:
        def work(db: sqlite3.Connection) -> int:
            if db.execute(_RUNNING, (tenant,)).fetchone() is not None:
                db.execute(_STOP, (tenant,))
                return 0
            return Portion(db, tenant, limit).take()

        return await self._write(work)


class Portion:
    """One transaction's part of what is to go."""

    def __init__(self, db: sqlite3.Connection, tenant: str, limit: int) -> None:
        self._db = db
        self._tenant = tenant
        self._limit = limit
        self._left = limit

    def take(self) -> int:
        """How many rows went; less than the limit when the tenant is among them."""
        if self._everything():
            self._left -= self._db.execute(_TENANT, (self._tenant,)).rowcount
        return self._limit - self._left

    def _everything(self) -> bool:
        """False when there is more than fits into this portion."""
        for of, statement in (
            (OF_JOBS, _JOBS),
            (OF_RUNS, _RUNS),
            (OF_RUNS, _BODIES),
            *((parts, _KEYS.format(key=parts.key, table=parts.table)) for parts in PARTS),
        ):
            if not self._with_parts(of, statement):
                return False
        for table in OWNED:
            if table == "memberships":
                self._left -= self._db.execute(_SERVICES, (self._tenant,)).rowcount
            self._drop(table, "tenant_id = ?", self._tenant)
            if self._left <= 0:
                return False
        return True

    def _with_parts(self, of: Parts, statement: str) -> bool:
        while self._left > 0:
            rows = self._db.execute(statement, (self._tenant, min(_AT_ONCE, self._left))).fetchall()
            if not rows:
                return True
            if of is OF_JOBS:
                # Runs of bodies are in no index of their tenant's, but their jobs know them.
                self._keys(OF_RUNS, (row["run_id"] for row in rows if row["run_id"] is not None))
            self._keys(of, (row[0] for row in rows))
        return False

    def _keys(self, of: Parts, keys: Iterable[str]) -> None:
        listed = id_list(keys)
        for table, column in of.children:
            self._drop(table, f"{column} IN (SELECT value FROM json_each(?))", listed)
        self._drop(of.table, f"tenant_id = ? AND {of.key} IN (SELECT value FROM json_each(?))", self._tenant, listed)

    def _drop(self, table: str, condition: str, *values: Any) -> None:
        """Nothing of a table goes before all that was to go before it has."""
        if self._left > 0:
            statement = _drop_of(self._db, table, condition)
            self._left -= self._db.execute(statement, (*values, self._left)).rowcount


@lru_cache(maxsize=100)
def _statement(table: str, keys: tuple[str, ...], condition: str) -> str:
    return _DROP.format(table=table, keys=", ".join(keys), condition=condition)


def _drop_of(db: sqlite3.Connection, table: str, condition: str) -> str:
    """By the table's primary key: not every table has row ids."""
    keys = tuple(row["name"] for row in db.execute(_PRIMARY, (table,))) or ("rowid",)
    return _statement(table, keys, condition)
