"""What an import linter can't see: `model/` and `engine/` take time, randomness and ids as arguments.

The same engine then runs on a simulated loop with thousands of seeded schedules; one hidden `time.time()`
would make those runs lie. `model/` is also standard library only, and does no I/O and no logging.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import holdfast

SOURCES = Path(holdfast.__file__).parent
IMPURE_MODULES = {"time", "random", "secrets"}
IMPURE_CALLS = {
    "asyncio.sleep", "datetime.now", "datetime.today", "datetime.utcnow", "date.today", "os.urandom",
    "uuid.uuid1", "uuid.uuid4", "uuid.uuid7",
}  # fmt: skip
NOT_IN_THE_MODEL = {"asyncio", "io", "logging", "os", "pathlib", "socket", "subprocess", "threading"}
PURE = sorted(path for package in ("model", "engine") for path in (SOURCES / package).rglob("*.py"))
MODEL = sorted((SOURCES / "model").rglob("*.py"))


def imported_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported module and, for `from` imports, member as a dotted name, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def used_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every attribute as its last two parts: `datetime.datetime.now` gives `datetime.now`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            yield node.lineno, f"{name}.{node.attr}"


def yields(tree: ast.AST) -> set[int]:
    """The lines of `asyncio.sleep(0)`, which lets others run and waits for no time."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {call.lineno for call in calls if ast.unparse(call) == "asyncio.sleep(0)"}


def impurities(source: str) -> list[str]:
    """What in this source reads a clock, draws a random number or sleeps by itself."""
    tree = ast.parse(source)
    found = [
        f"line {line}: imports {name}"
        for line, name in imported_names(tree)
        if name.split(".")[0] in IMPURE_MODULES or name in IMPURE_CALLS
    ]
    return found + [
        f"line {line}: uses {name}"
        for line, name in used_names(tree)
        if name in IMPURE_CALLS and not (name == "asyncio.sleep" and line in yields(tree))
    ]


def foreign_to_the_model(source: str) -> list[str]:
    """Imports that are neither the model itself nor a pure part of the standard library."""
    return [
        f"line {line}: imports {name}"
        for line, name in imported_names(ast.parse(source))
        if not name.startswith("holdfast.model")
        and (name.split(".")[0] in NOT_IN_THE_MODEL or name.split(".")[0] not in sys.stdlib_module_names)
    ]


def breaches(paths: Iterable[Path], rule: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """By file, what breaks the rule."""
    found = {path.relative_to(SOURCES).as_posix(): rule(path.read_text()) for path in paths}
    return {name: lines for name, lines in found.items() if lines}


def test_clock_randomness_and_ids_are_arguments() -> None:
    assert breaches(PURE, impurities) == {}, "take it from the Clock, Ids or Random port instead"


def test_the_model_is_standard_library_only_and_pure() -> None:
    assert breaches(MODEL, foreign_to_the_model) == {}


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import monotonic",
        "import random as dice",
        "from uuid import uuid4",
        "import uuid\nuuid.uuid4()",
        "import asyncio\nasync def f():\n    await asyncio.sleep(1)",
        "from asyncio import sleep",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
    ],
)
def test_an_impurity_is_found(source: str) -> None:
    assert impurities(source)


@pytest.mark.parametrize(
    "source", ["import msgspec", "from holdfast.ports import Store", "import os", "import logging"]
)
def test_a_foreign_import_is_found(source: str) -> None:
    assert foreign_to_the_model(source)


def test_what_is_allowed_passes() -> None:
    source = "from datetime import datetime\nimport re\nfrom holdfast.model import job\ndef f(now: datetime): ..."
    assert impurities(source) == foreign_to_the_model(source) == []
    assert impurities("import asyncio\nasync def f():\n    await asyncio.sleep(0)") == []
