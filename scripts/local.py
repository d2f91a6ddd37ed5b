"""Holdfast as several processes of this machine: `python -m scripts.local start | scale N | logs | ps | down`.

`start` runs a server and workers in the background; `scale` starts or stops workers until N run; `down` stops all
that was started here, gracefully, and nothing else. Each process has two files in `.holdfast/processes`: `NAME.json`
says which process it is (also after its number was given to another), `NAME.log` what it printed. The settings are
those of the environment: the same for all, and by default one SQLite file in `.holdfast`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from holdfast.system import Identity, boot_of

FOLDER = Path(".holdfast/processes")
COMMAND = Path(sys.executable).with_name("holdfast")
READY = re.compile(r"^(ready at http://\S+|worker ready: .*|relay ready)$", re.MULTILINE)
TO_START = 60.0
# Longer than the default grace and what a graceful end does beside it.
TO_STOP = 40.0
PAUSE = 0.05
LAST_LINES = 50


class Process:
    """One background process by its name: `server`, `worker-1`, …"""

    def __init__(self, name: str) -> None:
        self.name = name
        self.log = FOLDER / f"{name}.log"
        self._file = FOLDER / f"{name}.json"

    def start(self, *arguments: str) -> None:
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                [COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it goes on when the terminal that started it is gone
            )
        mine = {"host": Identity.mine().host, "pid": child.pid, "boot": boot_of(child.pid) or "unknown"}
        self._file.write_text(json.dumps(mine))

    @property
    def identity(self) -> Identity | None:
        """Which process it is or was; None when nothing is known."""
        try:
            return Identity(**json.loads(self._file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def runs(self) -> bool:
        identity = self.identity
        return identity is not None and identity.host == Identity.mine().host and identity.lives()

    def send(self, number: signal.Signals) -> None:
        if (identity := self.identity) is not None and self.runs():
            with suppress(ProcessLookupError):
                os.kill(identity.pid, number)

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)

    def ready(self) -> str | None:
        """The line that says it works."""
        found = READY.search(self.log.read_text(errors="replace"))
        return None if found is None else found.group(1)


def known() -> list[Process]:
    """What was started here and not stopped here, in order."""
    names = [path.stem for path in FOLDER.glob("*.json")]
    return [Process(name) for name in sorted(names, key=lambda name: (name.rstrip("0123456789"), len(name), name))]


def workers() -> list[Process]:
    return [process for process in known() if process.name.startswith("worker-") and process.runs()]


def start() -> int:
    """A server and a worker, unless they run."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = Process("server")
    if not server.runs():
        server.start("server")
        if not came_up([server]):
            return 1
    tell(f"server: {server.ready() or 'runs'}")
    return 0 if workers() else scale(1)


def scale(count: int) -> int:
    """So many workers: new ones take free numbers, the last ones go."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = workers()
    stop(running[count:])
    taken = {process.name for process in running}
    free = [f"worker-{number}" for number in range(1, count + len(taken) + 1) if f"worker-{number}" not in taken]
    new = [Process(name) for name in free[: max(count - len(running), 0)]]
    for process in new:
        process.start("worker")
    if not came_up(new):
        return 1
    tell(f"workers: {len(workers())}")
    return 0


def came_up(started: Sequence[Process]) -> bool:
    """Whether all of them say that they work; those that don't are told with what they said."""
    waited_for(lambda: all(process.ready() or not process.runs() for process in started), TO_START)
    failed = [process for process in started if not (process.ready() and process.runs())]
    for process in failed:
        tell(f"{process.name} didn't start:\n{process.log.read_text(errors='replace').strip()}")
        process.send(signal.SIGTERM)
        process.forget()
    return not failed


def stop(processes: Sequence[Process]) -> None:
    """Asks each to end within its grace, and ends who doesn't."""
    for process in processes:
        process.send(signal.SIGTERM)
    if not waited_for(lambda: not any(process.runs() for process in processes), TO_STOP):
        for process in processes:
            process.send(signal.SIGKILL)
    for process in processes:
        tell(f"stopped {process.name}")
        process.forget()


def down() -> int:
    stop(known())
    return 0


def ps() -> int:
    for process in known():
        identity = process.identity
        state = "runs" if process.runs() else "is gone; see its log"
        tell(f"{process.name:<12} {identity.pid if identity else '?':<8} {state:<22} {process.log}")
    if not known():
        tell("Nothing runs here. `make start` starts a server and a worker.")
    return 0


def logs(names: Sequence[str], *, follow: bool) -> int:
    """The last lines of each, and with ``follow`` whatever comes after them."""
    wanted = [process.log for process in known() if not names or process.name in names or process.name[:6] in names]
    if not wanted:
        tell("There are no such logs.")
        return 1
    command = ["tail", f"--lines={LAST_LINES}", *(["--follow=name"] if follow else []), *map(str, wanted)]
    with suppress(KeyboardInterrupt):
        return subprocess.run(command, check=False).returncode
    return 0


def waited_for(fact: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not fact():
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE)
    return True


def tell(line: str) -> None:
    print(line, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Holdfast as several processes of this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("start", "ps", "down"):
        commands.add_parser(name)
    commands.add_parser("scale").add_argument("count", type=int, choices=range(65), metavar="N")
    shown = commands.add_parser("logs")
    shown.add_argument("names", nargs="*", help="server, worker-1, or worker for all of them")
    shown.add_argument("--follow", action="store_true")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    match given.command:
        case "start":
            return start()
        case "scale":
            return scale(given.count)
        case "logs":
            return logs(given.names, follow=given.follow)
        case "ps":
            return ps()
    return down()


if __name__ == "__main__":
    sys.exit(main())
