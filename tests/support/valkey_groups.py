"""Several Valkey servers as one broker: a master with a replica and a Sentinel, or a Cluster of masters."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.support.janitor import Janitor
from tests.support.ports import LOOPBACK, answers, free_port
from tests.support.valkey import ValkeyServer, ask, find
from tests.support.waiting import eventually_sync

SLOTS = 16_384
SERVICE = "orders"


class Sentinel:
    """One Sentinel that alone decides on a failover."""

    def __init__(self, master: ValkeyServer, password: str = "") -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-sentinel-"))
        self.port = free_port()
        lines = [
            f"port {self.port}",
            f"bind {LOOPBACK}",
            f"sentinel monitor {SERVICE} {LOOPBACK} {master.port} 1",
            f"sentinel down-after-milliseconds {SERVICE} 500",
            f"sentinel failover-timeout {SERVICE} 3000",
            *([f"sentinel auth-pass {SERVICE} {password}"] if password else []),
        ]
        settings = self._folder / "sentinel.conf"
        settings.write_text("\n".join(lines) + "\n")
        self._process = subprocess.Popen(
            [find(), settings, "--sentinel"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._janitor = Janitor(self._process.pid, self._folder)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=10)
        self._janitor.dismiss()
        shutil.rmtree(self._folder, ignore_errors=True)


class Watched:
    """A master, its replica and a Sentinel that watches them. A context manager."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            auth = ("--masterauth", self._password) if self._password else ()
            self.master = stack.enter_context(ValkeyServer(*auth, password=self._password))
            link = (*auth, "--replicaof", f"{LOOPBACK} {self.master.port}", "--repl-diskless-sync-delay", "0")
            self.master.command("CONFIG", "SET", "repl-diskless-sync-delay", "0")
            self.replica = stack.enter_context(ValkeyServer(*link, password=self._password))
            eventually_sync(lambda: "state=online" in self.master.command("INFO", "replication"))
            self.sentinel = Sentinel(self.master, self._password)
            stack.callback(self.sentinel.stop)
            eventually_sync(lambda: answers(self.sentinel.port))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        login = f":{self._password}@" if self._password else ""
        return f"redis+sentinel://{login}{LOOPBACK}:{self.sentinel.port}/{SERVICE}/0"

    def sees_the_replica(self) -> bool:
        """Whether the Sentinel could promote it."""
        return str(self.replica.port) in ask(self.sentinel.port, "SENTINEL", "REPLICAS", SERVICE)


class ValkeyCluster:
    """Masters that share the slots, one third each. A context manager."""

    def __init__(self, size: int = 3) -> None:
        self._size = size
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            buses = [free_port() for _ in range(self._size)]
            options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port")
            self.nodes = [stack.enter_context(ValkeyServer(*options, str(bus))) for bus in buses]
            for number, (node, bus) in enumerate(zip(self.nodes, buses, strict=True)):
                first, last = SLOTS * number // self._size, SLOTS * (number + 1) // self._size - 1
                node.command("CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
                node.command("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
                self.nodes[0].command("CLUSTER", "MEET", LOOPBACK, str(node.port), str(bus))
            eventually_sync(lambda: all("cluster_state:ok" in node.command("CLUSTER", "INFO") for node in self.nodes))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes)

    def owner(self, key: str) -> ValkeyServer:
        """The node that holds this key."""
        return next(node for node in self.nodes if not node.command("EXISTS", key).startswith("-MOVED"))

    def move(self, key: str, to: ValkeyServer) -> None:
        """Gives the slot of a key to another node, with nothing in it, as if all nodes had agreed."""
        slot = self.nodes[0].command("CLUSTER", "KEYSLOT", key).removeprefix(":")
        name = to.command("CLUSTER", "MYID").splitlines()[-1]
        self.owner(key).command("FLUSHALL")
        to.command("CLUSTER", "SETSLOT", slot, "NODE", name)
        for node in self.nodes:
            node.command("CLUSTER", "SETSLOT", slot, "NODE", name)
