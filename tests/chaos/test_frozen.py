"""SIGSTOP of a worker past its lease: others take over, and what it brings when it wakes up is late and dropped."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.load import Load
from tests.chaos.stores import usually
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

JOBS = 12
WORKERS = ("one", "two")
FREEZES = 4
LEASE = 2.0


@pytest.mark.chaos
@usually("postgres")
@pytest.mark.timeout(120)
async def test_a_frozen_worker_loses_its_jobs_and_comes_back(store_url: str, tmp_path: Path) -> None:
    """Whichever is first when it wakes, its heart (which stops the handlers) or their results: nothing changes."""
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start("frozen")
        frozen, caller, ledger = cluster["frozen"], cluster.caller, cluster.ledger
        jobs = set(await caller.insert("hold", JOBS, payload={"gate": "open"}))
        await eventually(lambda: ledger.begun_by(frozen.pid) == jobs)
        await cluster.freeze("frozen")
        other = await cluster.worker("other")
        await eventually(lambda: ledger.begun_by(other.pid) == jobs, 20)
        cluster.open_gate("open")
        await caller.all_ended()

        cluster.thaw("frozen")
        await eventually(lambda: "declared dead" in frozen.output(), 10, frozen.output)
        other.kill()
        again = set(await caller.insert("record", JOBS))
        await eventually(lambda: again <= ledger.begun_by(frozen.pid), 15, frozen.output)
        await caller.all_ended()
        assert frozen.returncode is None

        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in jobs:
            outcomes = [change.reason for change in judged[job_id].changes]
            assert outcomes == ["inserted", "claimed", "lost", "claimed", "succeeded"]
        before = {change.worker for job_id in jobs for change in judged[job_id].changes if change.lease == 1}
        after = {change.worker for job_id in again for change in judged[job_id].changes if change.lease == 1}
        assert before.isdisjoint(after), "a worker that was declared dead went on under its id"


@pytest.mark.chaos
@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(20, 24))
async def test_workers_that_freeze_under_load(store_url: str, tmp_path: Path, seed: int) -> None:
    """One or the other stands still past its lease, again and again, wherever it happens to be."""
    chance = random.Random(seed)
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start(*WORKERS)
        load = Load(cluster.caller, chance)
        for _ in range(FREEZES):
            await load.begin(60)
            await asyncio.sleep(chance.uniform(0.02, 0.3))
            name = chance.choice(WORKERS)
            await cluster.freeze(name)
            await asyncio.sleep(chance.uniform(0.5, 2 * LEASE))
            cluster.thaw(name)
        await load.settled()
        assert cluster.all_running()
        judged = await judge(store_url, cluster.ledger, cluster.caller.accepted)
        load.check(judged)
