"""Small files and small functions: no file over 600 lines and no function over 80, tests included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 600
LONGEST_FUNCTION = 80
FILES = sorted(path for top in ("src", "tests", "bench", "scripts") for path in (ROOT / top).rglob("*.py"))


def sources() -> Iterator[tuple[str, str]]:
    """Each file's name from the root, and its text."""
    return ((path.relative_to(ROOT).as_posix(), path.read_text()) for path in FILES)


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


def test_files_and_functions_are_small() -> None:
    assert {name: found for name, source in sources() if (found := too_long(source))} == {}


def test_each_module_says_first_what_it_is() -> None:
    assert [name for name, source in sources() if source.strip() and not opening_words(source)] == []


def test_what_is_too_long_is_found() -> None:
    long_function = "def f():\n" + "    pass\n" * LONGEST_FUNCTION
    assert too_long(long_function) == [f"{LONGEST_FUNCTION + 1} lines in f"]
    assert too_long("x = 1\n" * (LONGEST_FILE + 1)) == [f"{LONGEST_FILE + 1} lines in the file"]
    assert opening_words("x = 1") is None
