"""The one verdict at the end of every scenario: what the store believes, held against what was accepted and done.

Nothing lost: every accepted job is there and has ended, and there is none that nobody was told of. No illegal
transition: each history is a chain of the table's moves, leases rise with every claim, and an attempt ends under the
lease that it began with. Nothing unrecorded: handlers never ran more often, in any process, than claims tell of. No
stale write: a result is the one of the attempt that the history calls succeeded, by the process that held the lease.
Nothing left running: the store's own invariants hold.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import pairwise

from holdfast.compose import open_store
from holdfast.model.event import JobChange, attempts_of
from holdfast.model.instant import Instant
from holdfast.model.job import ENDED, LEGAL, JobState
from holdfast.model.records import JobFilter, JobRecord
from holdfast.ports import Store
from holdfast.settings import load
from tests.chaos.ledger import Entry, Ledger, by_job

_TENANT = "default"


async def judge(url: str, ledger: Ledger, accepted: Collection[str]) -> dict[str, JobRecord]:
    """Fails with everything that is wrong; else every job by its id."""
    store = await open_store(load(database_url=url))
    try:
        now = await store.clock()
        problems = await store.check_invariants(now)
        jobs = {job.id: job for job in await _all_jobs(store, now)}
        pids = {worker.id: worker.pid for worker in await store.list_workers(now)}
    finally:
        await store.close()
    problems += [f"job {job_id} was accepted and is lost" for job_id in accepted if job_id not in jobs]
    problems += [f"job {job_id} exists, but nobody was told" for job_id in jobs if job_id not in accepted]
    steps = by_job(ledger.entries())
    for job in jobs.values():
        problems += [f"job {job.id} ({job.kind}): {sentence}" for sentence in _judge_job(job, steps[job.id], pids)]
    assert problems == [], "\n".join(problems)
    return jobs


async def _all_jobs(store: Store, now: Instant) -> list[JobRecord]:
    found: list[JobRecord] = []
    cursor: str | None = None
    while True:
        page = await store.list_jobs(_TENANT, JobFilter(), now, cursor, 500)
        found += [await store.get_job(_TENANT, job.id) for job in page.items]
        cursor = page.next
        if cursor is None:
            return found


def _judge_job(job: JobRecord, steps: list[Entry], pids: dict[str, int]) -> Iterator[str]:
    if job.state not in ENDED:
        yield f"is still {job.state}"
    yield from broken_links(job.changes)
    yield from _unrecorded(job, steps, pids)
    yield from _wrong_result(job, steps, pids)


def broken_links(changes: tuple[JobChange, ...]) -> Iterator[str]:
    """What is wrong with a history; used by itself on runs' jobs, too."""
    if not changes or changes[0].before is not None:
        yield "its history has no beginning"
    for before, after in pairwise(changes):
        if after.after not in LEGAL[JobState(before.after)]:
            yield f"went from {before.after} to {after.after} ({after.reason})"
        if before.after == JobState.RUNNING and after.lease != before.lease:
            yield f"was claimed under lease {before.lease} and ended ({after.reason}) under {after.lease}"
    leases = [change.lease for change in changes if change.after == JobState.RUNNING]
    if any(later <= earlier for earlier, later in pairwise(leases)):
        yield f"its leases don't rise: {leases}"


def _unrecorded(job: JobRecord, steps: list[Entry], pids: dict[str, int]) -> Iterator[str]:
    claims = [change for change in job.changes if change.after == JobState.RUNNING]
    claimed = Counter(pids.get(change.worker or "") for change in claims)
    begun = Counter(entry.pid for entry in steps if entry.what == "begin")
    for pid, times in begun.items():
        if times > claimed[pid]:
            yield f"process {pid} ran it {times} times, but claimed it {claimed[pid]} times"


def _wrong_result(job: JobRecord, steps: list[Entry], pids: dict[str, int]) -> Iterator[str]:
    attempts = attempts_of(job.changes)
    winners = [attempt for attempt in attempts if attempt.outcome == "succeeded"]
    if len(winners) != (job.state is JobState.SUCCEEDED):
        yield f"is {job.state} after {[attempt.outcome for attempt in attempts]}"
    if not winners or not job.kind.startswith("task:"):
        return
    execution = job.result.get("execution") if isinstance(job.result, dict) else None
    done = [entry for entry in steps if entry.what == "done" and entry.execution == execution]
    if not done:
        yield f"has a result that no finished execution gave: {job.result}"
    elif done[0].pid != pids.get(winners[-1].worker or ""):
        yield f"has the result of process {done[0].pid}, which didn't hold its lease"
