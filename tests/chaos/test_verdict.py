"""The verdict itself: it finds each wrong that the scenarios look for."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from holdfast.model.event import JobChange
from holdfast.model.job import JobState
from tests.chaos.cluster import Cluster
from tests.chaos.ledger import Entry
from tests.chaos.verdict import broken_links, judge

STATES = ["PENDING", "RUNNING", "PENDING", "RUNNING", "SUCCEEDED"]
REASONS = ["inserted", "claimed", "lost", "claimed", "succeeded"]
LEASES = [0, 1, 1, 2, 2]


def history(states: list[str] = STATES, leases: list[int] = LEASES) -> tuple[JobChange, ...]:
    pairs = pairwise([None, *states])
    return tuple(
        JobChange(before, str(after), 0, reason, lease, 1, None, None, None)
        for (before, after), reason, lease in zip(pairs, REASONS, leases, strict=True)
    )


def test_a_sound_history() -> None:
    assert list(broken_links(history())) == []


def test_a_history_without_a_beginning() -> None:
    assert list(broken_links(history()[1:])) == ["its history has no beginning"]


def test_a_move_that_the_table_forbids() -> None:
    wrong = history(["PENDING", "RUNNING", "SUCCEEDED", "RUNNING", "SUCCEEDED"])
    assert list(broken_links(wrong)) == ["went from SUCCEEDED to RUNNING (claimed)"]


def test_a_stale_write() -> None:
    told = list(broken_links(history(leases=[0, 1, 1, 2, 1])))
    assert told == ["was claimed under lease 2 and ended (succeeded) under 1"]


def test_a_claim_that_raised_no_lease() -> None:
    assert list(broken_links(history(leases=[0, 1, 1, 1, 1]))) == ["its leases don't rise: [1, 1]"]


@pytest.mark.timeout(60)
async def test_what_the_ledger_and_the_caller_know_better(sqlite_url: str, tmp_path: Path) -> None:
    """One job that really ran; then the ledger and the list of accepted jobs are made to say something else."""
    async with Cluster(sqlite_url, tmp_path) as cluster:
        await cluster.up()
        ledger = cluster.ledger
        [job_id] = await cluster.caller.insert("record")
        await cluster.caller.all_ended()
        judged = await judge(sqlite_url, ledger, {job_id})
        assert judged[job_id].state is JobState.SUCCEEDED

        with pytest.raises(AssertionError, match="job gone was accepted and is lost"):
            await judge(sqlite_url, ledger, {job_id, "gone"})
        with pytest.raises(AssertionError, match="exists, but nobody was told"):
            await judge(sqlite_url, ledger, set())

        told = ledger.path.read_text()
        [begin, done] = ledger.entries()
        ledger.write(replace(begin, execution="another"))
        with pytest.raises(AssertionError, match=r"ran it 2 times, but claimed it 1 times"):
            await judge(sqlite_url, ledger, {job_id})
        rewrite(ledger.path, [begin, replace(done, execution="another")])
        with pytest.raises(AssertionError, match="has a result that no finished execution gave"):
            await judge(sqlite_url, ledger, {job_id})
        rewrite(ledger.path, [begin, replace(done, pid=1)])
        with pytest.raises(AssertionError, match="has the result of process 1, which didn't hold its lease"):
            await judge(sqlite_url, ledger, {job_id})
        ledger.path.write_text(told)

        await cluster.caller.insert("record", delay="1h")
        with pytest.raises(AssertionError, match="is still SCHEDULED"):
            await judge(sqlite_url, ledger, cluster.caller.accepted)


def rewrite(path: Path, entries: list[Entry]) -> None:
    path.write_text("".join(f"{entry.line}\n" for entry in entries))
