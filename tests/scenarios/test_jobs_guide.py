"""The guide to jobs, from its own text: every command in it is run, in order, against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.process import COMMAND, HoldfastProcess, environment

GUIDE = (Path(__file__).parents[2] / "docs" / "jobs.md").read_text()
NEEDED = ("bash", "curl", "jq")


@pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"the guide uses {', '.join(NEEDED)}")
@pytest.mark.timeout(180)
def test_every_command_of_the_guide_works(tmp_path: Path) -> None:
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
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"status":4' not in done.stdout  # a problem answer that curl passed on
        assert done.stdout.count("DEAD: all 3 attempts failed; the last with fail: no such account") == 3
        assert cli.json("queues", "show", "mail")["retention"] == {"SUCCEEDED": "1d", "DEAD": "90d"}
        (dead,) = cli.json("jobs", "list", "--kind", "fail")
        assert (dead["state"], dead["attempt"]) == ("CANCELLED", 6)
