"""The command line as its users run it, against one real server for all tests of this folder.

Tests share that server, so each makes workflows under a name of its own and counts only what is its own.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.in_process import ends_by_itself, run_here
from tests.support.process import READY, HoldfastProcess, run_holdfast
from tests.support.waiting import eventually_sync

numbers = itertools.count(1)


@dataclass(frozen=True)
class Cli:
    """Commands that call the server at ``url``, in the test's own process where they end by themselves."""

    url: str
    folder: Path
    key: str = ""

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {"HOLDFAST_URL": self.url, **({"HOLDFAST_API_KEY": self.key} if self.key else {})}
        run = run_here if ends_by_itself(arguments) else run_holdfast
        return run(*arguments, settings=settings, folder=self.folder)

    def good(self, *arguments: str) -> str:
        """What a command that must succeed prints."""
        done = self(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.good(*arguments, "--json"))

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name

    def applied(self, nodes: str = "[{id: only, type: noop, params: {given: '{{ input }}'}}]", more: str = "") -> str:
        """A new workflow under a name of its own; the name."""
        name = f"flow-{next(numbers)}"
        self.good("apply", self.write(f"{name}.yaml", f"holdfast: 1\nname: {name}\nnodes: {nodes}\n{more}\n"))
        return name


def address_of(server: HoldfastProcess) -> str:
    """Where a server that was just started answers."""
    found = eventually_sync(lambda: READY.search(server.output()), 30, server.output)
    assert found is not None
    return found.group(1)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with HoldfastProcess("up", "--samples", "--port", "0", folder=folder) as server:
        yield address_of(server)


@pytest.fixture
def cli(server_url: str, tmp_path: Path) -> Cli:
    return Cli(server_url, tmp_path)
