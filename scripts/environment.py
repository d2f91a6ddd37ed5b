"""Makes `.venv`: the locked dependencies, Holdfast itself as an editable install, and the console.

Modes: `python -m scripts.environment` installs what users need, with `--dev` also the tools of the gate.
Standard library only, since it runs before anything is installed. `uv` does the work when it is on the
PATH, pip otherwise; when `uv` fails (it doesn't read pip's settings, so it may know no index) pip is tried.

Each finished step leaves a mark in `.venv`, the hash of what it was made from. A step whose mark still
answers does nothing, so a second run is offline. The mark is written last: a step that broke runs again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import console

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
USER_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"

PROJECT = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
QUIET = ["--quiet"]


class Step:
    """One step of the install with the mark that says it was done with these inputs."""

    def __init__(self, name: str, *inputs: str | Path) -> None:
        self.mark = VENV / f".holdfast-{name}"
        digest = hashlib.sha256()
        for part in inputs:
            digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        self.wanted = digest.hexdigest()

    def is_done(self) -> bool:
        return self.mark.is_file() and self.mark.read_text() == self.wanted

    def done(self) -> None:
        self.mark.write_text(self.wanted)


def run(*command: str | Path) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, env=environment)


def works(*command: str | Path) -> bool:
    try:
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def make_venv(uv: str | None) -> None:
    """A working `.venv` that was made for this folder: scripts in it carry its absolute path."""
    step = Step("venv", str(ROOT))
    moved = step.mark.is_file() and not step.is_done()
    if moved or not works(PYTHON, "-c", ""):
        tell(f"Making {VENV.name} for Python {sys.version.split()[0]}")
        shutil.rmtree(VENV, ignore_errors=True)
        if uv is None or not works(uv, "venv", *QUIET, "--python", sys.executable, VENV):
            venv_by_python()
    step.done()


def venv_by_python() -> None:
    try:
        run(sys.executable, "-m", "venv", VENV)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "Python couldn't make a virtual environment. Install its venv module "
            "(on Debian and Ubuntu: the package python3-venv) or uv, then try again."
        )


def install(uv: str | None, *arguments: str | Path) -> None:
    """Install into `.venv` by uv, or by pip if uv is absent or fails."""
    if uv is not None:
        try:
            run(uv, "pip", "install", *QUIET, "--python", PYTHON, *arguments)
        except subprocess.CalledProcessError:
            tell("uv couldn't install; trying pip")
        else:
            return
    if not works(PYTHON, "-m", "pip", "--version"):
        run(PYTHON, "-m", "ensurepip")
    run(PYTHON, "-m", "pip", "install", *QUIET, *arguments)


def install_packages(uv: str | None, *, dev: bool) -> None:
    """The locked packages. The dev lock holds the user lock, so it also counts as that one."""
    user = Step("user-lock", USER_LOCK)
    complete = Step("dev-lock", DEV_LOCK)
    if complete.is_done() if dev else user.is_done():
        return
    lock = DEV_LOCK if dev else USER_LOCK
    tell(f"Installing the packages of {lock.name}")
    install(uv, "--require-hashes", "-r", lock)
    user.done()
    if dev:
        complete.done()


def install_project(uv: str | None) -> None:
    step = Step("project", str(ROOT), ROOT / "pyproject.toml")
    if not step.is_done():
        tell("Installing Holdfast")
        install(uv, *PROJECT)
        step.done()


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make .venv with Holdfast in it.")
    parser.add_argument("--dev", action="store_true", help="with the tools of the gate")
    options = parser.parse_args()
    uv = shutil.which("uv")
    try:
        make_venv(uv)
        install_packages(uv, dev=options.dev)
        install_project(uv)
        console.ensure_built(ROOT)
    except subprocess.CalledProcessError as error:
        tell(f"{' '.join(map(str, error.cmd))} failed with status {error.returncode}.")
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
