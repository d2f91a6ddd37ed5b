"""Leads that one process at a time has, and the counter that tells of every change of what events may start.

A lead is one row, taken and renewed by one statement: of two that want it at once the second meets the first's row. Who
holds a lead does so until the time it gave; afterwards the first who asks gets it. It saves work and settles nothing:
whoever acts under a lead that it has lost does what another may do too.
"""

from holdfast.model.instant import Instant
from holdfast.stores.postgres.connection import PROMPT, Connection
from holdfast.stores.postgres.part import Part
from holdfast.stores.postgres.sql import leads as sql


class Leads(Part):
    async def hold(self, name: str, holder: str, now: Instant, until: Instant) -> str | None:
        text: str | None = await self._db.value(sql.HOLD, name, holder, now, until, patience=PROMPT)
        return text

    async def write_held(self, name: str, holder: str, text: str) -> bool:
        return bool(await self._db.fetch(sql.WRITE, name, holder, text, patience=PROMPT))

    async def let_go(self, name: str, holder: str) -> None:
        await self._db.fetch(sql.LET_GO, name, holder, patience=PROMPT)

    async def listener_version(self) -> int:
        return int(await self._db.value(sql.VERSION) or 0)


async def raise_version(connection: Connection) -> None:
    """Says that something of what events may start has changed. The last lock that a transaction takes."""
    await connection.fetch(sql.RAISE)
