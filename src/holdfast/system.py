"""The machine: time, randomness and the identity of this process, behind the engine's ports.

``SystemClock`` follows the store's own clock, so that every process of an instance agrees on the time whatever its host
says. ``Identity`` tells a later process on this host whether this one still lives, also after its pid was given away.
"""

import asyncio
import gc
import os
import random
import secrets
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from holdfast.model.ids import uuid7
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros

_RANDOM_BITS = 74
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
# ``uuid.getnode`` marks an address that it drew at random, anew in each process, by the multicast bit.
_MADE_UP = 1 << 40
# Ids of one millisecond step by a random stride, so that the next one can't be told from the last.
_STRIDE_BITS = 60


# Objects that the collector lets come together before it looks at the young, the middle and the old ones.
_COLLECT_AFTER = (50_000, 20, 50)


def spare_the_collector() -> None:
    """For processes that serve: what was loaded at the start stays, and work leaves hardly any cycles behind.

    The collector's usual thresholds make it walk over the same living jobs again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


class SystemClock:
    """Monotonic time on the store's scale. Before the first ``follow`` it is the host's."""

    def __init__(self) -> None:
        self._offset: Micros = time.time_ns() // 1000 - time.monotonic_ns() // 1000

    def now(self) -> Instant:
        return time.monotonic_ns() // 1000 + self._offset

    async def sleep(self, micros: Micros) -> None:
        await asyncio.sleep(micros / SECOND)

    def ticks(self) -> Micros:
        """Time that is never adjusted, to measure a round trip with."""
        return time.monotonic_ns() // 1000

    def follow(self, stores: Instant, asked: Micros, answered: Micros) -> Micros:
        """Adjusts to the store's time, read between two ``ticks``; answers by how much the clock moved."""
        offset = stores - (asked + answered) // 2
        moved = offset - self._offset
        self._offset = offset
        return moved


class SystemEntropy:
    """Random numbers and ordered ids. Safe from any thread."""

    def __init__(self) -> None:
        self._random = random.Random(os.urandom(32))
        self._lock = threading.Lock()
        self._millisecond = 0
        self._bits = 0

    def random(self) -> float:
        return self._random.random()

    def new_key(self) -> str:
        return secrets.token_urlsafe(16)

    def new_id(self, now: Instant) -> str:
        """A UUIDv7, greater than every earlier one of this process even if ``now`` is not."""
        with self._lock:
            millisecond = now // MILLISECOND
            if millisecond > self._millisecond:
                self._millisecond = millisecond
                self._bits = self._random.getrandbits(_RANDOM_BITS - 1)
            else:
                self._bits += 1 + self._random.getrandbits(_STRIDE_BITS)
                if self._bits >> _RANDOM_BITS:
                    self._millisecond += 1
                    self._bits = self._random.getrandbits(_RANDOM_BITS - 1)
            return uuid7(self._millisecond * MILLISECOND, self._bits)


@dataclass(frozen=True, slots=True)
class Identity:
    """This process as others may look for it. ``boot`` changes with every start of the host and of the process."""

    host: str
    pid: int
    boot: str

    @classmethod
    def mine(cls) -> "Identity":
        pid = os.getpid()
        return cls(_host(), pid, boot_of(pid) or "unknown")

    def lives(self) -> bool:
        """Whether the process that this identity names still runs on this host."""
        if self.boot == "unknown":
            return _pid_exists(self.pid)
        return boot_of(self.pid) == self.boot


def boot_of(pid: int) -> str | None:
    """What distinguishes the process ``pid`` from any other that had or will have the number; None if there is none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command's name may hold spaces and parentheses: fields count from the last ')'. A zombie no longer works.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _pid_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    """The host's name with the machine's id and the pid namespace: a pid means the same process only within all three.

    Two containers may share a name and, on the host's network, the machine's id as well.
    """
    parts = [socket.gethostname(), _machine()]
    with suppress(OSError):  # a system without pid namespaces
        parts.append(Path("/proc/self/ns/pid").readlink().name.removeprefix("pid:").strip("[]"))
    return ":".join(parts)


def _machine() -> str:
    """The machine's id, else a network card's address; empty when it has neither, never one made up here."""
    for file in _MACHINE_IDS:
        with suppress(OSError):
            if text := file.read_text().strip():
                return text
    node = uuid.getnode()
    return "" if node & _MADE_UP else f"{node:012x}"
