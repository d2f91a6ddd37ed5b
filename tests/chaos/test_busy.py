"""Busy handlers: one that keeps the event loop or the interpreter to itself for longer than the lease loses nothing."""

from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.stores import usually
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

# With a lease of 1 s; a worker whose heart stood still would be dead well before.
BUSY = 3.0


@usually("sqlite")
@pytest.mark.timeout(120)
async def test_a_computing_handler_keeps_its_lease(store_url: str, tmp_path: Path) -> None:
    await keeps_its_lease(store_url, tmp_path, "burn")


@pytest.mark.chaos
@usually("postgres")
@pytest.mark.timeout(120)
async def test_a_blocking_handler_keeps_its_lease(store_url: str, tmp_path: Path) -> None:
    await keeps_its_lease(store_url, tmp_path, "block")


async def keeps_its_lease(store_url: str, tmp_path: Path, task: str) -> None:
    """A second worker stands by and would take over; what else the busy worker holds isn't lost either."""
    async with Cluster(store_url, tmp_path, lease="1s") as cluster:
        await cluster.start("busy")
        busy, caller, ledger = cluster["busy"], cluster.caller, cluster.ledger
        held = set(await caller.insert("hold", 5, payload={"gate": "open"}))
        await eventually(lambda: ledger.begun_by(busy.pid) == held)
        blocking = set(await caller.insert(task, payload={"seconds": BUSY}))
        await eventually(lambda: blocking <= ledger.begun_by(busy.pid))
        await cluster.worker("idle")
        await caller.all_ended(jobs=blocking)
        cluster.open_gate("open")
        await caller.all_ended()
        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in held | blocking:
            assert [change.reason for change in judged[job_id].changes] == ["inserted", "claimed", "succeeded"]
