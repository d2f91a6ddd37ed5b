"""How a SQLite file is opened: where it lies, its settings, and what its errors mean.

WAL with ``synchronous=FULL``: a commit is on disk before anybody is told. The WAL is bounded by automatic checkpoints
and truncated; freed pages go back in small steps (incremental vacuum). A file is created with mode 0600 in a directory
that exists. Transactions are begun and ended by us, never by the driver.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from holdfast.model.errors import HoldfastError, Unavailable

OLDEST: Final = (3, 33, 0)  # UPDATE … FROM
BUSY_SECONDS: Final = 15.0
_SETTINGS: Final = (
    "PRAGMA page_size = 8192",
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -65536",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = FAST",
)
_READER_SETTINGS: Final = ("PRAGMA query_only = ON", "PRAGMA cache_size = -16384", "PRAGMA temp_store = MEMORY")


def path_of(url: str) -> Path | None:
    """The file of ``sqlite:///relative`` or ``sqlite:////absolute``; None for ``memory:``. Raises ``ValueError``."""
    if url == "memory:":
        return None
    prefix = "sqlite:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        raise ValueError("expected sqlite:///relative/path, sqlite:////absolute/path or memory:")
    return Path(url.removeprefix(prefix))


def connect_writer(path: Path | None) -> sqlite3.Connection:
    """The connection that writes (and, in memory, also reads). Raises ``Unavailable``."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old; 3.33 or newer is needed")
    with translated():
        if path is not None:
            _create(path)
        db = _connect(":memory:" if path is None else str(path), _SETTINGS)
        db.execute("PRAGMA busy_timeout = 3")  # from here on ``begin`` does the waiting
        return db


def _create(path: Path) -> None:
    """Makes the file with its mode. Never opens one that exists: closing any descriptor of a file drops all POSIX locks
    that this process has on it, and then another process takes the store for unused and deletes its WAL.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that can't write. Raises ``Unavailable``."""
    with translated():
        return _connect(str(path), _READER_SETTINGS)


def _connect(target: str, settings: tuple[str, ...]) -> sqlite3.Connection:
    # Each connection is used by one thread at a time: sqlite3's own check would only forbid closing from another.
    db = sqlite3.connect(
        target, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    db.row_factory = sqlite3.Row
    for setting in settings:
        db.execute(setting)
    return db


def begin(db: sqlite3.Connection) -> None:
    """Begins a write transaction, waiting for other writers. Raises ``sqlite3.OperationalError`` after the patience.

    SQLite's own waiting grows to 100 ms between tries, so beside a busy writer, which pauses for microseconds, a second
    one would wait for seconds. Short waits find a pause soon.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        else:
            return


@contextmanager
def translated() -> Iterator[None]:
    """Turns the driver's errors (and the file system's) into ours; nobody outside sees a driver's exception."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the SQLite store can't do this now: {error}") from error
    except sqlite3.Error as error:
        raise HoldfastError(f"the SQLite store refused a statement: {error}") from error
    except OSError as error:
        raise Unavailable(f"the SQLite file can't be opened: {error.strerror}") from error
