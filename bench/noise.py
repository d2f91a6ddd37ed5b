"""Noise: what others took of this machine while something was timed.

Others are all processes but this one, its descendants (the database server among them) and the kernel's own threads,
which here mostly write out what we wrote; and the hypervisor, which shows as steal. Read from ``/proc`` before and
after a timed section, so the section itself pays nothing. A machine without ``/proc`` tells nothing: its noise is
unknown and nothing is dropped for it. A process that is gone by the second reading is in its parent's time, if that
one waited for it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

PROC = Path("/proc")
# More than this many cores gone to others and the repetition says nothing.
TOLERATED = 0.25
_KERNEL_THREADS = 2


@dataclass(frozen=True, slots=True)
class Process:
    """One process's parent and its ticks so far, with those of the children that it waited for."""

    parent: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The machine's busy and stolen ticks, and every process's."""

    busy: int
    stolen: int
    processes: Mapping[int, Process]


@dataclass(frozen=True, slots=True)
class Noise:
    """Cores that others and the hypervisor took on average, over ``seconds``; None where nobody can tell."""

    seconds: float
    others: float | None
    steal: float | None
    load: float

    @property
    def quiet(self) -> bool:
        return self.others is None or self.steal is None or self.others + self.steal <= TOLERATED

    def told(self) -> dict[str, float | None]:
        """For the record."""
        return {
            "seconds": round(self.seconds, 3),
            "others_cores": None if self.others is None else round(self.others, 3),
            "steal_cores": None if self.steal is None else round(self.steal, 3),
            "load": round(self.load, 2),
        }


class Meter:
    """Adds up the noise of the timed sections of one repetition."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._hertz = os.sysconf("SC_CLK_TCK")
        self._seconds = 0.0
        self._others = 0
        self._stolen = 0
        self._known = True

    @contextmanager
    def timing(self) -> Iterator[None]:
        """What happens inside is what a figure is taken from."""
        before = snapshot(self._proc)
        began = perf_counter()
        try:
            yield
        finally:
            self._seconds += perf_counter() - began
            self._add(before, snapshot(self._proc))

    def noise(self) -> Noise:
        load = os.getloadavg()[0]
        if not self._known or not self._seconds:
            return Noise(self._seconds, None, None, load)
        span = self._seconds * self._hertz
        return Noise(self._seconds, self._others / span, self._stolen / span, load)

    def _add(self, before: Snapshot | None, after: Snapshot | None) -> None:
        if before is None or after is None:
            self._known = False
            return
        self._others += taken_by_others(before, after, os.getpid())
        self._stolen += after.stolen - before.stolen


def snapshot(proc: Path) -> Snapshot | None:
    """The machine as it is now; None without a ``/proc``."""
    try:
        busy, stolen = machine_ticks((proc / "stat").read_text())
    except OSError:
        return None
    processes = {}
    for entry in proc.iterdir():
        if entry.name.isdigit():
            try:
                processes[int(entry.name)] = process_of((entry / "stat").read_text())
            except (OSError, ValueError):
                continue  # gone meanwhile
    return Snapshot(busy, stolen, processes)


def machine_ticks(stat: str) -> tuple[int, int]:
    """(user + nice + system, steal) of all cores, from ``/proc/stat``."""
    user, nice, system, _idle, _wait, _irq, _softirq, steal = (
        int(part) for part in stat.split("\n", 1)[0].split()[1:9]
    )
    return user + nice + system, steal


def process_of(stat: str) -> Process:
    """From ``/proc/<pid>/stat``; the name in brackets may hold anything."""
    fields = stat.rpartition(")")[2].split()
    return Process(int(fields[1]), sum(int(fields[i]) for i in range(11, 15)))


def taken_by_others(before: Snapshot, after: Snapshot, me: int) -> int:
    """Ticks between the two that neither my family nor the kernel's threads used."""
    ours = _family_ticks(after, me) - _family_ticks(before, me)
    kernel = _family_ticks(after, _KERNEL_THREADS) - _family_ticks(before, _KERNEL_THREADS)
    return max(after.busy - before.busy - ours - kernel, 0)


def _family_ticks(now: Snapshot, root: int) -> int:
    return sum(now.processes[pid].ticks for pid in family(now.processes, root))


def family(processes: Mapping[int, Process], root: int) -> set[int]:
    """``root`` and its descendants."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    found: set[int] = set()
    waiting = [root] if root in processes else []
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting.extend(children.get(pid, ()))
    return found
