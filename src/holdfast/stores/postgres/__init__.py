"""The store on PostgreSQL (14 and later), through asyncpg and SQL of our own.

Every process may open it. Transactions are READ COMMITTED with row locks in id order; times come from the caller; ids
are made by the caller. See ``connection`` for what happens when the database goes away.
"""

from holdfast.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
