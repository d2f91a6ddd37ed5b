"""Holdfast as its users run it: the installed `holdfast` command in a process of its own.

Output goes to a file in the given folder, never to a pipe that could fill up and block the process. The
environment is the test's own without any `HOLDFAST_` setting of the person who runs the tests. `kill` is
SIGKILL, `terminate` asks for a graceful shutdown; both act on this process id alone.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.support.waiting import eventually

READY = re.compile(r"ready at (http://\S+)")
COMMAND = Path(sys.executable).with_name("holdfast")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The test's environment with exactly these `HOLDFAST_` settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    return {**kept, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200", **settings}


def run_holdfast(
    *arguments: str, settings: Mapping[str, str] | None = None, folder: Path, timeout: float = 30
) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself; its status and what it printed."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env=environment(settings or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class HoldfastProcess:
    """A command that goes on until it is ended. Leaving the context kills it if it still runs."""

    def __init__(self, *arguments: str, settings: Mapping[str, str] | None = None, folder: Path) -> None:
        self.arguments = arguments
        self._log = folder / f"holdfast-{arguments[0]}-{os.urandom(4).hex()}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [COMMAND, *arguments],
                cwd=folder,
                env=environment(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> HoldfastProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    def output(self) -> str:
        """Everything printed so far, standard output and error together."""
        return self._log.read_text(errors="replace")

    async def ready(self, timeout: float = 30) -> str:
        """Wait for the line that says where the server answers; the address, without a slash at its end."""
        return (await self.printed(READY, timeout)).group(1).rstrip("/")

    async def printed(self, pattern: re.Pattern[str], timeout: float = 30) -> re.Match[str]:
        """Wait until the output has a match. A process that ended without one fails at once."""

        def found() -> re.Match[str] | None:
            ended = self.returncode is not None  # asked first: the last words come before the end
            match = pattern.search(self.output())
            if match is None and ended:
                raise AssertionError(f"{self._told()} without {pattern.pattern!r}")
            return match

        match = await eventually(found, timeout, self._told)
        assert match is not None
        return match

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=10)

    def terminate(self) -> None:
        """Ask for a graceful shutdown; `ended` waits for it."""
        self._process.send_signal(signal.SIGTERM)

    async def ended(self, timeout: float = 30) -> int:
        """Wait for its end; the exit status."""
        await eventually(lambda: self.returncode is not None, timeout, self._told)
        status = self.returncode
        assert status is not None
        return status

    def _told(self) -> str:
        return f"holdfast {' '.join(self.arguments)} (status {self.returncode}) said:\n{self.output()}"
