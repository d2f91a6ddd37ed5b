"""What must hold when a simulated cluster has settled; each violation is one sentence.

Two sources are held against each other: what the store tells through its port (records, histories, events in commit
order, its own invariants) and the ledger of what really ran and what callers were told.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from holdfast.model.event import Event, JobChange
from holdfast.model.instant import SECOND, Instant
from holdfast.model.job import ENDED, LEGAL, JobState
from holdfast.model.outcome import Failed, Outcome, Snoozed, Succeeded
from holdfast.model.records import JobRecord
from holdfast.model.retry import LOST_CAP, Reason
from holdfast.ports import Store
from tests.simulation.database import Database
from tests.simulation.definitions import ACME_LIMIT, NARROW_LIMIT, TENANTS, may_start
from tests.simulation.families import kept_nodes, wrong_with_families
from tests.simulation.keys import wrong_with_keys
from tests.simulation.ledger import Ledger, Order
from tests.simulation.machine import START
from tests.simulation.workload import TAGGED

_FAILURES: Final = {Reason.RETRY, Reason.FINAL_ERROR, Reason.RETRIES_EXHAUSTED}


async def violations(store: Store, database: Database, ledger: Ledger, now: Instant) -> list[str]:
    """Empty when all holds. ``database`` is for what no port tells."""
    db = database.db
    found = [*ledger.refused, *await store.check_invariants(now)]
    found += [f"worker {row[0]} came back from the dead" for row in db.execute("SELECT id FROM revived")]
    jobs = {row[0]: await store.get_job(row[1], row[0]) for row in db.execute("SELECT id, tenant_id FROM jobs")}
    workflows = {row[0]: row[1] for row in db.execute("SELECT id, workflow FROM runs")}
    for order in ledger.orders:
        found += _lost_or_doubled(order, jobs, set(workflows))
    for job in jobs.values():
        found += [f"job {job.id} ({job.kind}, run {job.run_id}): {what}" for what in _wrong_with(job, ledger)]
    events = await _events(store)
    found += _wrong_order(events, jobs, workflows, kept_nodes(db))
    found += wrong_with_families(db, events, ledger.cut_short)
    found += _over_limits(events, jobs)
    found += wrong_with_keys(events, jobs, _commit_times(database), clocks_right=not ledger.jumped)
    return found


# -- what callers were told --------------------------------------------------------------------------------------------


def _lost_or_doubled(order: Order, jobs: dict[str, JobRecord], runs: set[str]) -> Iterator[str]:
    there = runs if order.workflow else set(jobs)
    for accepted in order.ids or ():
        if accepted not in there:
            yield f"order {order.number}: {accepted} was accepted and isn't there"
    if order.workflow is not None:
        return
    made = [job for job in jobs.values() if isinstance(job.payload, dict) and job.payload.get("order") == order.number]
    unique = any(draft.unique_key for draft in order.drafts)
    if len(made) not in (0, len(order.drafts)) and not unique:
        yield f"order {order.number}: {len(made)} of its {len(order.drafts)} jobs were inserted"
    if len(made) > len(order.drafts):
        yield f"order {order.number}: its jobs were inserted twice"


# -- one job's history -------------------------------------------------------------------------------------------------


def _wrong_with(job: JobRecord, ledger: Ledger) -> Iterator[str]:
    changes = job.changes
    if job.state not in ENDED:
        yield f"is {job.state} at the end"
    if not changes or changes[0].before is not None or changes[-1].after != job.state:
        yield f"its history doesn't tell how it came to be {job.state}"
        return
    yield from _broken_chain(changes)
    yield from _wrong_claims(changes)
    yield from _too_early(job, ledger)
    yield from _wrong_budget(job)
    yield from _unearned(job, ledger)
    yield from _claimed_after_cancel(job, ledger)


def _broken_chain(changes: Sequence[JobChange]) -> Iterator[str]:
    """Every move is legal and begins where the last one ended."""
    for before, change in pairwise(changes):
        came = {before.after, "PENDING"} if before.after == "SCHEDULED" else {before.after}
        if change.before not in came:
            yield f"went from {change.before} to {change.after} while it was {before.after}"
        elif JobState(change.after) not in LEGAL[JobState(change.before or "")]:
            yield f"went from {change.before} to {change.after}, which is illegal"


def _wrong_claims(changes: Sequence[JobChange]) -> Iterator[str]:
    """Each claim raises the lease by one, and a move out of it is made under it, by its worker."""
    claim = changes[0]
    for change in changes[1:]:
        if change.after == "RUNNING":
            if change.lease != claim.lease + 1:
                yield f"was claimed under lease {change.lease} after lease {claim.lease}"
            claim = change
        elif change.before == "RUNNING" and _holder(change) != _holder(claim):
            yield f"moved to {change.after} by {_holder(change)}, but was held by {_holder(claim)}"


def _holder(change: JobChange) -> tuple[int, int, str | None]:
    return (change.lease, change.attempt, change.worker)


def _too_early(job: JobRecord, ledger: Ledger) -> Iterator[str]:
    """No scheduled attempt begins before its time, whatever the clocks of callers and claimers said meanwhile."""
    for before, claim in pairwise(job.changes):
        if before.after == "SCHEDULED" and before.due_at is not None and claim.after == "RUNNING":
            for execution in ledger.executions.get((job.id, claim.lease), ()):
                if execution.at + ledger.ahead < before.due_at:
                    yield f"began {before.due_at - execution.at} µs before it was due"


def _wrong_budget(job: JobRecord) -> Iterator[str]:
    """Attempts that count are numbered on and at most as many as the policy allows, in each life of the job."""
    burnt = failed = lost = base = 0
    for change in job.changes:
        if change.reason == Reason.MANUAL_RETRY:
            base, failed, lost = burnt, 0, 0
        if change.after == "RUNNING" and change.attempt != burnt + 1:
            yield f"attempt {change.attempt} began when {burnt} had been used"
        if change.before != "RUNNING":
            continue
        # What ends a job keeps its number, whatever it was; of the others only a failure uses something up.
        burnt += change.reason == Reason.RETRY or change.after in ENDED
        failed += change.reason in _FAILURES
        lost += change.reason == Reason.LOST and change.after == "PENDING"
        if change.reason == Reason.RETRIES_EXHAUSTED and failed != job.retry.max_attempts:
            yield f"gave up after {failed} failures of {job.retry.max_attempts}"
        if change.reason == Reason.LOST and change.after == "DEAD" and lost != LOST_CAP:
            yield f"gave up after {lost} lost attempts"
    if burnt - base > job.retry.max_attempts:
        yield f"used {burnt - base} attempts of {job.retry.max_attempts}"
    if lost > LOST_CAP:
        yield f"was lost {lost} times"


def _unearned(job: JobRecord, ledger: Ledger) -> Iterator[str]:
    """What is recorded of an attempt is what its handler came to, under that very lease; nothing ran unrecorded."""
    claimed = {change.lease for change in job.changes if change.after == "RUNNING"}
    for (job_id, lease), executions in ledger.executions.items():
        if job_id == job.id and (lease not in claimed or len(executions) > 1):
            yield f"ran {len(executions)} times under lease {lease}; it was claimed under {sorted(claimed)}"
    if any(
        execution.process != TAGGED
        for (job_id, _), ran in ledger.executions.items()
        for execution in ran
        if job_id == job.id and job.tag is not None
    ):
        yield f"ran where the tag {job.tag} isn't carried"
    lost = False
    for change in job.changes:
        lost = lost or change.reason == Reason.LOST
        if change.before == "RUNNING":
            known = ledger.executions.get((job.id, change.lease), [])
            came_to = [execution.outcome for execution in known]
            # A job that was lost before may be put off unexecuted, until it can run alone.
            put_off = lost and not known and change.reason == Reason.SNOOZED
            if not put_off and not _earned(change, came_to[0] if came_to else None):
                yield f"was recorded as {change.reason} under lease {change.lease}, but came to {came_to}"
    # What a parked job comes to is no handler's result.
    by_handler = job.state is JobState.SUCCEEDED and job.changes[-1].before == "RUNNING"
    if by_handler and isinstance(job.result, dict) and job.result.get("lease") != job.lease:
        yield f"succeeded under lease {job.lease} with the result of lease {job.result.get('lease')}"


def _earned(change: JobChange, outcome: Outcome | None) -> bool:
    match change.reason:
        case Reason.SUCCEEDED:
            return isinstance(outcome, Succeeded)
        case Reason.RETRY | Reason.FINAL_ERROR | Reason.RETRIES_EXHAUSTED:
            return isinstance(outcome, Failed) and _same_error(change, outcome)
        case Reason.SNOOZED:
            return isinstance(outcome, Snoozed) and outcome.until == change.due_at
        case _:
            return True


def _same_error(change: JobChange, outcome: Failed) -> bool:
    return isinstance(change.error, dict) and change.error.get("type") == outcome.error.type


def _claimed_after_cancel(job: JobRecord, ledger: Ledger) -> Iterator[str]:
    for cancelled in ledger.cancelled:
        if cancelled.job_id == job.id:
            after = [change for change in job.changes if change.lease > cancelled.lease]
            if after and not any(change.reason == Reason.MANUAL_RETRY for change in job.changes):
                yield f"was claimed again although its cancel under lease {cancelled.lease} was acknowledged"


# -- the order of things -----------------------------------------------------------------------------------------------


async def _events(store: Store) -> list[Event]:
    """All events of all tenants, in commit order."""
    found: list[Event] = []
    for tenant in TENANTS:
        after = None
        while page := await store.list_events(tenant, after, limit=500):
            found += page
            after = page[-1].cursor
    return sorted(found, key=_place)


def _place(event: Event) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", event.cursor)]


def _commit_times(database: Database) -> Callable[[Event], Instant]:
    def committed(event: Event) -> Instant:
        at = bisect_left(database.commits, (_place(event)[0],))
        return START + round(database.commits[at][1] * SECOND)

    return committed


def _wrong_order(
    events: Sequence[Event], jobs: dict[str, JobRecord], workflows: dict[str, str], kept: dict[str, set[str]]
) -> Iterator[str]:
    """Unique keys are held by one job at a time; a node starts once, and after what it waits for."""
    holders: dict[tuple[str, str], str] = {}
    decided: dict[str, set[str]] = {}
    started: set[tuple[str, str]] = set()
    # A manual retry takes the key again, and t0 is meant to be taken over: the others are followed.
    retried = {job.unique_key for job in jobs.values() if any(c.reason == Reason.MANUAL_RETRY for c in job.changes)}
    for event in events:
        job = jobs.get(event.job_id or "")
        if job is not None and job.unique_key is not None and job.unique_key not in {*retried, "t0"}:
            yield from _wrong_holder(event, job.id, (job.tenant, job.unique_key), holders)
        if event.run_id is None or event.node_id is None:
            continue
        done = decided.setdefault(event.run_id, set(kept.get(event.run_id, ())))
        if event.type in ("node.completed", "node.failed", "node.skipped"):
            done.add(event.node_id)
        elif event.type == "node.started":
            if (event.run_id, event.node_id) in started:
                yield f"node {event.node_id} of run {event.run_id} started twice"
            started.add((event.run_id, event.node_id))
            if not may_start(workflows[event.run_id], event.node_id, done):
                yield f"node {event.node_id} of run {event.run_id} started when only {sorted(done)} were decided"


def _wrong_holder(
    event: Event, job_id: str, key: tuple[str, str], holders: dict[tuple[str, str], str]
) -> Iterator[str]:
    if event.type == "job.scheduled" and event.data.get("from") is None:
        if key in holders:
            yield f"jobs {holders[key]} and {job_id} held the unique key {key} at the same time"
        holders[key] = job_id
    elif event.data.get("to") in ENDED and holders.get(key) == job_id:
        del holders[key]


def _over_limits(events: Sequence[Event], jobs: dict[str, JobRecord]) -> Iterator[str]:
    """Running jobs of a tenant and of a queue, counted over all events in commit order."""
    running: dict[str, JobRecord] = {}
    for event in events:
        job = jobs.get(event.job_id or "")
        if job is None or not event.type.startswith("job."):
            continue
        if event.type != "job.started":
            running.pop(job.id, None)
            continue
        running[job.id] = job
        acme = sum(1 for one in running.values() if one.tenant == "acme")
        narrow = sum(1 for one in running.values() if one.queue == "narrow")
        if job.tenant == "acme" and acme > ACME_LIMIT:
            yield f"{acme} jobs of the tenant acme ran at once"
        if job.queue == "narrow" and narrow > NARROW_LIMIT:
            yield f"{narrow} jobs of the queue narrow ran at once"
