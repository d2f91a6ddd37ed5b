"""The shell commands of a guide, run in order as they stand there, against a running server."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support.process import COMMAND, environment
from tests.support.shell_command import command_for_scripts

NEEDED: Final = ("bash", "curl", "jq")
needs_shell = pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"the guide uses {', '.join(NEEDED)}")


def run_commands(guide: str, url: str, folder: Path, timeout: float, **settings: str) -> str:
    """What they print, after all of them went well and no problem answer was passed on."""
    script = "set -euo pipefail\n" + "".join(re.findall(r"```sh\n(.*?)```", guide, re.DOTALL))
    with command_for_scripts() as commands:
        path = os.pathsep.join((str(commands), str(COMMAND.parent), os.environ["PATH"]))
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env={**environment({"HOLDFAST_URL": url, **settings}), "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":4' not in done.stdout  # a problem answer that curl passed on
    return done.stdout
