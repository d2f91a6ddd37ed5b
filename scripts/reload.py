"""Runs a command and starts it anew when a source changes: `python reload.py --watch FOLDER … -- COMMAND …`.

For development only; standard library only, so that it runs in a container from a mounted folder. Files are looked at
twice a second, since changes in mounted folders aren't announced everywhere. The command is asked to end (SIGTERM) and,
ten seconds later, made to. One that ended by itself is left so until a source changes. SIGINT and SIGTERM end both.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

EVERY = 0.5
PATIENCE = 10.0
SUFFIXES = {".py", ".sql", ".yaml", ".json"}


def stamps(folders: Sequence[Path]) -> dict[Path, float]:
    """When each source was last changed. One that vanishes meanwhile isn't there."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in SUFFIXES and "node_modules" not in path.parts:
                try:
                    found[path] = path.stat().st_mtime
                except OSError:
                    continue
    return found


class Reloader:
    """One command and the sources that it is made of."""

    def __init__(self, command: Sequence[str], folders: Sequence[Path]) -> None:
        self._command = command
        self._folders = folders
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def stop(self, *_: object) -> None:
        self._stop.set()

    def run(self) -> int:
        """Until it is stopped; 0, or the exit code of a command that failed to end in order."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)
        seen = stamps(self._folders)
        self._start()
        while not self._stop.wait(EVERY):
            now = stamps(self._folders)
            if now != seen:
                changed = sorted(path for path in now.keys() | seen.keys() if now.get(path) != seen.get(path))
                tell(f"{changed[0].name} changed; starting {self._command[0]} anew")
                seen = now
                self._end()
                self._start()
        code = self._end()
        return 0 if code == -signal.SIGTERM else code

    def _start(self) -> None:
        # In a session of its own: Ctrl-C comes here, and is passed on once.
        self._process = subprocess.Popen(self._command, start_new_session=True)

    def _end(self) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def tell(line: str) -> None:
    print(f"reload: {line}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a command, and start it anew when a source changes.")
    parser.add_argument("--watch", action="append", required=True, type=Path, help="a folder to watch; may be repeated")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run, after --")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        parser.error("name a command to run, after --")
    return Reloader(command, options.watch).run()


if __name__ == "__main__":
    sys.exit(main())
