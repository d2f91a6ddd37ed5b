"""The SQLite store: the parts of the port, put together, and its life: open, migrate, close."""

from holdfast.model.instant import Instant
from holdfast.stores.sqlite import schema
from holdfast.stores.sqlite.clock import host_now
from holdfast.stores.sqlite.jobs import Jobs


class SQLiteStore(Jobs):
    """``Store`` on one file. Several processes of one host may open it; each has its own writer thread."""

    async def migrate(self) -> list[str]:
        return await self._write(lambda db: schema.migrate(db, host_now()))

    async def pending_migrations(self) -> list[str]:
        return await self._read(lambda db: [migration.name for migration in schema.pending(db)])

    async def clock(self) -> Instant:
        return host_now()
