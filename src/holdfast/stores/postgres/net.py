"""Row-level security, as a second net under the tenant condition of every read on a caller's behalf.

The tables of tenants have a policy for the role ``holdfast_tenant``: it sees rows of the tenant that its session names
(``holdfast.tenant``; none: nothing), and those of other tables through the row that they are part of. Everybody else is
let through: the engine's own work, and applications that insert jobs in their own transactions, are as before.

Modes: *spread* (``migrate`` made the role and the policies), or *off*: who migrates may neither make the role nor
become it. ``doctor`` says which; nothing else depends on it.
"""

from typing import Any

import asyncpg

from holdfast.stores.postgres.sql import net as sql


async def spread(connection: Any) -> bool:
    """Makes the role and what policies are missing; False where that isn't allowed. In one transaction."""
    try:
        async with connection.transaction():
            await _become(connection)
            covered = {row["tablename"] for row in await connection.fetch(sql.COVERED)}
            for table, condition in sql.conditions().items():
                if table not in covered:
                    await connection.execute(_policy(table, condition))
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


async def _become(connection: Any) -> None:
    if not await connection.fetchval(sql.MAY):
        if not await connection.fetchval(sql.THERE, sql.ROLE):
            await _make(connection)
        if not await connection.fetchval(sql.MAY):
            await connection.execute(f"GRANT {sql.ROLE} TO CURRENT_USER")
    schema = await connection.fetchval(sql.SCHEMA)
    await connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {sql.ROLE}")


async def _make(connection: Any) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"CREATE ROLE {sql.ROLE} NOLOGIN")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        pass  # roles belong to the server: another database's migration made it at the same moment


def _policy(table: str, condition: str) -> str:
    """A restriction only narrows what something else allows; that is open to all, as if there were no security."""
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everybody ON {table} USING (true) WITH CHECK (true);
        CREATE POLICY of_tenant ON {table} AS RESTRICTIVE TO {sql.ROLE} USING ({condition});
        GRANT SELECT {sql.COLUMNS.get(table, "")} ON {table} TO {sql.ROLE};
    """
