"""Small files and small functions: no file over 600 lines and no function over 80, tests included."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 600
LONGEST_FUNCTION = 80
FILES = sorted(path for top in ("src", "tests", "bench", "scripts") for path in (ROOT / top).rglob("*.py"))


def too_long(source: str) -> list[str]:
    """What in this source is over a limit."""
    lines = len(source.splitlines())
    found = [f"{lines} lines in the file"] if lines > LONGEST_FILE else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{length} lines in {node.name}")
    return found


def opening_words(source: str) -> str | None:
    return ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_are_small(path: Path) -> None:
    assert too_long(path.read_text()) == []


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.read_text().strip()],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_each_module_says_first_what_it_is(path: Path) -> None:
    assert opening_words(path.read_text())


def test_what_is_too_long_is_found() -> None:
    long_function = "def f():\n" + "    pass\n" * LONGEST_FUNCTION
    assert too_long(long_function) == [f"{LONGEST_FUNCTION + 1} lines in f"]
    assert too_long("x = 1\n" * (LONGEST_FILE + 1)) == [f"{LONGEST_FILE + 1} lines in the file"]
    assert opening_words("x = 1") is None
