"""The locks answer pyproject.toml, and only a fresh console build counts as the console."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import console

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """The locked version of each package. A lock may pin one package per platform; any of them serves here."""
    return {canonicalize_name(name): version for name, version in PIN.findall((ROOT / lock).read_text())}


def missing(lock: str, *groups: str) -> list[str]:
    """Requirements that this lock doesn't meet."""
    wanted = list(PYPROJECT["project"]["dependencies"])
    for group in groups:
        wanted += PYPROJECT["dependency-groups"][group]
    locked = pins(lock)
    requirements = [Requirement(text) for text in wanted]
    return [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ]


@pytest.mark.parametrize(
    ("lock", "groups"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
)
def test_the_lock_answers_the_project(lock: str, groups: list[str]) -> None:
    assert missing(lock, *groups) == [], "run `make lock` and commit the result"


def test_the_dev_lock_holds_the_users_versions() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_names_no_host(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose console was built from its present sources."""
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "package-lock.json").write_text("{}")
    (tmp_path / "web" / "src" / "main.tsx").write_text("one")
    built = console.output(tmp_path)
    built.mkdir(parents=True)
    (built / console.SOURCES).write_text(console.fingerprint(tmp_path / "web"))
    return tmp_path


def test_a_build_of_these_sources_is_fresh(project: Path) -> None:
    (project / "web" / "node_modules").mkdir()
    (project / "web" / "node_modules" / "junk.js").write_text("not a source")
    assert console.is_fresh(project)


@pytest.mark.parametrize("change", ["edit", "add", "rename"])
def test_any_change_of_the_sources_makes_it_stale(project: Path, change: str) -> None:
    source = project / "web" / "src" / "main.tsx"
    if change == "edit":
        source.write_text("two")
    elif change == "add":
        source.with_name("more.tsx").write_text("")
    else:
        source.rename(source.with_name("app.tsx"))
    assert not console.is_fresh(project)


def test_without_npm_a_stale_console_is_told_and_not_used(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(project))
    (project / "web" / "src" / "main.tsx").write_text("two")
    assert not console.ensure_built(project)
    assert "npm isn't installed" in capsys.readouterr().err
