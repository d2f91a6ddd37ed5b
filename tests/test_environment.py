"""The install's steps: done once, done again when their inputs change, and after a step that broke."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scripts import console, environment


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project of our own instead of this one."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return tmp_path


def test_a_step_is_done_until_its_inputs_change(root: Path) -> None:
    environment.VENV.mkdir()
    lock = root / "requirements.lock"
    lock.write_text("one==1")
    step = environment.Step("lock", lock)
    assert not step.is_done()
    step.done()
    assert environment.Step("lock", lock).is_done()
    lock.write_text("one==2")
    assert not environment.Step("lock", lock).is_done()


def test_a_broken_environment_is_made_anew_and_a_working_one_kept(root: Path) -> None:
    environment.VENV.mkdir()
    (environment.VENV / "leftover").touch()
    environment.make_venv(uv=None)
    assert environment.works(environment.PYTHON, "-m", "pip", "--version")
    assert not (environment.VENV / "leftover").exists()
    (environment.VENV / "kept").touch()
    environment.make_venv(uv=None)
    assert (environment.VENV / "kept").exists()


def test_packages_are_asked_for_once_and_again_after_a_failure(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.VENV.mkdir()
    for name in ("USER_LOCK", "DEV_LOCK"):
        lock = root / name
        lock.write_text(name)
        monkeypatch.setattr(environment, name, lock)
    asked: list[object] = []

    def install(uv: str | None, *arguments: str | Path) -> None:
        asked.append(arguments[-1])
        if len(asked) == 1:
            raise subprocess.CalledProcessError(1, ["pip"])

    monkeypatch.setattr(environment, "install", install)
    with pytest.raises(subprocess.CalledProcessError):
        environment.install_packages(None, dev=True)
    environment.install_packages(None, dev=True)
    environment.install_packages(None, dev=True)
    environment.install_packages(None, dev=False)
    assert asked == [root / "DEV_LOCK"] * 2


needs_npm = pytest.mark.skipif(console.node_problem() is not None, reason="needs npm")


def project_built_by(script: str, root: Path) -> Path:
    """A console project without dependencies whose build is this npm script; its `web` folder."""
    package = {"name": "console", "version": "1.0.0", "scripts": {"build": script}}
    lock = {"name": "console", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    web = root / "web"
    web.mkdir()
    console.output(root).mkdir(parents=True)
    (web / "package.json").write_text(json.dumps(package))
    (web / "package-lock.json").write_text(json.dumps(lock))
    return web


@needs_npm
def test_npm_builds_the_console_once_per_change(tmp_path: Path) -> None:
    web = project_built_by("echo built >> ../src/holdfast/console/index.html", tmp_path)
    page = console.output(tmp_path) / "index.html"
    assert console.ensure_built(tmp_path)
    assert console.ensure_built(tmp_path)
    assert page.read_text() == "built\n"
    (web / "page.css").write_text("changed")
    assert console.ensure_built(tmp_path)
    assert page.read_text() == "built\nbuilt\n"


@needs_npm
def test_a_build_that_breaks_is_stale(tmp_path: Path) -> None:
    project_built_by("exit 3", tmp_path)
    mark = console.output(tmp_path) / console.SOURCES
    mark.write_text("of an earlier build")
    with pytest.raises(subprocess.CalledProcessError):
        console.ensure_built(tmp_path)
    assert not mark.exists()
