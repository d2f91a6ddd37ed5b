"""Fixtures that every test may use: real servers, one per session, and a fresh database per test.

Servers start when the first test asks for one and end with the session. `store_url` runs a test on both
stores; a test that asks for `postgres_url` or `sqlite_url` runs on that one. On PostgreSQL the newest schema is there
already; `empty_postgres_url` is for tests of what stands before it.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.databases import Databases
from tests.support.examples import examples
from tests.support.postgres import PostgresServer
from tests.support.privileges import new_folder
from tests.support.smtp import SmtpServer
from tests.support.valkey import ValkeyServer

STORES = ("sqlite", "postgres")

# A deadline per example measures the machine's load, not the code; pytest's time limit holds for the test.
settings.register_profile("holdfast", deadline=None, max_examples=examples(100))
settings.load_profile("holdfast")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that are given more time than the others come first, so that none goes on alone at the end."""

    def given(item: pytest.Item) -> float:
        limit = item.get_closest_marker("timeout")
        return float(limit.args[0]) if limit is not None and limit.args else 0.0

    items.sort(key=given, reverse=True)


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay until the end: the collector needn't look at them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the session. A test that crashes or restarts it takes its own instead."""
    with PostgresServer(in_memory=True) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresServer) -> Iterator[Databases]:
    made = Databases(postgres_server)
    yield made
    made.close()


@pytest.fixture
def empty_postgres_url(databases: Databases) -> Iterator[str]:
    """A fresh database without any table."""
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """A fresh database with the newest schema, and nothing in it."""
    url = databases.migrated()
    yield url
    databases.drop(url)


@pytest.fixture
def sqlite_url() -> Iterator[str]:
    """A database file that doesn't exist yet, on the memory file system where there is one, as the servers' are."""
    folder = new_folder("holdfast-sqlite-", None, in_memory=True)
    yield f"sqlite:///{folder / 'holdfast.db'}"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=STORES)
def store_url(request: pytest.FixtureRequest) -> str:
    """A fresh store with nothing in it; the test runs once for each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def valkey_server(shared_valkey: ValkeyServer) -> ValkeyServer:
    """The session's server, emptied."""
    shared_valkey.wipe()
    return shared_valkey
