"""Leads on SQLite: what one process at a time has, each with a text that stays when it is given back."""

import sqlite3
from typing import Final

from holdfast.model.instant import Instant
from holdfast.stores.sqlite.session import Session

# primary key. What reaches beyond twice the time that is asked for was taken before the clock was set back.
_ADD: Final = "INSERT INTO leads (name) VALUES (?) ON CONFLICT (name) DO NOTHING"
_TAKE: Final = """
UPDATE leads SET holder = ?2, held_until = ?4
WHERE name = ?1 AND (holder IS NULL OR holder = ?2 OR held_until <= ?3 OR held_until > ?4 + (?4 - ?3)) RETURNING text"""
_WRITE: Final = "UPDATE leads SET text = ? WHERE name = ? AND holder = ?"
_LET_GO: Final = "UPDATE leads SET holder = NULL, held_until = NULL WHERE name = ? AND holder = ?"


class Leads(Session):
    async def hold(self, name: str, holder: str, now: Instant, until: Instant) -> str | None:
        def work(db: sqlite3.Connection) -> str | None:
            db.execute(_ADD, (name,))
            rows = db.execute(_TAKE, (name, holder, now, until)).fetchall()
            return rows[0]["text"] if rows else None

        return await self._write(work)

    async def write_held(self, name: str, holder: str, text: str) -> bool:
        return await self._write(lambda db: db.execute(_WRITE, (text, name, holder)).rowcount == 1)

    async def let_go(self, name: str, holder: str) -> None:
        await self._write(lambda db: db.execute(_LET_GO, (name, holder)))
