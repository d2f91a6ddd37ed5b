"""Attempts that outlast their timeout and ignore that they are told to stop."""

from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.stores import usually
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

SOON = {"strategy": "fixed", "base_delay": "10ms", "jitter": "none"}


@usually("sqlite")
@pytest.mark.timeout(120)
async def test_a_deaf_function_is_left_behind(store_url: str, tmp_path: Path) -> None:
    """Its attempt ends by its timeout, the next one does the work, and what it returns at last changes nothing."""
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.up()
        worker, caller, ledger = cluster["up"], cluster.caller, cluster.ledger
        jobs = await caller.insert("deaf", 4, payload={"gate": "open"}, timeout="500ms", retry=SOON)
        others = await caller.insert("record", 4)
        await caller.all_ended()
        assert all(ledger.ended_first(job_id) for job_id in others)
        assert not any(ledger.ended_first(job_id) for job_id in jobs), "one ended before its gate was open"
        cluster.open_gate("open")
        await eventually(lambda: all(ledger.ended_first(job_id) for job_id in jobs))
        again = await caller.insert("record", 4)
        await caller.all_ended()
        assert worker.returncode is None
        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in jobs:
            changes = judged[job_id].changes
            assert [change.reason for change in changes] == ["inserted", "claimed", "retry", "claimed", "succeeded"]
            assert judged[job_id].attempt == 2
        assert {str(judged[job_id].state) for job_id in [*others, *again]} == {"SUCCEEDED"}


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_a_stubborn_coroutine_is_rescued(store_url: str, tmp_path: Path) -> None:
    """It swallows its cancellation, so its worker can't end it. Rescue does, although the worker lives and beats."""
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.up()
        worker, caller, ledger = cluster["up"], cluster.caller, cluster.ledger
        jobs = await caller.insert("stubborn", 2, payload={"gate": "open"}, timeout="500ms")
        await caller.all_ended(timeout=90)
        cluster.open_gate("open")
        await eventually(lambda: all(ledger.ended_first(job_id) for job_id in jobs))
        await caller.insert("record", 4)
        await caller.all_ended()
        assert worker.returncode is None
        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in jobs:
            reasons = [change.reason for change in judged[job_id].changes]
            assert reasons == ["inserted", "claimed", "lost", "claimed", "succeeded"]
