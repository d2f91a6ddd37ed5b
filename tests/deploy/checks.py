"""What holds for every way to deploy: commands that the command line takes, settings that exist, named releases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from holdfast.cli.main import load
from holdfast.settings import CLIENT_VARIABLES, describe

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
VARIABLES: Final = {text.variable for text in describe()} | CLIENT_VARIABLES
# A tag that names a release: it has a number with a dot, and isn't one that moves with every release.
RELEASE: Final = re.compile(r"^[^\s:@]+(?:/[^\s:@]+)*:v?\d+\.\d+[\w.-]*$")


def parsed(words: Sequence[str]) -> str:
    """The path of the command that these words call, as the command line itself takes them apart.

    Raises ``UsageError`` where it would refuse them. Nothing is run.
    """
    name, *rest = words
    command: Any = load(name)
    path = [name]
    while hasattr(command, "commands"):
        context = command.make_context(name, list(rest))
        name, command, rest = command.resolve_command(context, list(rest))
        path.append(name)
    command.make_context(name, list(rest))
    return " ".join(path)


def unknown_settings(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith("HOLDFAST_") and name not in VARIABLES)


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text())
