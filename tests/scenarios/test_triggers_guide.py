"""The guide to triggers, from its own text: every file and command in it, in order, against a real server."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess

GUIDE = (Path(__file__).parents[2] / "docs" / "triggers.md").read_text()


@needs_shell
@pytest.mark.skipif(shutil.which("openssl") is None, reason="the guide signs with openssl")
@pytest.mark.timeout(260)
def test_every_file_and_command_of_the_guide_works(tmp_path: Path) -> None:
    for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL):
        (tmp_path / name).write_text(text)
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        printed = run_commands(GUIDE, cli.url, tmp_path, 220)
        deliveries = cli.json("firings", "--workflow", "orders", "--trigger", "shop")
        # One delivery, met again, and replayed twice.
        assert [each["verdict"] for each in deliveries] == ["started", "started", "started"]
        assert len({each["run"] for each in deliveries}) == 3
        (asked,) = cli.json("firings", "--workflow", "orders", "--trigger", "ask")
        assert cli.json("runs", "show", asked["run"])["output"] == {"seen": 9}
        nights = cli.json("firings", "--workflow", "orders", "--trigger", "nightly")
        # 29 March 2026 has no 02:30 in Berlin.
        assert [each["fire_at"][5:16] for each in nights] == ["03-29T01:00", "03-28T01:30", "03-27T01:30"]
        (paid,) = cli.json("firings", "--workflow", "orders", "--trigger", "paid", "--verdict", "started")[-1:]
        assert cli.json("runs", "show", paid["run"])["input"] == {"order": 21}
        assert len(cli.json("jobs", "list", "--queue", "billing")) == 0  # they belong to the tenant
        assert "tenants: 1 of 3 met, 1 job" in printed
