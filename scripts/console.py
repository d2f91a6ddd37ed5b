"""The console's build: from `web/` by npm into `src/holdfast/console/`.

Invariant: the build folder carries `SOURCES`, the hash of the `web/` sources that it was made from.
A build whose hash differs is stale: it is made anew when npm is there, and never packed when it isn't.
The mark is removed before npm starts, so a build that breaks half-way counts as stale.

Without npm, or with a Node.js that is too old, nothing fails: the reason is told and Holdfast works
without the console. When npm itself fails, its exit status is passed on.

Run from the project's root: `python -m scripts.console [--check | --test | --mark]`. `--mark` takes the build folder as
made from the sources that stand here; the container image builds the console where there is no Python.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MIN_NODE = (20, 19)  # what the console's build tool asks for
SOURCES = "SOURCES"
NOT_SOURCES = {"node_modules", "dist", "coverage"}
HOW_TO_GET_IT = "To get the console, install Node.js 20.19 or newer with npm, then run `make install` again."


def sources(web: Path) -> Iterator[Path]:
    """The files of `web` that decide the build, in a stable order."""
    for path in sorted(web.iterdir()):
        if path.name in NOT_SOURCES or path.name.endswith(".tsbuildinfo"):
            continue
        if path.is_dir():
            yield from sources(path)
        else:
            yield path


def fingerprint(web: Path) -> str:
    """One SHA-256 over the names and contents of all sources."""
    digest = hashlib.sha256()
    for path in sources(web):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(web).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def has_sources(root: Path) -> bool:
    return (root / "web" / "package-lock.json").is_file()


def output(root: Path) -> Path:
    return root / "src" / "holdfast" / "console"


def is_fresh(root: Path) -> bool:
    """True if the build folder was made from exactly the sources in `web/`."""
    mark = output(root) / SOURCES
    if not has_sources(root) or not mark.is_file():
        return False
    return mark.read_text().strip() == fingerprint(root / "web")


def node_problem() -> str | None:
    """Why the console can't be built here, or None when it can."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "npm isn't installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = version.stdout.strip().removeprefix("v").split(".")[:2]
    if not all(map(str.isdecimal, numbers)) or tuple(map(int, numbers)) < MIN_NODE:
        return f"Node.js {version.stdout.strip() or '(unknown)'} is older than 20.19"
    return None


def npm(root: Path, *arguments: str) -> None:
    program = shutil.which("npm")
    assert program is not None
    # stdout belongs to the build front ends that call the hatch hook, so npm talks on stderr.
    subprocess.run([program, *arguments], cwd=root / "web", check=True, stdout=sys.stderr)


def install_modules(root: Path) -> None:
    """Make `node_modules` answer the lock file; without a change there is no network call."""
    wanted = hashlib.sha256((root / "web" / "package-lock.json").read_bytes()).hexdigest()
    mark = root / "web" / "node_modules" / ".installed-lock"
    if mark.is_file() and mark.read_text() == wanted:
        return
    npm(root, "ci", "--no-audit", "--no-fund")
    mark.parent.mkdir(exist_ok=True)  # npm makes none when there is nothing to install
    mark.write_text(wanted)


def ensure_built(root: Path) -> bool:
    """Bring the build up to date if that can be done here; True if it is fresh at the end."""
    if is_fresh(root):
        return True
    if not has_sources(root):
        return False
    if problem := node_problem():
        state = "is out of date" if output(root).is_dir() else "isn't built"
        tell(f"The console {state}: {problem}. {HOW_TO_GET_IT}")
        return False
    install_modules(root)
    made_from = fingerprint(root / "web")
    (output(root) / SOURCES).unlink(missing_ok=True)
    npm(root, "run", "build")
    (output(root) / SOURCES).write_text(made_from + "\n")
    return True


def mark_as_built(root: Path) -> None:
    """The build folder was just made elsewhere, from a copy of these sources."""
    if not (output(root) / "index.html").is_file():
        raise SystemExit("There is no console to mark: its build folder has no index.html.")
    (output(root) / SOURCES).write_text(fingerprint(root / "web") + "\n")


def run(root: Path, script: str) -> None:
    """One of the front end's own scripts; told and passed over where it can't run."""
    if not has_sources(root):
        return
    if problem := node_problem():
        tell(f"`npm run {script}` of the console is left out: {problem}.")
        return
    install_modules(root)
    npm(root, "run", script)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    try:
        if "--check" in sys.argv[1:]:
            run(root, "check")
        elif "--test" in sys.argv[1:]:
            run(root, "test")
        elif "--mark" in sys.argv[1:]:
            mark_as_built(root)
        else:
            ensure_built(root)
    except subprocess.CalledProcessError as error:
        tell(f"{' '.join(map(str, error.cmd))} failed with status {error.returncode}.")
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
