"""Help is quick, complete and shows how each command is called; wrong usage is exit 2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.cli.main import COMMANDS, load
from tests.support.process import run_holdfast

HEAVY = ("aiohttp", "fastapi", "pydantic", "rich.console", "asyncio", "uvicorn", "holdfast.compose")


def leaves() -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that call it."""
    for name in COMMANDS:
        command = load(name)
        subcommands = getattr(command, "commands", None)
        if subcommands is None:
            yield name, command
        else:
            yield from ((f"{name} {sub}", inner) for sub, inner in subcommands.items())


LEAVES = dict(leaves())


@pytest.mark.parametrize("words", LEAVES)
def test_each_command_says_what_it_does_and_how_it_is_called(words: str) -> None:
    command = LEAVES[words]
    assert command.help
    assert f"holdfast {words}" in command.epilog


@pytest.mark.parametrize("words", set(LEAVES) - {"up", "server", "worker", "relay"})
def test_each_command_that_ends_can_print_json(words: str) -> None:
    assert any("--json" in parameter.opts for parameter in LEAVES[words].params)


def test_help_lists_every_command_without_loading_any() -> None:
    source = f"""
import sys
from holdfast.cli import main
sys.argv = ["holdfast", "--help"]
try:
    main.main()
except SystemExit as end:
    assert not end.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    for name, (_, line, _) in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert line in done.stdout


def test_help_of_a_command_fits_a_terminal(tmp_path: Path) -> None:
    done = run_holdfast("run", "--help", settings={"COLUMNS": "80"}, folder=tmp_path)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "holdfast run welcome" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu"], "Did you mean 'run'"),
        (["runs", "lst"], "Did you mean 'list'"),
        (["run"], "Missing argument 'NAME'"),
        (["up", "--port", "70000"], "'--port': Input should be less than or equal to 65535"),
        (["runs", "list", "--limit", "many"], "'--limit': Input should be a valid integer"),
        (["worker", "--queues", ","], "name at least one"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_is_wrong(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = run_holdfast(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_python_dash_m_is_the_same_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "holdfast", "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, run_holdfast("--version", folder=tmp_path).stdout)
