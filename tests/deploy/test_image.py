"""The image: its Dockerfile taken apart and checked, and its steps done in a folder instead of a container."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

import pytest

from holdfast.cli.main import load
from scripts import console
from tests.deploy.checks import DEPLOY, RELEASE, ROOT, parsed, unknown_settings
from tests.deploy.image import context, copied, kept, stages, words_of
from tests.test_packaging import pins

STAGES: Final = stages()
BUILD: Final = STAGES[1]
FINAL: Final = STAGES[-1]


def test_every_stage_starts_from_a_release() -> None:
    assert [stage.image for stage in STAGES if not RELEASE.match(stage.image)] == []
    assert [stage.name for stage in STAGES] == ["console", "build", ""]
    assert BUILD.image == FINAL.image  # the environment holds this very Python's path


def test_it_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    user, _, group = FINAL.last("USER").partition(":")
    assert int(user) >= 10_000
    assert int(group) >= 10_000
    check = FINAL.last("HEALTHCHECK").partition(" CMD ")[2]
    program, *rest = words_of(check)
    assert program == "python"
    assert "/health/ready" in rest[-1]
    compile(rest[-1], "HEALTHCHECK", "exec")


def test_it_starts_with_the_command_line() -> None:
    assert words_of(FINAL.last("ENTRYPOINT")) == ["holdfast"]
    assert parsed(words_of(FINAL.last("CMD"))) == "server"
    assert load("server") is not None
    settings = re.findall(r"(\w+)=", FINAL.last("ENV"))
    assert "HOLDFAST_HOST" in settings
    assert unknown_settings(settings) == []


def test_the_last_stage_has_no_tools() -> None:
    ran = " ".join(text for name, text in FINAL.steps if name == "RUN")
    assert not re.search(r"\b(apt|apt-get|pip|npm|curl|wget)\b", ran)
    assert [origin for origin, _, _ in FINAL.copies()] == ["build"]


def test_packages_come_from_locks_with_hashes() -> None:
    installs = [text for name, text in BUILD.steps if name == "RUN" and "pip" in text and " install" in text]
    assert installs
    for text in installs:
        for step in text.split("&&"):
            if " install" in step:
                assert "--require-hashes" in step or "--no-index --no-deps" in step
    dev = pins("requirements-dev.lock")
    image = pins("deploy/requirements.lock")
    assert image.items() <= dev.items(), "run `make lock` and commit the result"
    assert {"redis", "hiredis", "pydantic-monty", "asyncpg"} <= set(image)
    assert not {"pytest", "mypy", "ruff"} & set(image)
    assert pins("deploy/requirements-build.lock").items() <= pins("requirements.lock").items()


def test_what_is_copied_is_in_the_context(tmp_path: Path) -> None:
    inside = context(tmp_path)
    for stage in STAGES:
        for origin, sources, _ in stage.copies():
            if origin is None:
                assert [source for source in sources if not (inside / source).exists()] == []
    assert not (inside / "tests").exists()
    assert not (inside / ".git").exists()


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("src/holdfast/a.py", True), ("src/holdfast/__pycache__/a.pyc", False), ("src/holdfast/console/i.js", False),
        ("tests/a.py", False), ("deploy/requirements.lock", True), ("deploy/env/owner.env", False),
        ("web/node_modules/x.js", False), ("web/src/x.ts", True), (".holdfast/secret.key", False),
    ],
)  # fmt: skip
def test_secrets_and_leftovers_stay_out_of_the_context(path: str, inside: bool) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert kept(path, [line for line in lines if line and not line.startswith("#")]) is inside


def test_the_build_stage_gives_a_wheel_that_runs(tmp_path: Path) -> None:
    """The wheel is built from what the stage copies, and installed beside nothing but the locked packages."""
    work, environment = tmp_path / "work", tmp_path / "venv"
    copied(BUILD, context(tmp_path / "context"), work)
    built = console.output(ROOT) / "index.html"
    if built.is_file():
        shutil.copytree(console.output(ROOT), console.output(work))
    else:
        console.output(work).mkdir(parents=True)
        (console.output(work) / "index.html").write_text("made in another stage")
    run(sys.executable, "-m", "scripts.console", "--mark", folder=work)
    run(Path(sys.executable).with_name("hatchling"), "build", "-t", "wheel", folder=work)
    (wheel,) = (work / "dist").iterdir()
    run(sys.executable, "-m", "venv", "--without-pip", environment, folder=tmp_path)
    (site,) = environment.glob("lib/python*/site-packages")
    run(
        *(sys.executable, "-m", "pip", "--python", environment / "bin" / "python"),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        folder=tmp_path,
    )
    # The packages of this environment stand in for those of the lock, which has the same versions of them.
    (site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    holdfast = environment / "bin" / "holdfast"
    assert run(holdfast, "--version", folder=tmp_path).startswith("holdfast ")
    assert "--processes" in run(holdfast, "worker", "--help", folder=tmp_path)
    where = run(environment / "bin" / "python", "-c", "import holdfast; print(holdfast.__file__)", folder=tmp_path)
    assert where.startswith(str(site))
    assert (site / "holdfast" / "console" / "index.html").is_file()


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_the_locked_packages_install_with_their_hashes(tmp_path: Path) -> None:
    """As the image does it: needs a package index, and a minute."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", folder=tmp_path)
    pip = tmp_path / "venv" / "bin" / "pip"
    lock = DEPLOY / "requirements.lock"
    run(pip, "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", lock, folder=tmp_path)
    assert "No broken requirements" in run(pip, "check", folder=tmp_path)


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
