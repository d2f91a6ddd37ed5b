"""An operator stops a worker: softly within the grace, giving back what isn't done, or hard with a second signal."""

import os
import signal
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.stores import usually
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

# With one attempt in its budget a job that an end had burnt would be dead instead of running again.
ONCE = {"max_attempts": 1}


@usually("postgres")
@pytest.mark.timeout(120)
async def test_a_soft_stop_waits_then_gives_back_unburnt(store_url: str, tmp_path: Path) -> None:
    async with Cluster(store_url, tmp_path, {"HOLDFAST_SHUTDOWN_GRACE": "1s"}) as cluster:
        await cluster.start("first")
        first, caller, ledger = cluster["first"], cluster.caller, cluster.ledger
        short = set(await caller.insert("hold", 3, payload={"gate": "soon"}, retry=ONCE))
        long = set(await caller.insert("hold", 3, payload={"gate": "late"}, retry=ONCE))
        await eventually(lambda: ledger.begun_by(first.pid) == short | long)
        first.terminate()
        cluster.open_gate("soon")
        await caller.all_ended(jobs=short)
        assert first.returncode is None, "it didn't wait for the others"
        assert await first.ended() == 0, first.output()
        states = await caller.states()
        assert {states[job_id] for job_id in long} == {"PENDING"}
        cluster.open_gate("late")
        await cluster.worker("second")
        await caller.all_ended()
        judged = await judge(store_url, ledger, caller.accepted)
        for job_id in short:
            assert [change.reason for change in judged[job_id].changes] == ["inserted", "claimed", "succeeded"]
        for job_id in long:
            reasons = [change.reason for change in judged[job_id].changes]
            assert reasons == ["inserted", "claimed", "released", "claimed", "succeeded"]


@usually("sqlite")
@pytest.mark.timeout(120)
async def test_a_second_signal_stops_at_once(store_url: str, tmp_path: Path) -> None:
    """The grace is far longer than this test; what ran is rescued like a dead worker's, again unburnt."""
    async with Cluster(store_url, tmp_path, {"HOLDFAST_SHUTDOWN_GRACE": "10m"}) as cluster:
        await cluster.start("first")
        first, caller, ledger = cluster["first"], cluster.caller, cluster.ledger
        jobs = set(await caller.insert("hold", 3, payload={"gate": "open"}, retry=ONCE))
        await eventually(lambda: ledger.begun_by(first.pid) == jobs)
        first.terminate()
        later = await caller.insert("record", retry=ONCE)
        # Until the first signal was heard, a second one is no second one: signals of a kind don't queue.
        await eventually(lambda: not _pending(first.pid))
        os.kill(first.pid, signal.SIGINT)
        assert await first.ended(5) == 130, first.output()
        cluster.open_gate("open")
        await cluster.worker("second")
        await caller.all_ended()
        judged = await judge(store_url, ledger, caller.accepted)
        assert ledger.begun_by(first.pid).isdisjoint(later), "it claimed while it was stopping"
        for job_id in jobs:
            reasons = [change.reason for change in judged[job_id].changes]
            assert reasons == ["inserted", "claimed", "lost", "claimed", "succeeded"]


def _pending(pid: int) -> bool:
    """Whether a signal to the process waits to be handled."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return any(int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd")))
