"""The guide to workflows, from its own text: every file and command in it, in order, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess

GUIDE = (Path(__file__).parents[2] / "docs" / "workflows.md").read_text()


@needs_shell
@pytest.mark.timeout(260)
def test_every_file_and_command_of_the_guide_works(tmp_path: Path) -> None:
    for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL):
        (tmp_path / name).write_text(text)
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        printed = run_commands(GUIDE, cli.url, tmp_path, 220)
        (invoices,) = cli.json("runs", "list", "--workflow", "invoices")
        assert invoices["output"] == {"gross": [12.0, None, 36.0], "bank": {"state": "received"}}
        reruns = [each for each in cli.json("runs", "list", "--workflow", "refund") if each["rerun_of"]]
        assert len(reruns) == 2
        told = [(each["version"], each["message"]) for each in cli.json("workflows", "versions", "refund")]
        assert told == [(3, "they do not"), (2, "people need longer"), (1, "the first one")]
        assert "~ nodes.ask.params.timeout" in printed
