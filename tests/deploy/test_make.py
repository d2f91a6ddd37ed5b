"""The make targets: the seeds' commands have one each, and each calls what exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.checks import DEPLOY, ROOT, parsed, read_yaml

DOCKER: Final = {
    "docker-prod": "up --build --detach",
    "docker-scale": "up --detach --no-recreate --scale worker=5",
    "docker-logs-api": "logs --follow --tail 100 server",
    "docker-logs-worker": "logs --follow --tail 100 worker",
    "docker-ps": "ps --all",
    "docker-down": "down",
    "docker-dev": "up --build",
    "docker-logs-dev": "logs --follow --tail 100",
    "docker-down-dev": "down",
}


# As from a shell, though these tests may be run by make themselves.
ALONE = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def commands(target: str) -> list[str]:
    """What make would run for a target, the last line first."""
    done = subprocess.run(
        ["make", "--dry-run", target, "N=5", "PYTHON=python3"],
        cwd=ROOT,
        env=ALONE,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[::-1]


@pytest.mark.parametrize("target", DOCKER)
def test_a_container_target_names_a_file_and_services_that_exist(target: str) -> None:
    words = shlex.split(commands(target)[0])
    assert words[:3] == ["docker", "compose", "--file"]
    file = ROOT / words[3]
    assert file == DEPLOY / ("compose.dev.yaml" if target.endswith("dev") else "compose.yaml")
    assert " ".join(words[4:]) == DOCKER[target]
    services = set(read_yaml(file)["services"])
    named = [word.partition("=")[0] for word in words[4:]]
    assert {name for name in named if name in ("server", "api", "worker")} <= services


@pytest.mark.parametrize("target", DOCKER)
def test_a_missing_docker_compose_is_named_before_anything_else_is_done(target: str) -> None:
    assert "docker compose version" in "".join(commands(target)[-2:])


def test_a_docker_without_compose_is_told_where_it_comes_from(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\nexit 125\n")
    docker.chmod(0o700)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["make", "docker-ps", "PYTHON=python3"],
        check=False,
        cwd=ROOT,
        env={**ALONE, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "Docker Compose isn't installed: https://" in done.stderr
    assert "unknown flag" not in done.stderr


def test_secrets_are_written_before_production_starts() -> None:
    assert "python3 -m scripts.docker_env" in commands("docker-prod")[1]


@pytest.mark.parametrize(("target", "command"), [("start-dev", ["server"]), ("start-worker-dev", ["worker"])])
def test_a_target_with_reload_runs_a_real_command(target: str, command: list[str]) -> None:
    watching, _, run = commands(target)[0].partition(" -- ")
    assert "scripts.reload --watch src" in watching
    assert run.split() == [".venv/bin/holdfast", *command]
    assert parsed(command)


@pytest.mark.parametrize(
    ("target", "words"), [("start", "start"), ("scale", "scale 5"), ("ps", "ps"), ("logs", "logs"), ("down", "down")]
)
def test_a_local_target_calls_the_script(target: str, words: str) -> None:
    assert commands(target)[0].split() == [".venv/bin/python", "-m", "scripts.local", *words.split()]


def test_help_lists_each_target_and_none_is_taken_for_a_file() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = set(" ".join(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)).split())
    assert set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)) <= phony
