"""The deployment guide: its parts start by its own words and work together; commands, targets and settings exist."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from tests.cli.conftest import Cli, address_of
from tests.deploy.checks import DEPLOY, ROOT, VARIABLES, parsed
from tests.support.guides import needs_shell, run_commands
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually_sync

GUIDE: Final = (ROOT / "docs" / "deployment.md").read_text()
LINES: Final = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```(?:bash|sh)\n(.*?)```", GUIDE, re.DOTALL)
    for line in block.splitlines()
]
PARTS: Final = [line for line in LINES if re.match(r"holdfast (server|worker|relay)\b", line)]
UNITS: Final = sorted((DEPLOY / "systemd").iterdir())


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("holdfast ")])
def test_each_command_is_one(line: str) -> None:
    words = shlex.split(line)[1:]
    assert parsed(words if words not in (["workers"], ["queues"]) else [*words, "list"])


def test_each_target_setting_and_file_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", GUIDE)) <= targets
    assert set(re.findall(r"HOLDFAST_[A-Z_]*[A-Z]", GUIDE)) <= VARIABLES | {"HOLDFAST_URL"}
    for path in set(re.findall(r"\b(deploy/[\w./-]*\w)", GUIDE)) - {"deploy/env", "deploy/env/owner.env"}:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_each_unit_starts_a_part_and_waits_longer_than_its_grace(unit: Path) -> None:
    file = configparser.ConfigParser(interpolation=None, strict=False)
    file.optionxform = str  # type: ignore[assignment,method-assign]
    file.read_string(unit.read_text())
    program, *words = shlex.split(file["Service"]["ExecStart"])
    assert program.endswith("/holdfast")
    assert parsed(words) == unit.stem.removeprefix("holdfast-")
    assert int(file["Service"]["TimeoutStopSec"]) > 30


@needs_shell
@pytest.mark.timeout(180)
def test_its_parts_work_together(empty_postgres_url: str, valkey_server: ValkeyServer, tmp_path: Path) -> None:
    settings = {
        "HOLDFAST_DATABASE_URL": empty_postgres_url,
        "HOLDFAST_REDIS_URL": valkey_server.url,
        "HOLDFAST_SECRET_KEY": "k" * 40,
    }  # fmt: skip
    assert run_holdfast("migrate", settings=settings, folder=tmp_path).returncode == 0
    key = run_holdfast("keys", "owner", settings=settings, folder=tmp_path).stdout.strip()
    server, worker, relay = (shlex.split(line)[1:] for line in PARTS)
    here = ["::ffff:127.0.0.1" if word == "0.0.0.0" else word for word in server]  # nobody else reaches this test
    with (
        HoldfastProcess(*here, "--port", "0", settings=settings, folder=tmp_path) as api,
        HoldfastProcess(*worker, settings=settings, folder=tmp_path) as workers,
        HoldfastProcess(*relay, settings=settings, folder=tmp_path) as relaying,
    ):
        url = f"http://127.0.0.1:{address_of(api).rsplit(':', 1)[1]}"
        eventually_sync(lambda: workers.output().count(" ready (") == 2, 60, workers.output)
        eventually_sync(lambda: "relay ready" in relaying.output(), 60, relaying.output)
        cli = Cli(url, tmp_path, key)
        assert cli.json("run", cli.applied(), "--wait")["state"] == "SUCCEEDED"
        printed = run_commands(GUIDE, url, tmp_path, 90, **settings, HOLDFAST_API_KEY=key)
        assert "2 alive" in printed
