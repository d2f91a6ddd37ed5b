"""A ledger outside of the store: what the cluster's handlers really did, one line of JSON per step.

Each line is one ``write`` to a file opened for appending, so lines of several processes never mix, a line is whole or
absent, and what a killed process wrote stays: processes die here, the machine doesn't. ``execution`` is made anew for
each call of a handler and is what the task returns, so that a job's result names the very execution it came from.
"""

import json
import os
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

VARIABLE: Final = "CLUSTER_LEDGER"

What = Literal["begin", "done", "stopped"]


@dataclass(frozen=True, slots=True)
class Line:
    """One step of one execution. ``at``: seconds of the machine's clock, the same for all of its processes."""

    what: What
    at: float
    job: str
    key: str
    attempt: int
    execution: str
    pid: int
    run: str | None
    node: str | None

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))


class Ledger:
    """The file, for writing by tasks and for reading by the proof."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_process(cls) -> "Ledger":
        """Where this process was told to write."""
        return cls(Path(os.environ[VARIABLE]))

    def write(self, line: Line) -> None:
        descriptor = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{line.text}\n".encode())
        finally:
            os.close(descriptor)

    def lines(self) -> list[Line]:
        """Every step so far, oldest first."""
        if not self.path.exists():
            return []
        return [Line(**json.loads(text)) for text in self.path.read_text().splitlines()]

    def by_job(self) -> dict[str, list[Line]]:
        """The steps of each job; a job without any has an empty list."""
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines():
            found[line.job].append(line)
        return found

    def times(self) -> list[float]:
        """When executions were done."""
        return sorted(line.at for line in self.lines() if line.what == "done")


def now() -> float:
    """The machine's monotonic clock, which all of its processes share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
