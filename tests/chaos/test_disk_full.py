"""The disk is full: writes are refused and say so, reads go on, nothing accepted is lost, and work goes on by itself
once there is room again.

Two ways: a limit on the size of the process's files, which any user can set, and a small file system of its own, which
needs the right to mount one; there PostgreSQL is starved, too.
"""

import resource
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.verdict import judge
from tests.support.postgres import PostgresServer
from tests.support.waiting import NeverHappened, eventually, eventually_sync

pytestmark = pytest.mark.chaos

# A payload that needs new pages each time: a store may compress what repeats itself.
BULK = 300_000
MEBIBYTE = 1 << 20
SHORT, LONG = "2s", "60s"
LEASES = [LONG, pytest.param(SHORT, marks=pytest.mark.chaos)]


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A file system of this size, gone afterwards."""
    folder.mkdir(mode=0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0777", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"this user can't mount a file system: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the user of a PostgreSQL server can get through, too."""
    with tempfile.TemporaryDirectory(prefix="holdfast-disk-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


class Ballast:
    """A file that takes all the room of its file system until it is dropped."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self) -> None:
        with self._file.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * MEBIBYTE)
        with self._file.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def drop(self) -> None:
        self._file.unlink()


async def refused(cluster: Cluster) -> None:
    """Inserts until the store can't keep any more; every refusal is a 503, never a broken promise."""

    async def told() -> bool:
        body = {"kind": "task:carry", "payload": {"bulk": secrets.token_urlsafe(BULK)}}
        status, answer = await cluster.caller.attempt("POST", "/api/v1/jobs", body)
        if status == 201:
            cluster.caller.accepted.add(answer["id"])
            return False
        assert status == 503, answer
        assert answer["title"]
        return True

    await eventually(told, 30)


async def survives(cluster: Cluster, url: str, *, full: Iterator[None], reads: bool = True) -> None:
    """The scenario: some work done, some running, some waiting; full; room again; all of it ends."""
    caller, ledger, up = cluster.caller, cluster.ledger, cluster["up"]
    done = await caller.insert("record", 10)
    await caller.all_ended()
    running = await caller.insert("hold", 5, payload={"gate": "open"})
    await eventually(lambda: set(running) <= ledger.begun_by(up.pid))
    later = await caller.insert("record", 5, delay="1s")
    next(full)
    await refused(cluster)
    if reads:
        status, shown = await caller.attempt("GET", f"/api/v1/jobs/{done[0]}")
        assert (status, shown.get("state")) == (200, "SUCCEEDED"), shown
    cluster.open_gate("open")
    # With a long lease they are still at work and done now, when that can't be recorded: it is kept until it can. With
    # a short one they were stopped, as nobody could be told that they are alive, and run again later.
    if cluster.lease == LONG:
        await eventually(lambda: set(running) <= {entry.job for entry in ledger.entries("done")})
    next(full)
    again = await caller.insert("record", 5)
    await caller.all_ended()
    assert up.returncode is None
    judged = await judge(url, ledger, caller.accepted)
    assert {str(judged[job_id].state) for job_id in [*done, *running, *later, *again]} == {"SUCCEEDED"}
    for job_id in running if cluster.lease == LONG else []:
        assert [change.reason for change in judged[job_id].changes] == ["inserted", "claimed", "succeeded"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("lease", LEASES)
async def test_files_that_may_not_grow(sqlite_url: str, tmp_path: Path, lease: str) -> None:
    """SQLite's files have reached the limit of the process."""
    async with Cluster(sqlite_url, tmp_path, lease=lease) as cluster:
        await cluster.up()
        pid = cluster["up"].pid

        def full() -> Iterator[None]:
            unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (MEBIBYTE, unlimited[1]))
            yield
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
            yield

        await survives(cluster, sqlite_url, full=full())


@pytest.mark.chaos
@pytest.mark.timeout(120)
@pytest.mark.parametrize("lease", [LONG, SHORT])
async def test_a_full_disk_under_sqlite(tmp_path: Path, lease: str) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        url = f"sqlite:///{disk / 'holdfast.db'}"
        async with Cluster(url, tmp_path, lease=lease) as cluster:
            await cluster.up()
            await survives(cluster, url, full=filling(disk))


@pytest.mark.chaos
@pytest.mark.timeout(180)
@pytest.mark.parametrize("lease", [LONG, SHORT])
async def test_a_full_disk_under_postgres(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch, lease: str
) -> None:
    """Where its log can't grow, PostgreSQL stops by itself; whoever looks after it makes room and starts it again."""
    with small_disk(open_folder / "disk", 192) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        with PostgresServer({"max_wal_size": "64MB", "min_wal_size": "32MB"}) as server:
            monkeypatch.undo()
            assert any(disk.iterdir()), "the server is elsewhere"
            url = server.create_database("holdfast")
            async with Cluster(url, tmp_path, lease=lease) as cluster:
                await cluster.up()
                await survives(cluster, url, full=filling_postgres(disk, server), reads=False)


def filling(disk: Path) -> Iterator[None]:
    """First the disk is full, then there is room again."""
    ballast = Ballast(disk)
    ballast.fill()
    yield
    ballast.drop()
    yield


def filling_postgres(disk: Path, server: PostgresServer) -> Iterator[None]:
    steps = filling(disk)
    yield next(steps)
    next(steps)
    try:
        eventually_sync(lambda: answers(server), 3)
    except NeverHappened:
        server.kill()
        server.resume()
    yield


def answers(server: PostgresServer) -> bool:
    try:
        return server.execute("SELECT 1") == "1"
    except RuntimeError:
        return False
