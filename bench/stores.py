"""Fresh stores on this disk, with durable commits: a SQLite file, or a database of the session's PostgreSQL server.

The server is as the tests start it (``fsync`` and ``synchronous_commit`` on) and is used for a while before anything is
timed: a new one makes every file of its write-ahead log when it is first needed, which would count against the first
measurements. Each database comes after a checkpoint, so that none pays for the one before.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.support.postgres import PostgresServer

STORES: Final = ("sqlite", "postgres")
# Room for the log of a measurement, kept over checkpoints and used again.
_SETTINGS: Final = {"min_wal_size": "1GB"}
_WARM_UP: Final = (
    "CREATE TABLE warm_up AS SELECT i, repeat('x', 500) AS text FROM generate_series(1, 1500000) AS i",
    "CHECKPOINT",
    "DROP TABLE warm_up",
    "CHECKPOINT",
)


class Stores:
    """Gives fresh stores until it is closed. Its server starts when the first database is asked for."""

    def __init__(self) -> None:
        self._server: PostgresServer | None = None
        self._databases = 0

    @contextmanager
    def fresh(self, store: str) -> Iterator[tuple[str, Path]]:
        """An empty store's URL, and a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
            if store == "sqlite":
                yield f"sqlite:///{folder}/holdfast.db", Path(folder)
            else:
                with self._database() as url:
                    yield url, Path(folder)

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> "Stores":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _database(self) -> Iterator[str]:
        server = self._server = self._server or _started()
        self._databases += 1
        name = f"bench_{self._databases}"
        url = server.create_database(name)
        server.execute("CHECKPOINT")
        try:
            yield url
        finally:
            server.drop_database(name)


def _started() -> PostgresServer:
    server = PostgresServer(_SETTINGS)
    server.start()
    for statement in _WARM_UP:
        server.execute(statement)
    return server
