"""Holdfast as an operator runs it: a server and workers as real processes on one store, each to be harmed by itself.

Processes have names; one that is started again under its name takes the old one's place. Leaving the context resumes
what is frozen and kills everything that still runs. The lease is short, so that rescue happens within a test.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.chaos.caller import Caller
from tests.chaos.ledger import VARIABLE, Ledger
from tests.cli.in_process import run_here
from tests.support.ports import free_port
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
TASKS = ("--tasks", "tests.chaos.tasks")
SQLITE = "sqlite:///"


class Cluster:
    """Processes on one store. The lease is short unless asked for otherwise; the ledger lies in ``folder``."""

    def __init__(self, url: str, folder: Path, settings: Mapping[str, str] | None = None, *, lease: str = "2s") -> None:
        self.url = url
        self.lease = lease
        self.ledger = Ledger(folder / "ledger")
        self.folder = folder
        self._port = free_port()
        self._settings = {
            "HOLDFAST_DATABASE_URL": url,
            "HOLDFAST_LEASE": lease,
            "HOLDFAST_SECRET_KEY": "k" * 40,
            "HOLDFAST_LOG_FORMAT": "json",
            VARIABLE: str(self.ledger.path),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            **(settings or {}),
        }
        self._processes: dict[str, HoldfastProcess] = {}
        self.caller = Caller(f"http://127.0.0.1:{self._port}")

    async def __aenter__(self) -> Cluster:
        await self.caller.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.caller.close()
        for process in self._processes.values():
            process.kill()

    def __getitem__(self, name: str) -> HoldfastProcess:
        return self._processes[name]

    # -- starting --

    async def start(self, *workers: str) -> None:
        """A migrated store, a server, and workers under these names; answers when all of them are ready."""
        done = await asyncio.to_thread(run_here, "migrate", settings=self._settings, folder=self.folder)
        assert done.returncode == 0, done.stderr
        server = self._launch("server", "server", "--port", str(self._port))
        for name in workers:
            self._launch(name, "worker", *TASKS)
        await server.ready()
        await asyncio.gather(*(self._working(name) for name in workers))

    async def up(self) -> None:
        """Everything in one process, named ``up``."""
        await self._launch("up", "up", "--port", str(self._port), *TASKS).ready()

    async def worker(self, name: str) -> HoldfastProcess:
        """One more worker, or the next one of this name."""
        process = self._launch(name, "worker", *TASKS)
        await self._working(name)
        return process

    def launch_worker(self, name: str) -> HoldfastProcess:
        """The same without waiting: a worker that may die before it is ready."""
        return self._launch(name, "worker", *TASKS)

    def _launch(self, name: str, *arguments: str) -> HoldfastProcess:
        process = HoldfastProcess(*arguments, settings=self._settings, folder=self.folder)
        self._processes[name] = process
        return process

    async def _working(self, name: str) -> None:
        process = self[name]

        def told() -> bool:
            assert process.returncode is None, process.output()
            return "worker ready" in process.output()

        await eventually(told, 30, process.output)

    # -- harming --

    async def freeze(self, name: str) -> None:
        """SIGSTOP. A process that was stopped within a write to a SQLite file locks it for everybody until it goes on,
        which no other process can cure; it gets another moment for its write."""
        pid = self[name].pid
        while True:
            os.kill(pid, signal.SIGSTOP)
            await eventually(lambda: state_of(pid) == "T")
            if not self._is_locked():
                return
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.01)

    def thaw(self, name: str) -> None:
        os.kill(self[name].pid, signal.SIGCONT)

    def open_gate(self, gate: str) -> None:
        (self.folder / gate).touch()

    def all_running(self) -> bool:
        """Whether no process has ended by itself."""
        return all(process.returncode is None for process in self._processes.values())

    def _is_locked(self) -> bool:
        if not self.url.startswith(SQLITE):
            return False
        # A connection of its own process: closing one here would drop no lock of theirs.
        db = sqlite3.connect(self.url.removeprefix(SQLITE), timeout=1, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
        finally:
            db.close()
        return False


def state_of(pid: int) -> str:
    """The process's state as the kernel tells it (``R``, ``S``, ``T``, …); ``Z`` when it has ended or is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
