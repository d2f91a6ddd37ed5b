"""A job that kills its worker ends in the dead-letter queue, and the jobs beside it don't share its fate.

A supervisor restarts the worker whenever it dies, as systemd or a container platform would.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from holdfast.model.retry import LOST_CAP
from tests.chaos.cluster import Cluster
from tests.chaos.stores import usually
from tests.chaos.verdict import judge


@asynccontextmanager
async def supervised(cluster: Cluster, name: str) -> AsyncIterator[list[int]]:
    """Starts the worker again each time it has died; the statuses that it died with."""
    deaths: list[int] = []

    async def watch() -> None:
        while True:
            deaths.append(await cluster[name].ended(120))
            cluster.launch_worker(name)

    watching = asyncio.create_task(watch())
    try:
        yield deaths
    finally:
        watching.cancel()


@pytest.mark.chaos
@usually("postgres")
@pytest.mark.timeout(180)
async def test_a_segmentation_fault_is_dead_lettered_alone(store_url: str, tmp_path: Path) -> None:
    await is_dead_lettered_alone(store_url, tmp_path, "segfault")


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_what_the_kernel_kills_is_dead_lettered_alone(store_url: str, tmp_path: Path) -> None:
    await is_dead_lettered_alone(store_url, tmp_path, "kill")


async def is_dead_lettered_alone(store_url: str, tmp_path: Path, how: str) -> None:
    """The others are claimed with the poison and still at work when it strikes, again and again."""
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start("worker")
        caller = cluster.caller
        async with supervised(cluster, "worker") as deaths:
            [poison] = await caller.insert("poison", payload={"how": how})
            others = await caller.insert("record", 4, payload={"pause": 0.3})
            await caller.all_ended(timeout=120)
            after = await caller.insert("record", 5)
            await caller.all_ended()
        judged = await judge(store_url, cluster.ledger, caller.accepted)
        fate = judged[poison]
        assert (str(fate.state), fate.changes[-1].reason) == ("DEAD", "lost")
        assert len(cluster.ledger.begun(poison)) == len(deaths) == LOST_CAP + 1
        assert {str(judged[job_id].state) for job_id in [*others, *after]} == {"SUCCEEDED"}
        listed = (await caller.attempt("GET", "/api/v1/jobs?state=DEAD"))[1]["items"]
        assert [job["id"] for job in listed] == [poison]
