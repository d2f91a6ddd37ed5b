"""docs/security.md names a test for each attack: every one that it names is there and tests something."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "security.md").read_text()
NAMED = set(re.findall(r"`(tests/[\w/]+\.py)`", GUIDE))


def rows() -> list[list[str]]:
    """The rows of the table of attacks."""
    table = GUIDE.partition("| attack |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_each_attack_names_what_stops_it_and_what_tries_it() -> None:
    assert len(rows()) > 25
    for attack, stopped_by, tried_in in rows():
        assert attack
        assert stopped_by
        assert re.fullmatch(r"`tests/[\w/]+\.py`(, `tests/[\w/]+\.py`)*", tried_in), attack


def test_each_test_that_is_named_is_there() -> None:
    missing = [name for name in sorted(NAMED) if not (ROOT / name).is_file()]
    assert missing == []
    assert [name for name in NAMED if "def test_" not in (ROOT / name).read_text()] == []


def test_each_file_of_attacks_is_named() -> None:
    here = {f"tests/hostile/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert here - NAMED == {f"tests/hostile/{Path(__file__).name}"}


def test_what_it_tells_to_run_exists() -> None:
    targets = set(re.findall(r"`make ([\w-]+)", GUIDE))
    assert targets == {"test", "test-browser", "chaos", "audit"}
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}:" in makefile for target in targets)
