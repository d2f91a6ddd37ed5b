"""What can happen to a cluster: each fault does its harm for a while and takes it back, except what can't be.

Faults strike by a plan that a seed makes: each at its time, possibly while others last; two that need the same thing
(the database server, a process, a connection) follow each other. A fault draws what it harms and for how long from a
seed of its own, so that a plan can be had again. ``World.told`` says what really happened, and when.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.cluster.cluster import Cluster
from tests.cluster.ledger import now
from tests.support.postgres import PostgresServer
from tests.support.proxy import Proxy
from tests.support.valkey import ValkeyServer

COMMIT: Final = b"COMMIT\x00"
# A flush of the log takes this long more, for every commit.
SLOW_FLUSH: Final = ("ALTER SYSTEM SET commit_delay = 50000", "ALTER SYSTEM SET commit_siblings = 0")


@dataclass(slots=True)
class World:
    """All that can be harmed. ``pace``: how long harm lasts, beside what the faults say."""

    cluster: Cluster
    postgres: PostgresServer | None = None
    valkey: ValkeyServer | None = None
    pace: float = 1.0
    redis_gone: bool = False
    told: list[str] = field(default_factory=list)
    began: float = field(default_factory=now)
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def tell(self, sentence: str) -> None:
        self.told.append(f"{now() - self.began:7.2f} s: {sentence}")

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.pace)

    @asynccontextmanager
    async def alone(self, *things: str) -> AsyncIterator[None]:
        """Waits until nobody else harms one of these things, and keeps others from them."""
        async with AsyncExitStack() as stack:
            for thing in sorted(things):
                await stack.enter_async_context(self.locks[thing])
            yield


Fault = Callable[[World, random.Random], Awaitable[None]]


# -- processes --


async def _again(world: World, name: str, pause: float) -> None:
    async with world.alone(name):
        world.tell(f"SIGKILL of {name}")
        world.cluster.kill(name)
        await world.pause(pause)
        world.cluster.launch(name)


def killed(*roles: str) -> Fault:
    """SIGKILL of one process of these roles, which a supervisor starts again."""

    async def act(world: World, chance: random.Random) -> None:
        if names := world.cluster.of_role(*roles):
            await _again(world, chance.choice(names), chance.uniform(0, 1))

    return act


async def half_killed(world: World, chance: random.Random) -> None:
    """Half of all processes die in the same moment."""
    names = list(world.cluster.members)
    chosen = chance.sample(names, len(names) // 2)
    await asyncio.gather(*(_again(world, name, chance.uniform(0, 1)) for name in chosen))


async def rolled(world: World, chance: random.Random) -> None:
    """A rolling restart: SIGTERM to one after another, the next when the one before is ready again."""
    names = list(world.cluster.members)
    chance.shuffle(names)
    for name in names:
        async with world.alone(name):
            world.tell(f"SIGTERM to {name}")
            await world.cluster.terminate(name)
            world.tell(f"{name} ended")
            world.cluster.launch(name)
            await world.cluster.ready(name)
            world.tell(f"{name} is ready again")
    world.tell("rolling restart is over")


def frozen(*roles: str) -> Fault:
    """SIGSTOP of one process, perhaps past its lease."""

    async def act(world: World, chance: random.Random) -> None:
        names = world.cluster.of_role(*roles)
        if not names:
            return
        name = chance.choice(names)
        async with world.alone(name):
            world.tell(f"SIGSTOP of {name}")
            await world.cluster.freeze(name)
            await world.pause(chance.uniform(1, 6))
            world.cluster.thaw(name)
            world.tell(f"{name} goes on")

    return act


# -- the database server --


def database(harm: Callable[[PostgresServer, random.Random], None], sentence: str) -> Fault:
    async def act(world: World, chance: random.Random) -> None:
        server = world.postgres
        if server is not None:
            async with world.alone("postgres"):
                world.tell(sentence)
                await asyncio.to_thread(harm, server, chance)
                world.tell("PostgreSQL is back")

    return act


def _restarted(server: PostgresServer, chance: random.Random) -> None:
    server.restart()


def _crashed(server: PostgresServer, chance: random.Random) -> None:
    server.kill()
    server.resume()


async def database_away(world: World, chance: random.Random) -> None:
    if world.postgres is not None:
        async with world.alone("postgres"):
            world.tell("PostgreSQL is away")
            await asyncio.to_thread(world.postgres.kill)
            await world.pause(chance.uniform(2, 6))
            await asyncio.to_thread(world.postgres.resume)
            world.tell("PostgreSQL is back")


async def slow_disk(world: World, chance: random.Random) -> None:
    server = world.postgres
    if server is not None:
        async with world.alone("postgres"):
            world.tell("commits are slow")
            for statement in (*SLOW_FLUSH, "SELECT pg_reload_conf()"):
                await asyncio.to_thread(server.execute, statement)
            await world.pause(chance.uniform(2, 6))
            for statement in ("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()"):
                await asyncio.to_thread(server.execute, statement)
            world.tell("commits are as fast as before")


# -- Redis --


def redis(harm: Callable[[ValkeyServer], None], sentence: str, heal: Callable[[ValkeyServer], None]) -> Fault:
    async def act(world: World, chance: random.Random) -> None:
        if world.valkey is not None:
            async with world.alone("redis"):
                world.tell(sentence)
                await asyncio.to_thread(harm, world.valkey)
                await world.pause(chance.uniform(0.5, 6))
                await asyncio.to_thread(heal, world.valkey)
                world.tell("Redis is back")

    return act


async def redis_gone(world: World, chance: random.Random) -> None:
    """Redis goes and never comes back."""
    if world.valkey is not None:
        async with world.alone("redis"):
            world.tell("Redis is gone for good")
            world.redis_gone = True
            await asyncio.to_thread(world.valkey.kill)


def _emptied(server: ValkeyServer) -> None:
    server.wipe()
    server.kill()


def _nothing(server: ValkeyServer) -> None: ...


# -- the network --


def network(kind: str, harm: Callable[[Proxy], None], sentence: str, *, everywhere: bool = False) -> Fault:
    """Harm to the way of one process, or of all of them, to the ``database`` or to ``redis``."""

    async def act(world: World, chance: random.Random) -> None:
        ways = {name: getattr(member, kind) for name, member in world.cluster.members.items()}
        names = [name for name, proxy in ways.items() if proxy is not None]
        if not names:
            return
        chosen = names if everywhere else [chance.choice(names)]
        async with world.alone(*(f"{name} {kind}" for name in chosen)):
            world.tell(f"{kind} of {'all' if everywhere else chosen[0]}: {sentence}")
            _each(harm, (ways[name] for name in chosen))
            await world.pause(chance.uniform(1, 6))
            _each(Proxy.heal, (ways[name] for name in chosen))
            lost = sum(ways[name].lost for name in chosen)
            world.tell(f"{kind} of {'all' if everywhere else chosen[0]}: healed ({lost} answers were lost so far)")

    return act


def _each(harm: Callable[[Proxy], None], proxies: Iterable[Proxy]) -> None:
    for proxy in proxies:
        harm(proxy)


def _slow(proxy: Proxy) -> None:
    proxy.delay(0.02)


def _very_slow(proxy: Proxy) -> None:
    proxy.delay(0.3)


def _commits_lost(proxy: Proxy) -> None:
    proxy.lose_answers(3, COMMIT)


def _answers_lost(proxy: Proxy) -> None:
    proxy.lose_answers(3)


# -- all of them --

PROCESSES: Final[dict[str, Fault]] = {
    "worker killed": killed("worker"),
    "server killed": killed("server", "up"),
    "relay killed": killed("relay"),
    "half of all killed": half_killed,
    "worker frozen": frozen("worker"),
    "server frozen": frozen("server"),
    "relay frozen": frozen("relay"),
    "rolling restart": rolled,
}
DATABASE: Final[dict[str, Fault]] = {
    "database restarted": database(_restarted, "PostgreSQL is restarted"),
    "database crashed": database(_crashed, "PostgreSQL crashes"),
    "database away": database_away,
    "slow disk": slow_disk,
    "one cut off": network("database", Proxy.cut, "cut"),
    "all cut off": network("database", Proxy.cut, "cut", everywhere=True),
    "one stalled": network("database", Proxy.stall, "nothing travels"),
    "all stalled": network("database", Proxy.stall, "nothing travels", everywhere=True),
    "one half open": network("database", Proxy.forget, "half-open"),
    "all half open": network("database", Proxy.forget, "half-open", everywhere=True),
    "one very slow": network("database", _very_slow, "300 ms late"),
    "all slow": network("database", _slow, "20 ms late", everywhere=True),
    "commits' answers lost": network("database", _commits_lost, "answers to commits are lost", everywhere=True),
    "any answers lost": network("database", _answers_lost, "answers are lost", everywhere=True),
}
REDIS: Final[dict[str, Fault]] = {
    "redis killed": redis(ValkeyServer.kill, "Redis is killed", ValkeyServer.resume),
    "redis flushed": redis(ValkeyServer.wipe, "Redis is flushed", _nothing),
    "redis restarted empty": redis(_emptied, "Redis is killed and loses everything", ValkeyServer.resume),
    "redis stalled": network("redis", Proxy.stall, "nothing travels", everywhere=True),
    "one without redis": network("redis", Proxy.cut, "cut"),
    "one stalled to redis": network("redis", Proxy.stall, "nothing travels"),
    "redis half open": network("redis", Proxy.forget, "half-open", everywhere=True),
    "redis slow": network("redis", _slow, "20 ms late", everywhere=True),
    "redis very slow": network("redis", _very_slow, "300 ms late", everywhere=True),
    "redis's answers lost": network("redis", _answers_lost, "answers are lost", everywhere=True),
}
FAULTS: Final[dict[str, Fault]] = PROCESSES | DATABASE | REDIS | {"redis gone": redis_gone}


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at its time, in seconds after the first could strike."""

    at: float
    fault: str
    seed: int


def plan(seed: int, faults: Sequence[str], seconds: float) -> list[Strike]:
    """Each of these faults once, in a random order at random times."""
    chance = random.Random(seed)
    times = sorted(chance.uniform(0, seconds) for _ in faults)
    return [
        Strike(round(at, 2), fault, chance.randrange(1 << 30))
        for at, fault in zip(times, chance.sample(faults, len(faults)), strict=True)
    ]


async def strike(world: World, strikes: Sequence[Strike]) -> None:
    """Carries the plan out; answers when the last harm is healed."""

    async def one(strike: Strike) -> None:
        await world.pause(strike.at)
        await FAULTS[strike.fault](world, random.Random(strike.seed))

    async with asyncio.TaskGroup() as group:
        for each in strikes:
            group.create_task(one(each))
