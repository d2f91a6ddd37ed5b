"""One SQLite file, several stores in one process, and other processes that come and go: nothing committed is lost.

A second store in a process (the heart's) must not cost the first one its locks: a process that opened the file and left
would then be the last one, as it sees it, and would delete the WAL that this process goes on writing to.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.scene import Scene, open_store

VISIT = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("SELECT count(*) FROM jobs").fetchone()[0])
db.close()
"""


def visit(path: Path) -> int:
    """What another process finds; it opens the file and leaves again."""
    done = subprocess.run([sys.executable, "-c", VISIT, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def unlinked(path: Path) -> list[str]:
    """The files of this store that this process has open and that have no name any more."""
    targets = [_target(link) for link in Path("/proc/self/fd").iterdir()]
    return [target for target in targets if str(path) in target and "(deleted)" in target]


def _target(link: Path) -> str:
    """Where a descriptor leads; empty when it was closed meanwhile (the listing's own)."""
    try:
        return str(link.readlink())
    except OSError:
        return ""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
async def test_visitors_never_unlink_the_wal_of_a_living_store(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    first = await open_store(sqlite_url)
    await first.migrate()
    second = await open_store(sqlite_url)
    scene, other = Scene(first, sqlite_url), Scene(second, sqlite_url)
    try:
        await scene.insert(scene.job())
        await other.insert(other.job())
        assert visit(path) == 2
        assert visit(path) == 2
        assert unlinked(path) == []
        await scene.insert(scene.job())
        assert visit(path) == 3
    finally:
        await second.close()
        await first.close()
    assert visit(path) == 3
