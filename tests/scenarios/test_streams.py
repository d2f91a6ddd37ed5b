"""Redis is absent, killed, emptied, replaced by an empty one or stands still, while real processes work over it.

Work goes on from the store within seconds, the instance says that it is degraded, and uses Redis again by itself when
it returns. A ledger outside of the store says what handlers did; nothing is lost and nothing done twice.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.load import Load
from tests.chaos.verdict import judge
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

# Within this work goes on; the rest is for a slow machine.
SOON = 5 + 10
JOBS = 60
WORKERS = ("one", "two")


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A server of the test's own, since it is harmed."""
    with ValkeyServer() as server:
        yield server


def killed(server: ValkeyServer) -> None:
    server.kill()


def replaced(server: ValkeyServer) -> None:
    server.forget()


def frozen(server: ValkeyServer) -> None:
    server.freeze()


def returned(server: ValkeyServer) -> None:
    server.resume()


def thawed(server: ValkeyServer) -> None:
    server.thaw()


Strike = Callable[[ValkeyServer], None]
WAYS: dict[str, tuple[Strike, Strike]] = {
    "killed": (killed, returned),
    "replaced": (replaced, returned),
    "frozen": (frozen, thawed),
}


def over(server: ValkeyServer) -> dict[str, str]:
    return {"HOLDFAST_REDIS_URL": server.url}


async def ready_says(cluster: Cluster, status: str) -> dict[str, str]:
    """The checks, once ``/health/ready`` has this status."""
    seen: dict[str, object] = {}

    async def asked() -> bool:
        seen.update(await cluster.caller.get("/health/ready"))
        return seen["status"] == status

    await eventually(asked, 30, lambda: str(seen))
    checks = seen["checks"]
    assert isinstance(checks, dict)
    return checks


async def metric(cluster: Cluster, name: str) -> float:
    status, text = await cluster.caller.attempt("GET", "/metrics")
    assert status == 200, text
    (line,) = [line for line in str(text).splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


async def metric_says(cluster: Cluster, up: float) -> None:
    async def seen() -> bool:
        return await metric(cluster, "holdfast_redis_up") == up

    await eventually(seen, 30)


async def works(cluster: Cluster, load: Load) -> None:
    """A job that is inserted now is done soon."""
    await cluster.caller.all_ended(SOON, await load.insert_plain(3))


async def goes_on_without(cluster: Cluster, load: Load) -> None:
    await works(cluster, load)
    checks = await ready_says(cluster, "degraded")
    assert "Redis" in checks["redis"]
    await metric_says(cluster, 0)
    await works(cluster, load)


async def is_used_again(cluster: Cluster, load: Load) -> None:
    checks = await ready_says(cluster, "ok")
    assert checks["redis"] == "ok"
    await metric_says(cluster, 1)
    await works(cluster, load)


async def nothing_lost_or_doubled(cluster: Cluster, load: Load) -> None:
    await load.settled()
    load.check(await judge(cluster.url, cluster.ledger, cluster.caller.accepted))


def told(cluster: Cluster, words: str) -> int:
    """How often a process logged these words."""
    return cluster["server"].output().count(words)


@pytest.mark.timeout(180)
async def test_redis_that_is_absent_at_the_start(postgres_url: str, tmp_path: Path, own_valkey: ValkeyServer) -> None:
    own_valkey.kill()
    async with Cluster(postgres_url, tmp_path, over(own_valkey)) as cluster:
        load = Load(cluster.caller, random.Random(6))
        await cluster.start("one")
        await goes_on_without(cluster, load)
        own_valkey.resume()
        await is_used_again(cluster, load)
        await nothing_lost_or_doubled(cluster, load)


@pytest.mark.timeout(180)
@pytest.mark.chaos
@pytest.mark.parametrize("way", list(WAYS))
async def test_redis_that_goes_and_returns(
    postgres_url: str, tmp_path: Path, own_valkey: ValkeyServer, way: str
) -> None:
    go, come = WAYS[way]
    async with Cluster(postgres_url, tmp_path, over(own_valkey)) as cluster:
        await cluster.start(*WORKERS)
        await ready_says(cluster, "ok")
        load = Load(cluster.caller, random.Random(7))
        await load.begin(JOBS)
        go(own_valkey)
        await goes_on_without(cluster, load)
        await load.begin(JOBS // 2)
        come(own_valkey)
        await is_used_again(cluster, load)
        await load.begin(JOBS // 2)
        assert told(cluster, "redis is not used for now") == 1
        await nothing_lost_or_doubled(cluster, load)


@pytest.mark.timeout(180)
async def test_redis_that_is_emptied_under_load(postgres_url: str, tmp_path: Path, own_valkey: ValkeyServer) -> None:
    async with Cluster(postgres_url, tmp_path, over(own_valkey)) as cluster:
        await cluster.start(*WORKERS)
        load = Load(cluster.caller, random.Random(8))
        for _ in range(4):
            await load.begin(JOBS // 4)
            own_valkey.wipe()
        await works(cluster, load)
        await ready_says(cluster, "ok")
        await nothing_lost_or_doubled(cluster, load)


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(1, 5))
async def test_redis_and_workers_harmed_again_and_again(
    postgres_url: str, tmp_path: Path, own_valkey: ValkeyServer, seed: int
) -> None:
    """Long outages, one of ten seconds in which it stands still, and a worker killed in each."""
    chance = random.Random(seed)
    async with Cluster(postgres_url, tmp_path, over(own_valkey)) as cluster:
        await cluster.start(*WORKERS)
        load = Load(cluster.caller, chance)
        for way in chance.sample(list(WAYS), len(WAYS)):
            go, come = WAYS[way]
            await load.begin(JOBS)
            await asyncio.sleep(chance.uniform(0, 0.5))
            go(own_valkey)
            victim = chance.choice(WORKERS)
            cluster[victim].kill()
            cluster.launch_worker(victim)
            await asyncio.sleep(10 if way == "frozen" else chance.uniform(0, 5))
            come(own_valkey)
            await is_used_again(cluster, load)
        await nothing_lost_or_doubled(cluster, load)
