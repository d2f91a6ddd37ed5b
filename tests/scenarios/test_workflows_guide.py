"""The guide to workflows, from its own text: every file and command in it, in order, against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.process import COMMAND, HoldfastProcess, environment

GUIDE = (Path(__file__).parents[2] / "docs" / "workflows.md").read_text()
NEEDED = ("bash", "curl", "jq")


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"the guide uses {', '.join(NEEDED)}")
@pytest.mark.timeout(260)
def test_every_file_and_command_of_the_guide_works(tmp_path: Path) -> None:
    for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL):
        (tmp_path / name).write_text(text)
    script = "set -euo pipefail\n" + "".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL))
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        cli = Cli(address_of(server), tmp_path)
        path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**environment({"HOLDFAST_URL": cli.url}), "PATH": path},
            capture_output=True,
            text=True,
            timeout=220,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"status":4' not in done.stdout  # a problem answer that curl passed on
        (invoices,) = cli.json("runs", "list", "--workflow", "invoices")
        assert invoices["output"] == {"gross": [12.0, None, 36.0], "bank": {"state": "received"}}
        reruns = [each for each in cli.json("runs", "list", "--workflow", "refund") if each["rerun_of"]]
        assert len(reruns) == 2
        told = [(each["version"], each["message"]) for each in cli.json("workflows", "versions", "refund")]
        assert told == [(3, "they do not"), (2, "people need longer"), (1, "the first one")]
        assert "~ nodes.ask.params.timeout" in done.stdout
