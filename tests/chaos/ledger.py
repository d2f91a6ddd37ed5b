"""A ledger outside of the store: what handlers really did, one line of JSON per step, whatever is killed when.

Each line is one ``write`` to a file opened for appending, so lines of several processes never mix and a line is whole
or absent. ``Entry.execution`` is made anew for each call of a handler and is also what a recording task returns, so
that a job's result names the very execution that it came from.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

VARIABLE: Final = "LEDGER"

What = Literal["begin", "done", "cancelled"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of one execution: by which process, of which job."""

    what: What
    job: str
    step: str
    attempt: int
    execution: str
    pid: int

    @property
    def line(self) -> str:
        return json.dumps(asdict(self))


class Ledger:
    """The file, for writing by tasks and for reading by tests."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_process(cls) -> "Ledger":
        """Where this process was told to write."""
        return cls(Path(os.environ[VARIABLE]))

    @property
    def folder(self) -> Path:
        """Also the place of the gates that tests open for waiting tasks."""
        return self.path.parent

    def write(self, entry: Entry) -> None:
        line = f"{entry.line}\n".encode()
        descriptor = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def entries(self, what: What | None = None) -> list[Entry]:
        """Every step so far, oldest first."""
        if not self.path.exists():
            return []
        lines = self.path.read_text().splitlines()
        found = [Entry(**json.loads(line)) for line in lines]
        return [entry for entry in found if what in (None, entry.what)]

    def begun(self, job: str) -> list[Entry]:
        """The executions of one job."""
        return [entry for entry in self.entries("begin") if entry.job == job]

    def ended_first(self, job: str) -> bool:
        """Whether the first execution of a job has ended well, perhaps after a later one."""
        first = self.begun(job)[0].execution
        return any(entry.execution == first for entry in self.entries("done"))

    def begun_by(self, pid: int) -> set[str]:
        """The jobs that a process began."""
        return {entry.job for entry in self.entries("begin") if entry.pid == pid}


def by_job(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries of each job; a job without any has an empty list."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.job].append(entry)
    return found
