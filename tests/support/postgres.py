"""A real PostgreSQL server for tests and measurements, with no system package and as root too.

Modes: `running` (after start or restart), `crashed` (after kill: no checkpoint, the files as the crash left
them) and `stopped` (folder removed). The port stays the same over restarts, so clients can reconnect.
Durability is real (fsync, synchronous commit); only the sizes are small. `in_memory` puts the data folder on
the memory file system, where new databases cost a tenth: still proof against every crash of a process, which
is what tests make, but not against a power cut. Measurements take the disk.

It listens on the loopback address and trusts local users. The data folder is new for each server, and a
server whose test process died is ended by its janitor. A failed start raises with the server's own log.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from tests.support import postgres_binaries
from tests.support.janitor import Janitor
from tests.support.ports import LOOPBACK, free_port
from tests.support.privileges import Unprivileged, new_folder, popen_identity
from tests.support.waiting import NeverHappened, eventually_sync

SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "unix_socket_directories": "",
    "listen_addresses": LOOPBACK,
}
SUPERUSER = "postgres"
READY_LINE = 7  # of postmaster.pid: the server's own word on its state
TRIES = 5


class StartFailed(RuntimeError):
    """The server ended or stayed silent instead of getting ready."""


class PostgresServer:
    """One server with its own data folder. Start it with `start()` or as a context manager."""

    def __init__(self, settings: Mapping[str, str] | None = None, *, in_memory: bool = False) -> None:
        self._settings = {**SETTINGS, **(settings or {})}
        self._user = Unprivileged.here()
        self._folder = new_folder("holdfast-pg-", self._user, in_memory=in_memory)
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._binaries = postgres_binaries.find()
        self._process: subprocess.Popen[bytes] | None = None
        self._janitor: Janitor | None = None
        self.port = 0

    def __enter__(self) -> PostgresServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # -- its life --

    def start(self) -> None:
        """Make the data folder and get ready, on another port if the first one was taken meanwhile."""
        try:
            self._initialise()
            for remaining in reversed(range(TRIES)):
                self.port = free_port()
                try:
                    self._launch()
                except StartFailed as error:
                    if remaining == 0 or "could not bind" not in str(error):
                        raise
                else:
                    return
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Stop in order and start again on the same port."""
        self._end(signal.SIGINT)
        self._launch()

    def kill(self) -> None:
        """Crash: SIGKILL to the server. `resume` brings it back as after a power cut."""
        self._end(signal.SIGKILL)

    def resume(self) -> None:
        """Start again after `kill`; PostgreSQL recovers from its log by itself."""

        def launched() -> bool:
            try:
                self._launch()
            except StartFailed as error:
                # The crashed server's backends notice its death a moment later and free the memory then.
                if "shared memory block" in str(error):
                    return False
                raise
            return True

        eventually_sync(launched, message=self.log)

    def stop(self) -> None:
        """End the server and remove everything it made. Safe to call twice."""
        self._end(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- what is in it --

    def url(self, database: str = SUPERUSER) -> str:
        return f"postgresql://{SUPERUSER}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database, a copy of `template` (to which nobody may be connected), and give its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending the connections that are still open to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def terminate_backends(self, database: str) -> int:
        """Cut every connection to the database from the server's side; how many there were."""
        answer = self.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        )
        return int(answer)

    def execute(self, statement: str, database: str = SUPERUSER) -> str:
        """Run one statement as the superuser; its rows as psql prints them, unaligned."""
        done = self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database))
        return done.stdout.strip()

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else "(no log)"

    # -- how --

    def _initialise(self) -> None:
        copies = self._folder / "programs"
        self._binaries = postgres_binaries.reachable(self._binaries, self._user, copies)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", SUPERUSER, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            text=True,
            capture_output=True,
            check=False,
            **self._as_the_user(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")
        return done

    def _as_the_user(self) -> dict[str, Any]:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        environment = {**kept, "LC_ALL": "C", "TZ": "UTC", "HOME": str(self._folder)}
        return {"cwd": self._folder, "env": environment, **popen_identity(self._user)}

    def _launch(self) -> None:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, f"--port={self.port}", *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Its own session: Ctrl-C in the terminal must not stop it while tests still clean up.
                start_new_session=True,
                **self._as_the_user(),
            )
        self._janitor = Janitor(self._process.pid, self._folder)
        try:
            eventually_sync(self._is_ready, timeout=60)
        except NeverHappened as error:
            raise StartFailed(self.log()) from error

    def _is_ready(self) -> bool:
        process = self._process
        assert process is not None
        if process.poll() is not None:
            self._end(signal.SIGKILL)
            raise StartFailed(self.log())
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # A crashed server leaves its file behind, so the process id in it counts too.
        started = len(lines) > READY_LINE and lines[0].strip() == str(process.pid)
        return started and lines[READY_LINE].strip() == "ready"

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                process.send_signal(how)
            process.wait(timeout=30)
        janitor, self._janitor = self._janitor, None
        if janitor is not None:
            janitor.dismiss()
