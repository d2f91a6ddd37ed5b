"""Fresh databases for tests, on one server: empty ones, and copies of one that has the newest schema already.

A copy costs a third of what an empty one and its migration do. One connection makes and drops them all, because a
program started for each statement costs more than the statement. Whatever is still connected to a dropped one is cut.
"""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor

import psycopg

from holdfast.compose import open_store
from holdfast.settings import load
from tests.support.postgres import PostgresServer

_TEMPLATE = "migrated"


class Databases:
    """Makes and drops databases of a running server. Close it before the server ends."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._connection = psycopg.connect(server.url(), autocommit=True)
        self._numbers = itertools.count(1)
        self._template: str | None = None

    def empty(self) -> str:
        """The address of a database without any table."""
        return self._create("template1")

    def migrated(self) -> str:
        """The address of a database with the newest schema."""
        if self._template is None:
            url = self._create("template1", _TEMPLATE)
            # In a thread of its own: the test's thread has an event loop that this must not touch.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _migrate(url)).result()
            self._template = _TEMPLATE
        return self._create(self._template)

    def drop(self, url: str) -> None:
        self._do(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def close(self) -> None:
        self._connection.close()

    def _create(self, template: str, name: str | None = None) -> str:
        name = name or f"test_{next(self._numbers)}"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._server.url(name)

    def _do(self, statement: str) -> None:
        self._connection.execute(statement.encode())


async def _migrate(url: str) -> None:
    store = await open_store(load(database_url=url, secret_key="k" * 40))
    try:
        await store.migrate()
    finally:
        await store.close()
