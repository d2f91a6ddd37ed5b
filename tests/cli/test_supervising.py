"""The supervisor itself, with small children that do one thing each: who is started anew, when, and how all end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.cli.supervising import MARGIN
from tests.support.process import environment
from tests.support.waiting import eventually_sync

SUPERVISOR = """
import asyncio, os, sys
from holdfast.cli.supervising import Supervisor

command = [sys.executable, "-S", "child.py"]
sys.exit(asyncio.run(Supervisor(command, os.environ, int(sys.argv[1]), float(sys.argv[2])).run()))
"""
# Says that it is ready and ends at once by its leash, as a worker does; `ACT` is what else it does.
CHILD = """
import os, signal, socket, sys, time
from pathlib import Path
line = socket.socket(fileno=int(sys.argv[sys.argv.index("--leash") + 1]))
ACT
line.send(b"r")
while line.recv(1):
    pass
"""


class Crew:
    """A supervisor of children that all run one script, in a folder of its own."""

    def __init__(self, folder: Path, act: str, count: int, grace: float = 10) -> None:
        (folder / "child.py").write_text(CHILD.replace("ACT", act))
        self._told = folder / "told"
        with self._told.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR, str(count), str(grace)],
                cwd=folder,
                env=environment({}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def told(self) -> str:
        return self._told.read_text()

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        """The matches, once there are so many."""
        eventually_sync(lambda: len(re.findall(pattern, self.told())) >= times, 20, self.told)
        return re.findall(pattern, self.told())

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> int:
        return self._process.wait(timeout=20)

    def end(self) -> None:
        self._process.kill()
        self._process.wait(timeout=10)


@pytest.fixture
def crews(tmp_path: Path) -> Iterator[list[Crew]]:
    started: list[Crew] = []
    yield started
    for crew in started:
        crew.end()


READY = r"worker \d ready \(process (\d+)\)"


def is_running(pid: str) -> bool:
    """Whether it runs; a remainder whose new parent hasn't waited for it doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def exists(pid: str) -> bool:
    """Whether the process is there, even as a remainder that nobody has waited for."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


# What each child does, by how many were started before it; the last one stays.
BY_TURN = """
turn = len(list(Path().glob("turn-*")))
Path(f"turn-{turn}").touch()
"""


def test_75_is_replaced_at_once_and_other_ends_after_growing_pauses(tmp_path: Path, crews: list[Crew]) -> None:
    act = BY_TURN + "if turn < 3:\n    line.send(b'r')\n    os._exit([75, 9, 9][turn])"
    crews.append(crew := Crew(tmp_path, act, 1))
    crew.wait_for(READY, 4)
    assert "worker 1 ended so that a new one replaces it" in crew.told()
    assert crew.wait_for(r"ended by itself with 9; a new one starts in (\S+) s", 2) == ["0.5", "1"]


def test_what_the_first_child_refuses_ends_everything_once(tmp_path: Path, crews: list[Crew]) -> None:
    crews.append(crew := Crew(tmp_path, "print('no such database', flush=True)\nos._exit(1)", 3))
    assert crew.ended() == 1
    assert crew.told() == "no such database\n"


def test_a_store_that_is_away_at_the_start_is_waited_for(tmp_path: Path, crews: list[Crew]) -> None:
    crews.append(crew := Crew(tmp_path, BY_TURN + "if turn == 0:\n    os._exit(3)", 2))
    crew.wait_for(READY, 2)
    assert "worker 1 ended by itself with 3; a new one starts in 0.5 s" in crew.told()


def test_a_signal_is_passed_on_and_the_worst_end_is_told(tmp_path: Path, crews: list[Crew]) -> None:
    act = BY_TURN + "signal.signal(signal.SIGTERM, lambda *_: os._exit(4 * turn))"
    crews.append(crew := Crew(tmp_path, act, 2))
    children = crew.wait_for(READY, 2)
    crew.send(signal.SIGINT)
    assert crew.ended() == 4
    assert "stopping 2 workers" in crew.told()
    assert not any(map(exists, children))


def test_who_ignores_the_signal_is_killed(tmp_path: Path, crews: list[Crew]) -> None:
    """After the grace (none here) and its margin; a second signal kills at once."""
    act = "signal.signal(signal.SIGTERM, lambda *_: print('deaf', flush=True))"
    crews.append(crew := Crew(tmp_path, act, 2, grace=1 - MARGIN))
    crew.wait_for(READY, 2)
    crew.send(signal.SIGTERM)
    assert crew.ended() == 128 + signal.SIGKILL
    crews.append(crew := Crew(tmp_path, act, 2))
    children = crew.wait_for(READY, 2)
    crew.send(signal.SIGTERM)
    crew.wait_for("deaf", 2)
    crew.send(signal.SIGTERM)
    assert crew.ended() == 130
    eventually_sync(lambda: not any(map(is_running, children)), 10, crew.told)
