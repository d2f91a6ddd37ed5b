"""``sql.query`` on SQLite: one statement on one file inside the allowed folders.

The file is opened for reading unless the mode is write. An authorizer refuses whatever leads out of the file or changes
the connection (ATTACH, PRAGMA, transactions, extensions). A progress handler stops a statement whose time is over or
whose attempt was cancelled; lengths are bounded, so that no single value fills the memory.
"""

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON
from holdfast.nodes.sql_gates import FILE_PLACES, Gates
from holdfast.nodes.sql_statement import ROOM, DatabaseReach, Found, SqlFailed, Statement, read_only
from holdfast.nodes.sql_values import Rows, TooMuch, for_sqlite, portable
from holdfast.nodes.threads import Threads

PREFIX: Final = "sqlite:///"
_STEPS: Final = 10_000
_LOCK_SECONDS: Final = 5.0
_LONGEST_VALUE: Final = 16_000_000
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_REFUSED: Final = frozenset(
    (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT)
)
_PRAGMAS: Final = frozenset(("table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"))
_RETRYABLE: Final = frozenset(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "SQLITE_FULL", "SQLITE_IOERR"))


async def query_sqlite(threads: Threads, gates: Gates, reach: DatabaseReach, url: str, statement: Statement) -> Found:
    """Raises ``SqlFailed``, and ``ValueError`` for an address that no file may have."""
    path = file_of(reach, url)
    stop = threading.Event()
    gate = gates.of(f"write {path}", 1) if statement.write else gates.of(f"read {path}", FILE_PLACES)
    async with gate:
        ended = await threads.run(lambda: _caught(path, statement, stop), stop)
    if isinstance(ended, Found):
        return ended
    raise ended


def file_of(reach: DatabaseReach, url: str) -> Path:
    """The file of an address; raises ``ValueError`` for one that lies elsewhere, or is the instance's own."""
    name = unquote(url.removeprefix(PREFIX).partition("?")[0])
    if not name or "\0" in name:
        raise ValueError("url: expected sqlite:///file.db")
    if not reach.folders:
        raise ValueError("url: SQLite files are closed here: HOLDFAST_SQLITE_FOLDERS names the folders that are open")
    path = (reach.folders[0] / name).resolve()
    if not any(path.is_relative_to(folder.resolve()) for folder in reach.folders):
        raise ValueError("url: the file doesn't lie in one of the folders of HOLDFAST_SQLITE_FOLDERS")
    if path.exists() and not path.is_file():
        raise ValueError("url: isn't a file")
    if reach.own is not None and _is_own(path, reach.own):
        raise ValueError("url: this is the file of Holdfast itself")
    return path


def _is_own(path: Path, own: Path) -> bool:
    """Whether ``path`` is the instance's file or one beside it, by whatever name."""
    return any(
        path == beside or (path.exists() and beside.exists() and path.samefile(beside))
        for beside in (own.resolve().with_name(own.name + suffix) for suffix in _BESIDE)
    )


def _caught(path: Path, statement: Statement, stop: threading.Event) -> Found | Exception:
    try:
        return _run(path, statement, stop)
    except sqlite3.Error as error:
        return _failure(error, statement, stop)
    except (ValueError, OverflowError) as error:
        return ValueError(str(error))
    except OSError:
        return SqlFailed("sql", "the file can't be opened", final=True)
    except TooMuch:
        return SqlFailed("too_large", f"the rows hold more than {ROOM} characters", final=True)


def _run(path: Path, statement: Statement, stop: threading.Event) -> Found:
    deadline = time.monotonic() + statement.limit / SECOND
    if statement.write:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    mode = "rwc" if statement.write else "ro"
    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=min(_LOCK_SECONDS, statement.limit / SECOND),
        check_same_thread=True,
    )
    try:
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        db.execute(f"PRAGMA query_only = {'OFF' if statement.write else 'ON'}")
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("BEGIN IMMEDIATE" if statement.write else "BEGIN")
        db.set_progress_handler(lambda: int(stop.is_set() or time.monotonic() > deadline), _STEPS)
        db.set_authorizer(_judge)
        found = _all_runs(db, statement)
        db.set_authorizer(None)
        db.execute("COMMIT")
        return found
    finally:
        db.close()


def _all_runs(db: sqlite3.Connection, statement: Statement) -> Found:
    before = db.total_changes
    for values in statement.runs:
        cursor = db.execute(statement.sql, _values(values))
        if cursor.description is not None and len(statement.runs) == 1:
            rows = _rows(cursor, statement.max_rows)
            return Found(rows.items, len(rows.items), rows.more)
        cursor.close()
    return Found([], db.total_changes - before)


def _rows(cursor: sqlite3.Cursor, most: int) -> Rows:
    rows = Rows([column[0] for column in cursor.description], most, ROOM)
    for row in cursor:
        if not rows.add([portable(value) for value in row]):
            break
    # A statement that changes rows and gives them has changed all at its first row; left open, it can't be committed.
    cursor.close()
    return rows


def _values(values: JSON) -> Any:
    if isinstance(values, dict):
        return {name: for_sqlite(value) for name, value in values.items()}
    return [for_sqlite(value) for value in (values if isinstance(values, list) else [])]


def _judge(action: int, first: str | None, second: str | None, _: str | None, __: str | None) -> int:
    """What a statement may do besides reading and writing its file: whether it writes, the file's opening decides."""
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if first in _PRAGMAS else sqlite3.SQLITE_DENY
    if action in _REFUSED or (action == sqlite3.SQLITE_FUNCTION and second == "load_extension"):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _failure(error: sqlite3.Error, statement: Statement, stop: threading.Event) -> SqlFailed:
    name = getattr(error, "sqlite_errorname", None)
    text = str(error)
    if name == "SQLITE_INTERRUPT":
        return SqlFailed("timeout", "the statement was stopped: its time was over", final=False)
    if not statement.write and name == "SQLITE_READONLY":
        return read_only()
    if name == "SQLITE_CANTOPEN":
        return SqlFailed("sql", "the file can't be opened", final=True, code=name)
    base = None if name is None else "_".join(name.split("_")[:2])
    return SqlFailed("sql", text, final=base not in _RETRYABLE, code=name)
