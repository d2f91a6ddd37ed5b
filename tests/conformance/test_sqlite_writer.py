"""The SQLite writer: group commit, failures that stay with their caller, other processes, a file's settings."""

import asyncio
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path

import pytest

from holdfast.model.errors import Conflict, HoldfastError, Unavailable
from holdfast.stores.sqlite import connection
from holdfast.stores.sqlite.connection import connect_writer
from holdfast.stores.sqlite.sql import claim, finish, gates, insert, jobs, runs
from holdfast.stores.sqlite.store import SQLiteStore
from holdfast.stores.sqlite.writer import MAX_GROUP, Writer
from tests.conformance.scene import OK, Scene, graph_of, new_id, open_store

ADD = "INSERT INTO numbers VALUES (?)"


class Watched:
    """A writer over a table of numbers, whose commits are counted and which can be held up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits = 0
        database = connect_writer(path)
        database.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY) WITHOUT ROWID")
        database.set_trace_callback(self._see)
        self.writer = Writer(database)

    def _see(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    async def add(self, number: int) -> None:
        await self.writer.run(lambda db: db.execute(ADD, (number,)))

    async def held_up(self, *works: Coroutine[None, None, None]) -> list[BaseException | None]:
        """Lets the works queue up behind a busy writer, then lets it go; what each raised."""
        gate, busy = threading.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait(db: sqlite3.Connection) -> None:
            loop.call_soon_threadsafe(busy.set)
            gate.wait(10)

        first = asyncio.create_task(self.writer.run(wait))
        await busy.wait()
        tasks = [asyncio.create_task(work) for work in works]
        await asyncio.wait(tasks, timeout=0)  # a turn of the loop: all of them are queued now
        self.commits = 0
        gate.set()
        await first
        return [
            error if isinstance(error, BaseException) else None
            for error in await asyncio.gather(*tasks, return_exceptions=True)
        ]

    def numbers(self) -> list[int]:
        with sqlite3.connect(self.path) as database:
            return [row[0] for row in database.execute("SELECT n FROM numbers ORDER BY n")]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    made = Watched(tmp_path / "numbers.db")
    yield made
    await made.writer.close()


async def test_what_queued_up_is_one_commit(watched: Watched) -> None:
    assert set(await watched.held_up(*(watched.add(number) for number in range(50)))) == {None}
    assert watched.commits == 2, "the one that held the writer up, and one for all others"
    assert watched.numbers() == list(range(50))


async def test_a_group_is_bounded(watched: Watched) -> None:
    assert set(await watched.held_up(*(watched.add(number) for number in range(MAX_GROUP + 1)))) == {None}
    assert watched.commits == 3


async def test_an_idle_writer_commits_at_once(watched: Watched) -> None:
    for number in range(3):
        await watched.add(number)
        assert watched.numbers()[-1] == number
    assert watched.commits == 3


async def test_a_work_that_fails_fails_alone(watched: Watched) -> None:
    async def refuse() -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute(ADD, (100,))
            raise Conflict("no")

        await watched.writer.run(work)

    works = (watched.add(1), refuse(), watched.add(1), watched.add(2))
    first, refused, twice, second = await watched.held_up(*works)
    assert (first, second) == (None, None)
    assert isinstance(refused, Conflict)
    assert isinstance(twice, HoldfastError)
    assert watched.numbers() == [1, 2]


async def test_an_error_that_undoes_everything_fails_everybody_and_the_writer_goes_on(watched: Watched) -> None:
    async def undo() -> None:
        await watched.writer.run(lambda db: db.execute("INSERT OR ROLLBACK INTO numbers VALUES (1)"))

    errors = await watched.held_up(watched.add(1), undo(), watched.add(2))
    assert all(isinstance(error, HoldfastError) for error in errors)
    assert watched.numbers() == []
    await watched.add(3)
    assert watched.numbers() == [3]


async def test_a_caller_that_went_away_harms_nobody(watched: Watched) -> None:
    works = [asyncio.create_task(watched.add(number)) for number in (1, 2)]
    await asyncio.wait(works, timeout=0)
    works[0].cancel()
    await works[1]
    assert 2 in watched.numbers()


async def test_closing_finishes_what_is_queued_and_takes_nothing_more(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "numbers.db")
    works = [asyncio.create_task(watched.add(number)) for number in range(20)]
    await asyncio.wait(works, timeout=0)
    await watched.writer.close()
    await asyncio.gather(*works)
    assert watched.numbers() == list(range(20))
    with pytest.raises(Unavailable):
        await watched.add(21)


async def test_a_file_held_by_another_process_is_unavailable_after_some_patience(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    with sqlite3.connect(watched.path, isolation_level=None) as rival:
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            await watched.add(1)
        rival.execute("COMMIT")
    await watched.add(1)


def store_of(url: str) -> SQLiteStore:
    return SQLiteStore(url, graph_of=graph_of, new_id=new_id)


async def test_the_file_is_private_durable_and_bounded(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    await store.open()
    await store.migrate()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    for name in (path, path.with_name(f"{path.name}-wal")):
        assert stat.S_IMODE(name.stat().st_mode) == 0o600
    settings = await store._write(lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS])
    assert dict(zip(SETTINGS, settings, strict=True)) == SETTINGS
    await store.close()


SETTINGS = {"journal_mode": "wal", "synchronous": 2, "auto_vacuum": 2, "wal_autocheckpoint": 2000, "page_size": 8192}


async def test_a_reader_cant_write(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    await store.open()
    await store.migrate()
    with pytest.raises(Unavailable, match="readonly"):
        await store._read(lambda db: db.execute("DELETE FROM queues"))
    await store.close()


async def test_a_file_that_cant_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await store_of(f"sqlite:///{tmp_path}/missing/holdfast.db").open()
    (tmp_path / "text.db").write_text("this is no database, " * 100)
    with pytest.raises(HoldfastError):
        await store_of(f"sqlite:///{tmp_path}/text.db").open()


@pytest.mark.parametrize("url", ["sqlite://relative", "sqlite:///", "file.db", "postgresql://host/name"])
def test_an_address_that_isnt_one_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        store_of(url)


async def test_a_closed_store_is_unavailable_and_can_be_opened_again(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    with pytest.raises(Unavailable):
        await store.list_queues(0)
    await store.open()
    await store.migrate()
    await store.close()
    await store.close()
    with pytest.raises(Unavailable):
        await store.list_queues(0)
    await store.open()
    assert await store.list_queues(0) == []
    await store.close()


async def test_payloads_too_large_for_one_answer_are_claimed_in_portions(sqlite_url: str) -> None:
    store = store_of(sqlite_url)
    await store.open()
    await store.migrate()
    scene = Scene(store, sqlite_url)
    jobs = [scene.job(payload={"text": '"' * 100_000}) for _ in range(10)]
    await scene.insert(*jobs)
    worker = await scene.worker()
    await store._write(lambda db: db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_500_000))
    # By one claim: one that comes back short would tell that there is nothing more.
    assert [job.id for job in await scene.claim(worker, len(jobs))] == [job.id for job in jobs]
    await store.close()


async def test_everything_works_in_memory_too() -> None:
    scene = Scene(await open_store("memory:"), "memory:")
    await scene.store.migrate()
    worker, claimed = await scene.started(scene.job())
    await scene.finish(worker, (claimed, OK))
    assert (await scene.get(claimed)).state.value == "SUCCEEDED"
    assert await scene.sound()
    await scene.store.close()


WANTED: dict[str, object] = {"queue": "q", "tenant": "t", "kinds": "[]", "tags": "[]", "now": 1, "slots": 10}
KEY: dict[str, object] = {"tenant": "t", "key": "k", "now": 1, "limit": 1, "most": 1}
HOT: dict[str, tuple[str, tuple[object, ...] | dict[str, object]]] = {
    "promote": (claim.PROMOTE, ("q", 1)),
    "waiting": (claim.WAITING, WANTED),
    "running": (claim.RUNNING_IN_QUEUE, ("q",)),
    "take": (claim.TAKE, WANTED),
    "start": (claim.START, ("w", 1, "[]")),
    "lock": (finish.LOCK_LIVE, ("[]",)),
    "drop": (finish.DROP_LIVE, ("[]",)),
    "end": (finish.END_JOBS.replace("{rows}", "VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)"), ()),
    "park": (finish.PARK_LIVE.replace("{rows}", "VALUES (1, 2, 3, 4, 5, 6, 7, 8)"), ()),
    "limited": (finish.LIMITED, ("[]",)),
    "limited tenants": (finish.LIMITED_TENANTS, ("[]",)),
    "look at a gate": (gates.LOOK, KEY),
    "promote behind a gate": (gates.PROMOTE, KEY),
    "places taken": (gates.TAKEN, KEY),
    "tokens wanted": (gates.METERED, KEY),
    "returning": (gates.RETURNING, KEY),
    "oldest": (gates.OLDEST, KEY),
    "first": (gates.FIRST, KEY),
    "let through": (gates.LET_THROUGH, (1, "[]")),
    "still waiting": (gates.STILL_WAITING, KEY),
    "due behind gates": (gates.DUE_BEHIND, ("q", 1)),
    "next key": (gates.NEXT_BEHIND, ("t", "k")),
    "overdue": (finish.OVERDUE, (1, 1)),
    "known": (insert.KNOWN_IDS, ("[]",)),
    "holder": (insert.KEY_HOLDER, ("t", "k", 1)),
    "next due": (jobs.NEXT_DUE, {"queues": "[]"}),
    "lock runs": (runs.LOCK_RUNS, ("[]",)),
    "lock nodes": (runs.LOCK_NODES, ("[]",)),
    "active jobs": (runs.ACTIVE_JOBS, ("r",)),
    "expired runs": (runs.EXPIRED, (1, 1)),
}


@pytest.mark.parametrize("name", HOT)
async def test_no_hot_statement_reads_a_table_from_end_to_end(sqlite_url: str, name: str) -> None:
    statement, values = HOT[name]
    store = store_of(sqlite_url)
    await store.open()
    await store.migrate()
    plan = await store._write(lambda db: db.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall())
    await store.close()
    scans = [row["detail"] for row in plan if row["detail"].startswith("SCAN")]
    tables = {"jobs", "live", "runs", "run_nodes", "events", "unhappy", "j", "l", "u", "n"}
    whole = [scan for scan in scans if scan.split()[1] in tables and "live_running" not in scan]
    assert plan
    assert whole == []
