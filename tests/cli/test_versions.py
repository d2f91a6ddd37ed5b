"""`workflows` and versions: who saved what and why, what changed, one brought back, a copy."""

from __future__ import annotations

import re

from tests.cli.conftest import Cli

NODES = "[{id: only, type: noop, params: {word: hello}}]"


def changed(cli: Cli, message: str) -> str:
    """A workflow of two versions; its name."""
    name = cli.applied(NODES)
    text = f"holdfast: 1\nname: {name}\ntitle: New\nnodes: {NODES.replace('hello', 'hi')}\n"
    assert "updated" in cli.good("apply", cli.write("changed.yaml", text), "-m", message)
    return name


def test_versions_tell_author_and_message(cli: Cli) -> None:
    name = changed(cli, "a kinder word")
    lines = cli.good("workflows", "versions", name).splitlines()
    assert re.fullmatch(r"2 +\S+ \S+ +local +a kinder word", lines[1])
    assert re.fullmatch(r"1 +\S+ \S+ +local", lines[2])


def test_a_difference_is_readable(cli: Cli) -> None:
    name = changed(cli, "why not")
    shown = cli.good("workflows", "diff", name)
    assert shown.startswith("version 1 → 2\n")
    assert re.search(r'^~ nodes\.only\.params\.word +"hello" → "hi"$', shown, re.MULTILINE)
    assert re.search(r'^\+ title +"New"$', shown, re.MULTILINE)
    assert re.search(r'^- title +"New"$', cli.good("workflows", "diff", name, "2", "1"), re.MULTILINE)
    assert "They are the same." in cli.good("workflows", "diff", name, "2", "2")
    assert len(cli.json("workflows", "diff", name)["changes"]) == 2
    assert cli("workflows", "diff", name, "1", "9").returncode == 1


def test_restore_and_duplicate(cli: Cli) -> None:
    name = changed(cli, "worse")
    assert cli.good("workflows", "restore", name, "1") == f"{name} version 3 is version 1 again\n"
    assert "title" not in cli.json("workflows", "show", name)["definition"]
    copy = cli.json("workflows", "duplicate", name, f"{name}-copy")
    assert (copy["name"], copy["version"]) == (f"{name}-copy", 1)
    assert cli("workflows", "duplicate", name, f"{name}-copy").stderr.startswith("Conflict: ")


def test_a_workflow_that_is_off_says_so(cli: Cli) -> None:
    name = cli.applied(NODES)
    assert cli.good("workflows", "disable", name) == f"{name} is off\n"
    assert "switched off" in cli("run", name).stderr
    assert cli.good("workflows", "enable", name) == f"{name} is on\n"
