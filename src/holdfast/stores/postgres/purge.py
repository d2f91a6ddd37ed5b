"""Taking away all that a deleted tenant had, a portion at a time, each in a short transaction of its own.

Modes of a tenant whose ``delete_at`` has come. *Ending*: something of it runs; it is asked to stop, and nothing is
taken away, so that no attempt writes for a tenant that is gone. (Nothing more starts: the tenant is suspended. What
doesn't answer is rescued, and doesn't start again.) *Going*: what nothing refers to any more goes first, the tenant's
own row last. A crash leaves whole portions; the next call, of any process, goes on. Two at once take turns.
"""

from collections.abc import Sequence
from typing import Any, Final

from holdfast.model.instant import Instant
from holdfast.stores.belongings import OF_JOBS, OF_RUNS, OWNED, PARTS, Parts
from holdfast.stores.postgres.connection import Connection
from holdfast.stores.postgres.part import Part

# tenants: few
DOOMED: Final = "SELECT id FROM tenants WHERE delete_at <= $1 ORDER BY delete_at, id"
TURN: Final = "SELECT id FROM tenants WHERE id = $1 AND delete_at <= $2 FOR NO KEY UPDATE SKIP LOCKED"
# live_running, which is as short as all workers' slots
STOP: Final = """
WITH running AS MATERIALIZED (SELECT job_id FROM live WHERE state = 'RUNNING' AND tenant_id = $1),
     asked AS (
         UPDATE live l SET cancel_requested = true FROM running r WHERE l.job_id = r.job_id AND NOT l.cancel_requested
     )
SELECT count(*) FROM running
"""
# jobs: primary key (tenant_id, id)
JOBS: Final = "SELECT id, run_id FROM jobs WHERE tenant_id = $1 ORDER BY id LIMIT $2"
# runs_by_tenant
RUNS: Final = "SELECT id FROM runs WHERE tenant_id = $1 AND body IS NULL ORDER BY id LIMIT $2"
# runs_of_bodies, from end to end: those that had jobs are gone with them.
BODIES: Final = "SELECT id FROM runs WHERE tenant_id = $1 AND body IS NOT NULL LIMIT $2"
KEYS: Final = "SELECT {key} FROM {table} WHERE tenant_id = $1 LIMIT $2"
DROP: Final = """
WITH gone AS (
    DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT $1)) RETURNING 1
)
SELECT count(*) FROM gone
"""
# memberships, users: primary keys; both at once, since one refers to the other
SERVICES: Final = """
WITH gone AS (
    DELETE FROM memberships m USING users u
    WHERE m.tenant_id = $1 AND u.id = m.user_id AND u.kind = 'service' RETURNING m.user_id
), users AS (
    DELETE FROM users u USING gone WHERE u.id = gone.user_id RETURNING u.id
)
SELECT count(*) FROM users
"""
TENANT: Final = "DELETE FROM tenants WHERE id = $1"
# How many jobs or runs one portion looks at: each has parts.
AT_ONCE: Final = 200


class Purge(Part):
    async def purge_tenants(self, now: Instant, limit: int = 500) -> int:
        for row in await self._db.fetch(DOOMED, now):
            deleted = await self._purge(row["id"], now, limit)
            if deleted:
                return deleted
        return 0

    async def _purge(self, tenant: str, now: Instant, limit: int) -> int:
        async def work(connection: Connection) -> int:
            if not await connection.fetch(TURN, tenant, now) or await connection.fetchval(STOP, tenant):
                return 0
            return await Portion(connection, tenant, limit).take()

        return await self._db.transact(work)


class Portion:
    """One transaction's part of what is to go."""

    def __init__(self, connection: Connection, tenant: str, limit: int) -> None:
        self._connection = connection
        self._tenant = tenant
        self._limit = limit
        self._left = limit

    async def take(self) -> int:
        """How many rows went; less than the limit when the tenant is among them."""
        if await self._everything():
            await self._connection.fetch(TENANT, self._tenant)
            self._left -= 1
        return self._limit - self._left

    async def _everything(self) -> bool:
        """False when there is more than fits into this portion."""
        for of, statement in (
            (OF_JOBS, JOBS),
            (OF_RUNS, RUNS),
            (OF_RUNS, BODIES),
            *((parts, KEYS.format(key=parts.key, table=parts.table)) for parts in PARTS),
        ):
            if not await self._with_parts(of, statement):
                return False
        for table in OWNED:
            if table == "memberships":
                self._left -= int(await self._connection.fetchval(SERVICES, self._tenant))
            await self._drop(table, "tenant_id = $2", self._tenant)
            if self._left <= 0:
                return False
        return True

    async def _with_parts(self, of: Parts, statement: str) -> bool:
        while self._left > 0:
            rows = await self._connection.fetch(statement, self._tenant, min(AT_ONCE, self._left))
            if not rows:
                return True
            if of is OF_JOBS:
                # Runs of bodies are in no index of their tenant's, but their jobs know them.
                await self._keys(OF_RUNS, [row["run_id"] for row in rows if row["run_id"] is not None])
            await self._keys(of, [row[0] for row in rows])
        return False

    async def _keys(self, of: Parts, keys: Sequence[Any]) -> None:
        for table, column in of.children:
            await self._drop(table, f"{column} = ANY ($2::uuid[])", keys)
        await self._drop(of.table, f"tenant_id = $2 AND {of.key} = ANY ($3::uuid[])", self._tenant, keys)

    async def _drop(self, table: str, condition: str, *values: Any) -> None:
        """Nothing of a table goes before all that was to go before it has."""
        if self._left > 0:
            statement = DROP.format(table=table, condition=condition)
            self._left -= int(await self._connection.fetchval(statement, self._left, *values))
