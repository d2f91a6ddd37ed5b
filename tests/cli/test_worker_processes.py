"""`worker --processes N` with real workers: they work, are replaced, and none outlives the supervisor."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.cli.test_supervising import READY, is_running
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.waiting import eventually_sync

SETTINGS = {"HOLDFAST_LOG_LEVEL": "warning"}


def ready(crew: HoldfastProcess, count: int) -> list[str]:
    """The processes of the workers that said they are ready, once there are so many."""
    eventually_sync(lambda: len(re.findall(READY, crew.output())) >= count, 40, crew.output)
    return re.findall(READY, crew.output())


def test_a_worker_that_dies_is_replaced_and_all_end_by_one_signal(tmp_path: Path) -> None:
    arguments = ("worker", "--processes", "2", "--concurrency", "7")
    with HoldfastProcess(*arguments, settings=SETTINGS, folder=tmp_path) as crew:
        first, second = ready(crew, 2)
        assert "2 processes of 7 jobs at once each, all queues" in crew.output()
        os.kill(int(second), signal.SIGKILL)
        *_, third = ready(crew, 3)
        assert "worker 2 ended by itself with 137; a new one starts in 0.5 s" in crew.output()
        crew.terminate()
        eventually_sync(lambda: crew.returncode is not None, 30, crew.output)
        assert crew.returncode == 0, crew.output()
        assert not is_running(first)
        assert not is_running(third)


def test_no_worker_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with HoldfastProcess("worker", "--processes", "2", settings=SETTINGS, folder=tmp_path) as crew:
        children = ready(crew, 2)
        crew.kill()
        eventually_sync(lambda: not any(map(is_running, children)), 30, crew.output)


def test_what_all_would_refuse_is_said_once(tmp_path: Path) -> None:
    done = run_holdfast("worker", "--processes", "3", "--database-url", "memory:", folder=tmp_path)
    assert (done.returncode, done.stderr.count("can't be shared between processes")) == (1, 1)
    done = run_holdfast("worker", "--processes", "3", settings={"HOLDFAST_LEASE": "1"}, folder=tmp_path)
    assert (done.returncode, done.stderr.count("HOLDFAST_LEASE: ")) == (1, 1)


@pytest.mark.parametrize("count", ["0", "257", "many"])
def test_a_wrong_number_is_wrong_usage(count: str, tmp_path: Path) -> None:
    assert run_holdfast("worker", "--processes", count, folder=tmp_path).returncode == 2
