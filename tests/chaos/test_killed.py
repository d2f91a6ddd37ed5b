"""SIGKILL of workers under load: whatever they held runs again elsewhere, and what has ended stays as it is."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.load import Load
from tests.chaos.verdict import judge

WORKERS = ("one", "two")
KILLS = 3


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(10, 15))])
async def test_killed_workers_lose_nothing(store_url: str, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start(*WORKERS)
        load = Load(cluster.caller, chance)
        for _ in range(KILLS):
            await load.begin(60)
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            name = chance.choice(WORKERS)
            cluster[name].kill()
            await cluster.worker(name)
        await load.settled()
        judged = await judge(store_url, cluster.ledger, cluster.caller.accepted)
        load.check(judged)
