"""The PostgreSQL launcher: real, durable, fresh per test, and it can be crashed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.support import postgres_binaries
from tests.support.ports import answers
from tests.support.postgres import PostgresServer
from tests.support.privileges import Unprivileged, new_folder
from tests.support.waiting import eventually, eventually_sync


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


async def test_answers_as_a_durable_server(empty_postgres_url: str) -> None:
    connection = await asyncpg.connect(empty_postgres_url)
    try:
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SHOW TimeZone") == "UTC"
    finally:
        await connection.close()


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_gets_an_empty_database(postgres_server: PostgresServer, empty_postgres_url: str, time: str) -> None:
    database = empty_postgres_url.rsplit("/", 1)[1]
    postgres_server.execute("CREATE TABLE fresh (id int)", database)
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert postgres_server.execute(tables, database) == "1"


def test_copies_a_template(postgres_server: PostgresServer) -> None:
    postgres_server.create_database("pattern")
    postgres_server.execute("CREATE TABLE kept AS SELECT 42 AS answer", "pattern")
    postgres_server.create_database("copied", template="pattern")
    assert postgres_server.execute("SELECT answer FROM kept", "copied") == "42"
    for name in ("copied", "pattern"):
        postgres_server.drop_database(name)


async def test_cuts_connections(postgres_server: PostgresServer, empty_postgres_url: str) -> None:
    connection = await asyncpg.connect(empty_postgres_url)
    assert postgres_server.terminate_backends(empty_postgres_url.rsplit("/", 1)[1]) == 1
    await eventually(connection.is_closed)


def test_a_wrong_statement_says_why(postgres_server: PostgresServer) -> None:
    with pytest.raises(RuntimeError, match="no_such_table"):
        postgres_server.execute("SELECT * FROM no_such_table")


def test_committed_rows_survive_a_crash_and_a_restart(own_server: PostgresServer) -> None:
    url = own_server.url()
    own_server.execute("CREATE TABLE kept AS SELECT 1 AS id")
    own_server.kill()
    assert not answers(own_server.port)
    own_server.resume()
    own_server.execute("INSERT INTO kept VALUES (2)")
    own_server.restart()
    assert own_server.url() == url
    assert own_server.execute("SELECT sum(id) FROM kept") == "3"
    own_server.stop()
    assert not answers(own_server.port)


def test_the_server_ends_when_its_test_process_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from tests.support.postgres import PostgresServer\n"
        "server = PostgresServer()\n"
        "server.start()\n"
        "print(server.port, server._folder, flush=True)\n"
        "time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, text=True) as orphan:
        assert orphan.stdout is not None
        port, folder = orphan.stdout.readline().split()
        assert answers(int(port))
        orphan.send_signal(signal.SIGKILL)
    eventually_sync(lambda: not answers(int(port)))
    eventually_sync(lambda: not Path(folder).exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another user")
def test_programs_out_of_reach_are_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    user = Unprivileged.here()
    assert user is not None
    binaries = postgres_binaries.find()
    copies = new_folder("holdfast-copies-", user)
    monkeypatch.setattr(Unprivileged, "can", lambda self, *command: False)
    copied = postgres_binaries.reachable(binaries, user, copies / "programs")
    monkeypatch.undo()
    assert copied.is_relative_to(copies)
    assert user.can(copied / "postgres", "--version")
    subprocess.run(["rm", "-rf", copies], check=True)
