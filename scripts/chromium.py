"""The browser of the browser tests: the system's Chromium, installed from Debian's packages where that is possible.

`find` looks on the PATH, or takes what `HOLDFAST_CHROMIUM` names. Run as a program it makes sure that there is one: as
root on a system with `apt-get` it installs it, elsewhere it says what to do and ends with status 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT: Final = (
    "The browser tests need Chromium: install it (Debian: `apt-get install chromium`), or name its program in "
    "HOLDFAST_CHROMIUM."
)


def find() -> str | None:
    """The program's path, or None."""
    named = os.environ.get("HOLDFAST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """From the system's packages. Raises ``CalledProcessError``."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *command], check=True, env=quiet, stdout=subprocess.DEVNULL)


def main() -> int:
    if find():
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium for the browser tests", file=sys.stderr, flush=True)
        install()
    if find():
        return 0
    print(HOW_TO_GET_IT, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
