"""A cancel over the API reaches a handler that runs in another process."""

import time
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.stores import usually
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

# The news must travel by itself: with this lease a beat comes every twenty seconds. It takes one second at most, and
# the rest is for a busy machine.
LEASE = "60s"
PROMPT = 5.0


@usually("postgres")
@pytest.mark.timeout(120)
async def test_a_running_job_is_cancelled_in_another_process(store_url: str, tmp_path: Path) -> None:
    async with Cluster(store_url, tmp_path, lease=LEASE) as cluster:
        await cluster.start("worker")
        worker, caller, ledger = cluster["worker"], cluster.caller, cluster.ledger
        jobs = await caller.insert("hold", 4, payload={"gate": "open"})
        await eventually(lambda: ledger.begun_by(worker.pid) == set(jobs))
        cancelled, kept = jobs[:2], jobs[2:]
        asked = time.monotonic()
        for job_id in cancelled:
            await caller.cancel(job_id)
        await eventually(lambda: {entry.job for entry in ledger.entries("cancelled")} == set(cancelled), 30)
        took = time.monotonic() - asked
        await caller.all_ended(jobs=cancelled)
        assert took < PROMPT, f"the handlers learnt of it after {took:.1f} s"
        cluster.open_gate("open")
        await caller.all_ended()
        judged = await judge(store_url, ledger, caller.accepted)
        assert {str(judged[job_id].state) for job_id in cancelled} == {"CANCELLED"}
        assert {str(judged[job_id].state) for job_id in kept} == {"SUCCEEDED"}
