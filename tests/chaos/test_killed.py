"""SIGKILL of workers under load: whatever they held runs again elsewhere, and what has ended stays as it is."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.load import Load
from tests.chaos.stores import usually
from tests.chaos.verdict import judge

WORKERS = ("one", "two")


@usually("sqlite")
@pytest.mark.timeout(180)
async def test_killed_workers_lose_nothing(store_url: str, tmp_path: Path) -> None:
    await survive(store_url, tmp_path, seed=3, kills=2)


@pytest.mark.chaos
@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(10, 15))
async def test_workers_killed_at_other_moments_lose_nothing(store_url: str, tmp_path: Path, seed: int) -> None:
    await survive(store_url, tmp_path, seed=seed, kills=5)


async def survive(store_url: str, tmp_path: Path, *, seed: int, kills: int) -> None:
    """A server and two workers under load; one or the other worker is killed and started again."""
    chance = random.Random(seed)
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start(*WORKERS)
        load = Load(cluster.caller, chance)
        for _ in range(kills):
            await load.begin(50)
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            name = chance.choice(WORKERS)
            cluster[name].kill()
            await cluster.worker(name)
        await load.settled()
        judged = await judge(store_url, cluster.ledger, cluster.caller.accepted)
        load.check(judged)
