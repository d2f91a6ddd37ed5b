"""The peers' session: servers, turns, and one run of one runner.

PostgreSQL runs with ``fsync`` and ``synchronous_commit`` on, every run in a database of its own after a checkpoint;
Valkey with its append-only file flushed every second, as Redis's own documents advise, emptied before every run.
Systems take turns: in each round every system that still needs a quiet repetition runs once, and each round begins with
another one.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bench.bench import Figure
from bench.noise import Meter, Noise
from bench.peers import install
from bench.peers.systems import REDIS, System
from bench.stores import Stores
from tests.support.valkey import ValkeyServer

WARM_UP: Final = 1_000
_PATIENCE: Final = 180.0


class Broken(Exception):
    """A runner that ended without a result."""


@dataclass(slots=True)
class Standing:
    """What a system has so far; ``problem`` ends its part of the session."""

    system: System
    quiet: list[tuple[float, Noise]] = field(default_factory=list)
    disturbed: list[tuple[float, Noise]] = field(default_factory=list)
    problem: str | None = None

    def figure(self, wanted: int) -> Figure:
        """The median of the quiet repetitions, or of all when too few were quiet."""
        enough = len(self.quiet) >= wanted
        kept = self.quiet if enough else self.quiet + self.disturbed
        dropped = len(self.disturbed) if enough else 0
        what, values = f"{self.system.title} ({self.system.settings})", tuple(rate for rate, _ in kept)
        noises = tuple(noise for _, noise in kept)
        return Figure("peers", self.system.store, what, self.system.name, "jobs/s", values, dropped, not enough, noises)


class Servers:
    """The stores that the systems work on. ``valkey`` is None when no chosen system needs one."""

    def __init__(self, stores: Stores, valkey: ValkeyServer | None) -> None:
        self._stores = stores
        self._valkey = valkey

    @contextmanager
    def store(self, kind: str) -> Iterator[str]:
        """The URL of an empty store, with nothing of the last run still being written."""
        if kind == REDIS:
            assert self._valkey is not None
            self._valkey.wipe()
            yield self._valkey.url
        else:
            with self._stores.fresh(kind) as (url, _):
                yield url


@contextmanager
def servers_for(systems: Sequence[System]) -> Iterator[Servers]:
    valkey = ValkeyServer() if any(system.store == REDIS for system in systems) else None
    with Stores() as stores:
        if valkey is None:
            yield Servers(stores, None)
            return
        with valkey:
            valkey.command("CONFIG", "SET", "appendfsync", "everysec")
            yield Servers(stores, valkey)


def rounds(
    systems: Sequence[System], servers: Servers, wanted: int, tries: int, scale: float, say: Callable[[str], None]
) -> list[Standing]:
    """Lets the systems take turns until each has ``wanted`` quiet repetitions, or ``tries`` rounds are over."""
    standings = [Standing(system) for system in systems]
    for turn in range(tries):
        start = turn % len(standings)
        for standing in standings[start:] + standings[:start]:
            if standing.problem is None and len(standing.quiet) < wanted:
                _turn(standing, servers, scale, say)
    return standings


def _turn(standing: Standing, servers: Servers, scale: float, say: Callable[[str], None]) -> None:
    system = standing.system
    try:
        words, more = install.command(system)
        with servers.store(system.store) as url:
            told, noise = run([*words, url, str(max(int(system.jobs * scale), 500)), str(WARM_UP)], more)
    except (install.Uninstallable, Broken) as error:
        standing.problem = f"{'not installed' if isinstance(error, install.Uninstallable) else 'failed'}: {error}"
        say(f"{system.name:<18} {standing.problem}")
        return
    rate = told["jobs"] / told["seconds"]
    (standing.quiet if noise.quiet else standing.disturbed).append((rate, noise))
    say(f"{system.name:<18} {rate:>10,.0f} jobs/s{'' if noise.quiet else '  disturbed'}")


def run(words: Sequence[str], more: dict[str, str]) -> tuple[dict[str, Any], Noise]:
    """What one runner tells at its end, and the noise between its ``begin`` and that. Raises ``Broken``."""
    environment = {**os.environ, **more, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile("w+") as errors:
        runner = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=install.ROOT, env=environment,
            start_new_session=True,
        )  # fmt: skip
        deadline = threading.Timer(_PATIENCE, _kill, [runner])
        deadline.start()
        try:
            return _read(runner)
        except Broken:
            errors.seek(0)
            raise Broken(_last_line(errors.read())) from None
        finally:
            deadline.cancel()
            _kill(runner)
            runner.communicate()


def _read(runner: "subprocess.Popen[str]") -> tuple[dict[str, Any], Noise]:
    assert runner.stdout is not None
    lines, meter = runner.stdout, Meter()
    for line in lines:
        if line.strip() == "begin":
            break
    with meter.timing():
        for line in lines:
            if line.startswith("{"):
                told = json.loads(line)
                break
        else:
            raise Broken
    return told, meter.noise()


def _kill(runner: "subprocess.Popen[str]") -> None:
    """The runner with what it started; it leads a session of its own."""
    try:
        os.killpg(runner.pid, signal.SIGTERM if runner.poll() is None else signal.SIGKILL)
    except ProcessLookupError:
        return


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return (errors or lines or [f"no result within {_PATIENCE:.0f} s"])[-1][:200]
