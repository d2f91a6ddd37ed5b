"""The store on PostgreSQL (14 and later), through asyncpg and SQL of our own.

Every process may open it. Transactions are READ COMMITTED with row locks in id order: a workflow's row where places are
given away, runs, live rows, then gates. Only a delivery takes a workflow's row after runs, which is why those who hold
one never wait for a run. No transaction locks a run and its child: they tell each other by mail. Times come from the
caller; ids are made by the caller. See ``connection`` for what happens when the database goes away.
"""

from holdfast.stores.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
