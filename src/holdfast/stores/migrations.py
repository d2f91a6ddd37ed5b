"""Numbered migrations that ship inside the package: found, checked against what a database recorded, never reordered.

A database records name, time and checksum of each applied migration. A checksum that differs means that the file or
the record was changed by hand, and a recorded name that isn't shipped means that a newer version was here: both refuse
to go on, because every further write would be a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from holdfast.model.errors import Conflict


@dataclass(frozen=True, slots=True)
class Migration:
    """One file ``NNNN_title.sql``; ``name`` is the file's name without its ending."""

    name: str
    sql: str
    checksum: str


def shipped(package: str) -> list[Migration]:
    """The migrations in a package's ``migrations`` folder, in order. Raises ``RuntimeError`` on a gap."""
    found = sorted(
        (entry.name.removesuffix(".sql"), entry.read_text("utf-8"))
        for entry in files(package).joinpath("migrations").iterdir()
        if entry.name.endswith(".sql")
    )
    for number, (name, _) in enumerate(found, start=1):
        if not name.startswith(f"{number:04}_"):
            raise RuntimeError(f"expected migration number {number:04}, found {name}")
    return [Migration(name, sql, sha256(sql.encode()).hexdigest()) for name, sql in found]


def missing(known: list[Migration], applied: Mapping[str, str]) -> list[Migration]:
    """Those not yet applied. ``applied`` maps recorded names to checksums. Raises ``Conflict``."""
    names = {migration.name for migration in known}
    strangers = sorted(applied.keys() - names)
    if strangers:
        raise Conflict(f"the database has migration {strangers[-1]} of a newer Holdfast; upgrade this installation")
    for migration in known:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise Conflict(f"migration {migration.name} isn't the one that was applied to this database")
    return [migration for migration in known if migration.name not in applied]
