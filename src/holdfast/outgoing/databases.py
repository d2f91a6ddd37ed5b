"""What ``sql.query`` may reach, from the instance's settings.

PostgreSQL servers are judged by the same guard as every other outgoing connection. SQLite files lie in the folders that
the operator named; the local single user has one without naming it, beside the instance's own file.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from holdfast.nodes.sql_statement import DatabaseReach, Judge

_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = ("postgresql", "postgres")
_LOCAL_FOLDER: Final = Path(".holdfast")
_DATA: Final = "data"


def database_reach(
    store_url: str, folders: Sequence[str], judge: Callable[[str], Awaitable[Judge]], *, local_user: bool
) -> DatabaseReach:
    """``store_url`` is the instance's own database, which no statement may touch."""
    own = Path(store_url.removeprefix(_SQLITE)) if store_url.startswith(_SQLITE) else None
    open_folders = tuple(Path(folder) for folder in folders)
    if not open_folders and local_user:
        open_folders = ((own.parent if own else _LOCAL_FOLDER) / _DATA,)
    return DatabaseReach(lambda _: False, open_folders, own, _server_of(store_url), judge)


def _server_of(url: str) -> tuple[str, int, str] | None:
    parts = urlsplit(url)
    if parts.scheme not in _POSTGRES or not parts.hostname:
        return None
    return parts.hostname, parts.port or 5432, unquote(parts.path.lstrip("/"))
