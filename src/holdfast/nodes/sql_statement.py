"""What ``sql.query`` asks of a database, what it gets, and how it fails, whichever database it is.

Values are bound, never written into the text. Named parameters (``:name``) are found outside of quoted texts, comments
and casts; a name that is misread there makes the database refuse the statement, it can't change what the text says.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from holdfast.model.instant import Micros
from holdfast.model.json import JSON

# What an output may hold in all, in characters.
ROOM: Final = 8_000_000

_PARTS: Final = re.compile(
    r"""
      [eE]'(?:[^'\\]|''|\\.)*'        # a text with escapes
    | '(?:[^']|'')*'                  # a text
    | "(?:[^"]|"")*"                  # a name
    | --[^\n]*                        # a comment
    | /\*.*?\*/
    | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$
    | ::                              # a cast
    | :(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``runs`` are its values, positions or names, once for each time that it runs."""

    sql: str
    runs: tuple[JSON, ...]
    write: bool
    max_rows: int
    limit: Micros


@dataclass(frozen=True, slots=True)
class Found:
    """The rows, how many there are (of a statement without rows: how many it changed), and whether there were more."""

    rows: list[JSON]
    count: int
    more: bool = False


class SqlFailed(Exception):
    """A database's refusal. ``final``: the same statement would fail again."""

    def __init__(self, kind: str, message: str, *, final: bool, code: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.final = final
        self.code = code


class Judge(Protocol):
    """Judges where a tenant's connections may lead."""

    def allows(self, address: str, host: str | None = None) -> bool:
        """Whether this literal address, which ``host`` has, may be connected."""
        ...


@dataclass(frozen=True, slots=True)
class DatabaseReach:
    """What this process lets statements reach.

    ``allows`` judges a literal address. ``folders`` hold the SQLite files; a relative path begins in the first.
    ``own`` is the instance's own file and ``own_server`` its own server and database, which no statement may touch.
    ``judge`` gives what judges a tenant's connections, where tenants differ.
    """

    allows: Callable[[str], bool]
    folders: tuple[Path, ...] = ()
    own: Path | None = None
    own_server: tuple[str, int, str] | None = None
    judge: Callable[[str], Awaitable[Judge]] | None = None

    async def of(self, tenant: str, host: str) -> "DatabaseReach":
        """What statements of this tenant to that host may reach. Raises ``Unavailable``."""
        if self.judge is None:
            return self
        judge = await self.judge(tenant)
        return replace(self, allows=lambda address: judge.allows(address, host))


NO_DATABASES: Final = DatabaseReach(lambda _: False)


def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with ``$1``, ``$2``, … in the place of its names, and these names in that order."""
    names: list[str] = []

    def number(part: re.Match[str]) -> str:
        name = part["name"]
        if name is None:
            return part[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PARTS.sub(number, sql), tuple(names)


def read_only(kind: str = "read_only") -> SqlFailed:
    return SqlFailed(kind, "the statement would change something: give mode: write", final=True)
