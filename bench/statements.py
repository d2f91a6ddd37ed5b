"""What a database server was asked: statements by their text, as the server itself counts them.

``pg_stat_statements`` counts every statement that a client sends, the bounds of transactions among them. A database
server of its own is used, because the extension has to be there from its start and many processes connect to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.postgres import PostgresServer

_SETTINGS: Final = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
    "pg_stat_statements.max": "2000",
    "max_connections": "700",
}
_DATABASE: Final = "idle"
_RESET: Final = "SELECT pg_stat_statements_reset()"
_COUNTED: Final = f"""
SELECT s.calls || ' ' || regexp_replace(s.query, '\\s+', ' ', 'g') FROM pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid AND d.datname = '{_DATABASE}'
WHERE s.query NOT LIKE '%pg_stat_%' ORDER BY s.calls DESC
"""
_CONNECTIONS: Final = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{_DATABASE}'"
_FOLDER: Final = "SHOW data_directory"


class Asked:
    """One server with one empty database at ``url``."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.create_database(_DATABASE)
        server.execute("CREATE EXTENSION pg_stat_statements", _DATABASE)

    def forget(self) -> None:
        """Counts anew."""
        self._server.execute(_RESET, _DATABASE)

    def counted(self) -> dict[str, int]:
        """How often each statement was sent since ``forget``, the most frequent first."""
        counts: dict[str, int] = {}
        for line in self._server.execute(_COUNTED, _DATABASE).splitlines():
            calls, _, text = line.partition(" ")
            counts[text] = counts.get(text, 0) + int(calls)
        return counts

    def connections(self) -> int:
        """How many processes have open, but for this question's own."""
        return int(self._server.execute(_CONNECTIONS, _DATABASE)) - 1

    @property
    def pid(self) -> int:
        """The server's first process: the parent of all the others."""
        folder = self._server.execute(_FOLDER)
        return int((Path(folder) / "postmaster.pid").read_text().split()[0])


@contextmanager
def asked() -> Iterator[Asked]:
    with PostgresServer(_SETTINGS) as server:
        yield Asked(server)
