"""The guide to the other addresses, from its own text: every command in it, as it stands there, against a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, address_of
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually_sync

GUIDE = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
PORT = "localhost:8000"
NEEDED = ("bash", "curl", "jq")

pytestmark = pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"the guide uses {', '.join(NEEDED)}")


def block(words: str) -> str:
    """The guide's commands that hold these words."""
    (found,) = [each for each in BLOCKS if words in each]
    return str(found)


class Shell:
    """Runs commands of the guide against a server on another port."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        # What no person would type: fail on a problem answer, and stay silent about progress.
        (folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")

    def __call__(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-c", "set -euo pipefail\n" + script.replace(PORT, f"localhost:{self.url.rsplit(':', 1)[1]}")],
            cwd=self._folder,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self._folder)},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.mark.timeout(180)
def test_every_command_of_the_guide_works(tmp_path: Path) -> None:
    with HoldfastProcess("up", "--port", "0", folder=tmp_path) as server:
        shell = Shell(address_of(server), tmp_path)
        made = json.loads(shell(block('curl -X POST "http://localhost:8000/api/workflow"')))
        assert [step["execution_type"] for step in made["steps"]] == ["sequential", "parallel"]
        script = block("YOUR_WORKFLOW_ID").replace("YOUR_WORKFLOW_ID", made["id"])

        def over() -> Any:
            one, page = map(json.loads, shell(script.replace('"\n', '"; echo\n')).splitlines()[-2:])
            # Two requests see two moments of a run that still goes on: they are compared once it is over.
            return one["status"] == "SUCCEEDED" and (one, page["items"])

        one, listed = eventually_sync(over, 30)
        assert listed == [one]
        cli = Cli(shell.url, tmp_path)
        run = cli.json("runs", "show", made["id"])
        jobs = {name: cli.json("jobs", "show", node["job_id"]) for name, node in run["nodes"].items()}
        assert jobs["task_a"]["timeout"] == "30s"
        assert jobs["task_b"]["max_attempts"] == 4
        assert jobs["task_c"]["priority"] == 10
        rest = [each for each in BLOCKS if "/api/workflow" not in each]
        assert len(rest) == len(BLOCKS) - 2
        for each in rest:
            shell(each)
        (left,) = [job for job in cli.json("jobs", "list") if job["kind"] == "noop" and job["queue"] == "default"][:1]
        assert left["state"] == "CANCELLED"
