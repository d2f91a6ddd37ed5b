"""Processes in the background: started, scaled, shown and stopped, and only those that were started so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_supervising import is_running
from tests.deploy.checks import ROOT
from tests.support.ports import free_port
from tests.support.process import environment


def local(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.local", *words],
        cwd=folder,
        env={**environment(settings), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def processes(folder: Path) -> dict[str, int]:
    files = (folder / ".holdfast" / "processes").glob("*.json")
    return {file.stem: json.loads(file.read_text())["pid"] for file in files}


@pytest.mark.timeout(150)
def test_a_server_and_workers_come_and_go(tmp_path: Path) -> None:
    port = str(free_port())
    try:
        started = local(tmp_path, "start", HOLDFAST_PORT=port)
        assert started.returncode == 0, started.stdout + started.stderr
        assert f"server: ready at http://127.0.0.1:{port}" in started.stdout
        assert local(tmp_path, "scale", "3").stdout.endswith("workers: 3\n")
        before = processes(tmp_path)
        assert set(before) == {"server", "worker-1", "worker-2", "worker-3"}
        assert local(tmp_path, "ps").stdout.count(" runs ") == 4
        assert "worker ready" in local(tmp_path, "logs", "worker").stdout
        assert local(tmp_path, "scale", "1").stdout == "stopped worker-2\nstopped worker-3\nworkers: 1\n"
        assert processes(tmp_path) == {name: before[name] for name in ("server", "worker-1")}
    finally:
        ended = local(tmp_path, "down")
    assert ended.stdout == "stopped server\nstopped worker-1\n"
    assert processes(tmp_path) == {}
    assert not any(is_running(str(number)) for number in before.values())
    assert "Nothing runs here" in local(tmp_path, "ps").stdout


def test_a_process_that_has_its_number_now_is_left_alone(tmp_path: Path) -> None:
    """This test's own process stands in for one that was given the number of a worker that is gone."""
    folder = tmp_path / ".holdfast" / "processes"
    folder.mkdir(parents=True)
    (folder / "worker-1.json").write_text(json.dumps({"host": "another", "pid": os.getpid(), "boot": "before"}))
    assert "is gone" in local(tmp_path, "ps").stdout
    assert local(tmp_path, "down").stdout == "stopped worker-1\n"


def test_what_does_not_start_is_told_with_its_words(tmp_path: Path) -> None:
    done = local(tmp_path, "start", HOLDFAST_LEASE="1")
    assert done.returncode == 1
    assert "server didn't start:" in done.stdout
    assert "HOLDFAST_LEASE: " in done.stdout
    assert processes(tmp_path) == {}
