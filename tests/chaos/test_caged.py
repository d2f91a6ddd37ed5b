"""Tasks in processes of their own: what they do to themselves harms neither their worker nor the jobs beside them."""

from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster, state_of
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

SOON = {"strategy": "fixed", "base_delay": "10ms", "jitter": "none"}
SOUND = ["inserted", "claimed", "succeeded"]


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_caged_tasks_die_and_hang_alone(store_url: str, tmp_path: Path) -> None:
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start("worker")
        worker, caller, ledger = cluster["worker"], cluster.caller, cluster.ledger
        beside = await caller.insert("hold", 3, payload={"gate": "open"})
        await eventually(lambda: ledger.begun_by(worker.pid) == set(beside))
        faults = await caller.insert("caged", payload={"how": "segfault"}, retry={**SOON, "max_attempts": 2})
        # The start of a process is part of the attempt, and slow on a busy machine: it may take several.
        hung = await caller.insert("caged", payload={"how": "hang"}, retry=SOON, timeout="4s")
        sound = await caller.insert("caged", payload={"how": "work"})
        await caller.all_ended(jobs=[*faults, *hung, *sound])
        cluster.open_gate("open")
        await caller.all_ended()
        assert worker.returncode is None
        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in [*beside, *sound]:
            assert [change.reason for change in judged[job_id].changes] == SOUND
        for job_id in faults:
            reasons = [change.reason for change in judged[job_id].changes]
            assert reasons == ["inserted", "claimed", "retry", "claimed", "retries_exhausted"]
        for job_id in hung:
            reasons = [change.reason for change in judged[job_id].changes]
            assert reasons[:3] == ["inserted", "claimed", "retry"]
            assert reasons[-1] == "succeeded"
            assert state_of(int(ledger.begun(job_id)[0].step)) == "Z", "a hung process outlived its attempt"


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_caged_tasks_die_with_their_worker(store_url: str, tmp_path: Path) -> None:
    """A worker that is killed can't kill its children; they must not go on under a lease that others get."""
    async with Cluster(store_url, tmp_path) as cluster:
        await cluster.start("first")
        first, caller, ledger = cluster["first"], cluster.caller, cluster.ledger
        jobs = await caller.insert("caged", 3, payload={"how": "hang"})
        await eventually(lambda: ledger.begun_by(first.pid) == set(jobs), 30)
        first.kill()
        children = [int(ledger.begun(job_id)[0].step) for job_id in jobs]
        await eventually(lambda: {state_of(pid) for pid in children} == {"Z"})
        await cluster.worker("second")
        await caller.all_ended()
        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in jobs:
            reasons = [change.reason for change in judged[job_id].changes]
            assert reasons == ["inserted", "claimed", "lost", "claimed", "succeeded"]
