"""Servers, workers and relays as real processes, each with a network of its own to the database and to Redis.

Processes have names (``server-1``, ``worker-3``, ``relay-2``) and keep them: one that is started again takes the old
one's place, on the same port if it is a server. A process that ends without having been told to is started again, as
by any supervisor, and noted in ``fallen``, unless it only couldn't start because its database was away. Leaving the
context kills everything.

Every process reaches PostgreSQL and Redis through proxies of its own, so that one of them can be cut off, slowed down
or robbed of its answers while the others go on. On SQLite there is no network, and the first process is ``up-1``.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

from tests.chaos.cluster import ROOT, state_of
from tests.cluster.ledger import VARIABLE, Ledger
from tests.support.ports import free_port
from tests.support.process import HoldfastProcess, run_holdfast
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

TASKS: Final = ("--tasks", "tests.cluster.tasks")
_READY: Final = {"server": "ready at ", "up": "ready at ", "worker": "worker ready", "relay": "relay ready"}
_AWAY: Final = "the database can't be reached"
_LOOK: Final = 0.1
_STARTS: Final = 60.0
_DOCTOR: Final = 120.0
_TAIL: Final = 25
_WIDE: Final = 300


@dataclass(frozen=True, slots=True)
class Size:
    """How many processes of each role."""

    servers: int
    workers: int
    relays: int = 0
    ups: int = 0

    def names(self) -> list[str]:
        roles = {"up": self.ups, "server": self.servers, "relay": self.relays, "worker": self.workers}
        return [f"{role}-{number}" for role, count in roles.items() for number in range(1, count + 1)]


@dataclass(slots=True)
class Member:
    """A process of the cluster and the ways in which it reaches what it needs."""

    name: str
    arguments: tuple[str, ...]
    settings: Mapping[str, str]
    database: Proxy | None
    redis: Proxy | None
    port: int
    process: HoldfastProcess | None = None
    down: bool = True
    earlier: list[HoldfastProcess] = field(default_factory=list)

    @property
    def role(self) -> str:
        return self.name.partition("-")[0]

    @property
    def links(self) -> list[Proxy]:
        return [proxy for proxy in (self.database, self.redis) if proxy is not None]

    @property
    def running(self) -> HoldfastProcess:
        assert self.process is not None, f"{self.name} was never started"
        return self.process

    def tail(self) -> str:
        """The last words of this process and of the one before it."""
        shown = [*self.earlier[-1:], *([self.process] if self.process else [])]
        texts = ("\n".join(line[:_WIDE] for line in process.output().splitlines()[-_TAIL:]) for process in shown)
        return "\n  -- started again --\n".join(texts)


class Cluster:
    """Processes of a given size on one store. ``redis_url`` None: the cluster knows of no Redis."""

    def __init__(
        self, size: Size, url: str, folder: Path, redis_url: str | None = None, *, lease: str = "3s", grace: str = "5s"
    ) -> None:
        self.url = url
        self.folder = folder
        self.ledger = Ledger(folder / "ledger")
        self.fallen: list[str] = []
        self.refused_starts = 0
        self._settings = {
            "HOLDFAST_LEASE": lease,
            "HOLDFAST_SHUTDOWN_GRACE": grace,
            "HOLDFAST_SECRET_KEY": "k" * 40,
            "HOLDFAST_LOG_FORMAT": "json",
            "HOLDFAST_LOG_LEVEL": "warning",  # a line for each request would hide all others
            VARIABLE: str(self.ledger.path),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        self._redis_url = redis_url
        self.members = {name: self._member(name) for name in size.names()}
        self._supervisor: asyncio.Task[None] | None = None

    def _member(self, name: str) -> Member:
        role = name.partition("-")[0]
        port = free_port() if role in ("server", "up") else 0
        arguments = (role, *(("--port", str(port)) if port else ()), *(TASKS if role in ("worker", "up") else ()))
        database = Proxy(_port_of(self.url)) if self.url.startswith("postgres") else None
        redis = Proxy(_port_of(self._redis_url)) if self._redis_url else None
        return Member(name, arguments, self._settings, database, redis, port)

    async def __aenter__(self) -> Cluster:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __getitem__(self, name: str) -> Member:
        return self.members[name]

    # -- its life --

    async def start(self) -> None:
        """A migrated store and every process ready."""
        settings = {**self._settings, "HOLDFAST_DATABASE_URL": self.url}
        done = await asyncio.to_thread(run_holdfast, "migrate", settings=settings, folder=self.folder)
        assert done.returncode == 0, done.stderr
        for member in self.members.values():
            for proxy in member.links:
                proxy.start()
            member.settings = self._settings_of(member)
        try:
            for member in self.members.values():
                self.launch(member.name)
            await asyncio.gather(*map(self.ready, self.members))
        except BaseException:
            await self.stop()
            raise
        self._supervisor = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """Kills what runs. Safe to call twice."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        for member in self.members.values():
            if member.process is not None:
                member.process.kill()
            for proxy in member.links:
                proxy.stop()

    def addresses(self) -> list[str]:
        """Where servers answer, or will again."""
        return [f"http://127.0.0.1:{member.port}" for member in self.members.values() if member.port]

    def of_role(self, *roles: str) -> list[str]:
        return [name for name, member in self.members.items() if member.role in roles]

    def links(self, kind: str) -> list[Proxy]:
        """The ways of all processes to the ``database`` or to ``redis``."""
        found = (getattr(member, kind) for member in self.members.values())
        return [proxy for proxy in found if proxy is not None]

    def doctor(self) -> str:
        """What `holdfast doctor` says, past all proxies. Fails when it finds something broken."""
        settings = {**self._settings, "HOLDFAST_DATABASE_URL": self.url, "HOLDFAST_TASKS": TASKS[1]}
        if self._redis_url:
            settings["HOLDFAST_REDIS_URL"] = self._redis_url
        done = run_holdfast("doctor", settings=settings, folder=self.folder, timeout=_DOCTOR)
        assert done.returncode == 0, f"doctor: {done.stdout}{done.stderr}"
        return done.stdout

    # -- its processes --

    def launch(self, name: str) -> None:
        """Starts the process, without waiting until it is ready."""
        member = self[name]
        if member.process is not None:
            member.earlier.append(member.process)
        member.process = HoldfastProcess(*member.arguments, settings=member.settings, folder=self.folder)
        member.down = False

    async def ready(self, name: str) -> None:
        member = self[name]
        await eventually(lambda: _READY[member.role] in member.running.output(), _STARTS, member.tail)

    def kill(self, name: str) -> None:
        """SIGKILL; it stays down until it is launched."""
        self[name].down = True
        self[name].running.kill()

    async def terminate(self, name: str, timeout: float = 40) -> None:
        """SIGTERM, and its end, which must be in order unless it wasn't ready yet."""
        member = self[name]
        member.down = True
        was_ready = _READY[member.role] in member.running.output()
        member.running.terminate()
        status = await member.running.ended(timeout)
        assert status == 0 or not was_ready, f"{name} ended with {status} when it was asked to stop:\n{member.tail()}"

    async def freeze(self, name: str) -> None:
        """SIGSTOP."""
        pid = self[name].running.pid
        os.kill(pid, signal.SIGSTOP)
        await eventually(lambda: state_of(pid) in "TZ")

    def thaw(self, name: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(self[name].running.pid, signal.SIGCONT)

    def tails(self) -> Iterator[str]:
        """The last words of every process."""
        for name, member in self.members.items():
            yield f"--- {name} (status {member.process.returncode if member.process else None})\n{member.tail()}"

    async def _supervise(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            for name, member in self.members.items():
                if member.down or member.running.returncode is None:
                    continue
                if _AWAY in member.running.output() and _READY[member.role] not in member.running.output():
                    self.refused_starts += 1  # its database was away when it was started
                else:
                    self.fallen.append(f"{name} ended by itself ({member.running.returncode}):\n{member.tail()}")
                self.launch(name)

    def _settings_of(self, member: Member) -> dict[str, str]:
        url = self.url if member.database is None else _through(self.url, member.database)
        settings = {**self._settings, "HOLDFAST_DATABASE_URL": url}
        if self._redis_url is not None and member.redis is not None:
            settings["HOLDFAST_REDIS_URL"] = _through(self._redis_url, member.redis)
        return settings


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None, "the servers of tests have a port in their address"
    return port


def _through(url: str, proxy: Proxy) -> str:
    """The same address, reached through the proxy."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{proxy.port}")).geturl()
