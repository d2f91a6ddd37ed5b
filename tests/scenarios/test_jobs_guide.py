"""The guide to jobs, from its own text: every command in it is run, in order, against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess

GUIDE = (Path(__file__).parents[2] / "docs" / "jobs.md").read_text()


@needs_shell
@pytest.mark.timeout(180)
def test_every_command_of_the_guide_works(tmp_path: Path) -> None:
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        printed = run_commands(GUIDE, cli.url, tmp_path, 150)
        assert printed.count("DEAD: all 3 attempts failed; the last with fail: no such account") == 3
        assert cli.json("queues", "show", "mail")["retention"] == {"SUCCEEDED": "1d", "DEAD": "90d"}
        (dead,) = cli.json("jobs", "list", "--kind", "fail")
        assert (dead["state"], dead["attempt"]) == ("CANCELLED", 6)
