"""The comparison with peers: the runners' protocol, turns, problems that are reported, ratios, and exact pins."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.noise import Noise
from bench.peers import install, session
from bench.peers.__main__ import table
from bench.peers.systems import OURS, PEERS, SYSTEMS, System
from bench.stores import Stores

QUIET, LOUD = Noise(1.0, 0.1, 0.0, 0.5), Noise(1.0, 0.9, 0.0, 0.5)
GOOD = 'print("chatter"); print("begin"); print(\'{"jobs": 100, "seconds": 0.5}\')'


class NoServers(session.Servers):
    """Runners that need no store."""

    def __init__(self) -> None:
        super().__init__(Stores(), None)

    @contextmanager
    def store(self, kind: str) -> Iterator[str]:
        yield "nowhere"


def runner(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_a_runner_tells_its_jobs_and_seconds() -> None:
    told, noise = session.run(runner(GOOD), {})
    assert told == {"jobs": 100, "seconds": 0.5}
    assert noise.seconds > 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("raise SystemExit('ValueError: no such queue')", "ValueError: no such queue"),
        ("print('begin'); raise RuntimeError('the queue is not empty')", "RuntimeError: the queue is not empty"),
        ("pass", "no result"),
    ],
)
def test_a_runner_without_a_result_is_broken_and_says_why(script: str, said: str) -> None:
    with pytest.raises(session.Broken, match=said):
        session.run(runner(script), {})


def test_what_a_runner_is_given_reaches_it() -> None:
    script = "import os, sys; print('begin'); print('{\"jobs\": %s, \"seconds\": 1}' % os.environ['PEER_MODULES'])"
    assert session.run(runner(script), {"PEER_MODULES": "42"})[0]["jobs"] == 42


def test_systems_take_turns_and_a_broken_one_does_not_stop_them(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = PEERS[:3]
    turns: list[str] = []
    noises = iter([QUIET, LOUD, QUIET, QUIET, QUIET])

    def command(system: System) -> tuple[list[str], dict[str, str]]:
        turns.append(system.name)
        if system is third:
            raise install.Uninstallable("needs Python 3.99, and none was found")
        return [], {}

    monkeypatch.setattr(install, "command", command)
    monkeypatch.setattr(session, "run", lambda words, more: ({"jobs": 100, "seconds": 1}, next(noises)))
    said: list[str] = []
    found = session.rounds([first, second, third], NoServers(), 2, 3, 1.0, said.append)
    names = [first.name, second.name, third.name]
    assert turns == [*names, second.name, first.name, second.name]
    assert [len(standing.quiet) for standing in found] == [2, 2, 0]
    assert [len(standing.disturbed) for standing in found] == [0, 1, 0]
    assert found[2].problem == "not installed: needs Python 3.99, and none was found"
    assert any("not installed" in line for line in said)


def test_the_table_has_ratios_and_problems() -> None:
    ours, peer, gone = session.Standing(OURS[0]), session.Standing(PEERS[0]), session.Standing(PEERS[1])
    ours.quiet, peer.quiet, peer.disturbed = [(30_000.0, QUIET)], [(20_000.0, QUIET)], [(1.0, LOUD)]
    gone.problem = "not installed: no such version"
    lines = table([gone, peer, ours], 1)
    assert [line.split()[0] for line in lines] == ["system", OURS[0].name, PEERS[0].name, PEERS[1].name]
    assert "1.50 x" in lines[2]
    assert "1 dropped" in lines[2]
    assert lines[3].endswith(gone.problem)


def test_too_few_quiet_repetitions_are_told() -> None:
    standing = session.Standing(PEERS[0])
    standing.quiet, standing.disturbed = [(20_000.0, QUIET)], [(10_000.0, LOUD)]
    figure = standing.figure(2)
    assert figure.disturbed
    assert figure.value == 15_000.0
    assert "DISTURBED" in table([standing], 2)[1]


@pytest.mark.parametrize("system", PEERS, ids=lambda system: system.name)
def test_every_peer_is_pinned_and_has_a_runner(system: System) -> None:
    if system.language == "node":
        pins = json.loads((system.path / "package.json").read_text())["dependencies"]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
        assert (system.path / "run.mjs").is_file()
    else:
        pins = (system.path / "requirements.txt").read_text().split()
        assert all(re.fullmatch(r"[a-z-]+(\[[a-z]+\])?==[\d.]+", pin) for pin in pins)
        assert (system.path / "run.py").is_file()
    assert re.fullmatch(r"\d+\.\d+\.\d+", install.versions(system))


def test_the_names_are_unique() -> None:
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS)


def test_an_environment_is_made_once_and_half_made_ones_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "CACHE", tmp_path / "cache")
    made: list[Path] = []

    def make(folder: Path) -> None:
        folder.mkdir()
        made.append(folder)
        if len(made) == 1:
            raise install.Uninstallable("the registry is away")

    with pytest.raises(install.Uninstallable):
        install.once("peer", "pin==1", make)
    assert install.once("peer", "pin==1", make) == install.once("peer", "pin==1", make)
    assert len(made) == 2
    assert install.once("peer", "pin==2", make) != made[0]


def test_a_python_that_nobody_has_is_named() -> None:
    with pytest.raises(install.Uninstallable, match=r"3\.99"):
        install.python((3, 99))
    assert install.python((3, 11)) == Path(sys.executable)
