"""The proof at the end of every scenario, from three sides: what was accepted, what handlers did, what the store tells.

Each accepted trigger gave exactly one run (or job), and there is none that nobody asked for; clocks fired each of
their times once. Every run succeeded, every job has a sound history, and it succeeded once: under an attempt of which
the ledger knows, by the process that held the lease. An execution more than claims tell of, or a second one where the
history names no failed, lost or released attempt, is a step that ran twice. Jobs of a key ran one at a time in their
order. Nothing is stuck: the store's invariants and `holdfast doctor` have nothing to say.

Problems come with the history of the job that they are about, beside its lines in the ledger.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, TypeVar

from holdfast.compose import open_store
from holdfast.model.event import attempts_of
from holdfast.model.instant import SECOND
from holdfast.model.job import ENDED, JobState
from holdfast.model.records import JobFilter, JobRecord, Page, RunRecord
from holdfast.model.run import RunState
from holdfast.model.trigger import FiringFilter, FiringRecord
from holdfast.ports import Store
from holdfast.settings import load
from tests.chaos.verdict import broken_links
from tests.cluster.flows import GRAPHS, ITEMS, MAPPED, TICK
from tests.cluster.ledger import Line
from tests.cluster.load import Accepted

T = TypeVar("T")

SHOWN: Final = 12
_PAGE: Final = 500
_STARTED: Final = {"webhook", "run"}
_AGAIN: Final = {"failed", "lost", "released"}
_GOING_JOBS: Final = tuple(state for state in JobState if state not in ENDED)
_GOING_RUNS: Final = (RunState.PENDING, RunState.RUNNING, RunState.WAITING, RunState.PAUSED)


@dataclass(frozen=True, slots=True)
class Found:
    """Everything the store tells at the end, of one tenant."""

    runs: Mapping[str, RunRecord]
    jobs: Mapping[str, JobRecord]
    firings: tuple[FiringRecord, ...]


async def opened(url: str) -> Store:
    """The store of a cluster, past all proxies."""
    return await open_store(load(database_url=url))


async def going(store: Store, tenants: Iterable[str]) -> list[str]:
    """What hasn't ended: a sentence for each kind of it."""
    now = await store.clock()
    told = []
    for tenant in tenants:
        for state in _GOING_RUNS:
            for run in (await store.list_runs(tenant, None, state, now, None, 1)).items:
                told.append(f"run {run.id} of {run.workflow} is {state}")
        for job_state in _GOING_JOBS:
            for job in (await store.list_jobs(tenant, JobFilter(state=job_state), now, None, 1)).items:
                told.append(f"job {job.id} ({job.kind}, run {job.run_id}, node {job.node_id}) is {job_state}")
    return told


async def listed(store: Store, tenant: str) -> Found:
    """All runs but those of bodies, jobs (without their histories) and firings."""
    now = await store.clock()
    runs = await _all(lambda cursor: store.list_runs(tenant, None, None, now, cursor, _PAGE))
    jobs = await _all(lambda cursor: store.list_jobs(tenant, JobFilter(), now, cursor, _PAGE))
    firings = await _all(lambda cursor: store.list_firings(tenant, FiringFilter(), cursor, _PAGE))
    return Found({run.id: run for run in runs}, {job.id: job for job in jobs}, tuple(firings))


async def with_histories(store: Store, tenant: str, found: Found) -> Found:
    """The same with each job's transitions, and with the runs of bodies, which no list shows."""
    jobs: dict[str, JobRecord] = {}
    for some in batched(found.jobs, _PAGE):
        whole = await asyncio.gather(*(store.get_job(tenant, job_id) for job_id in some))
        jobs |= {job.id: job for job in whole}
    bodies = {job.run_id for job in jobs.values() if job.run_id is not None} - found.runs.keys()
    runs, now = dict(found.runs), await store.clock()
    for some in batched(bodies, _PAGE):
        runs |= {run.id: run for run in await asyncio.gather(*(store.get_run(tenant, run_id, now) for run_id in some))}
    return replace(found, runs=runs, jobs=jobs)


async def _all(page: Callable[[str | None], Awaitable[Page[T]]]) -> list[T]:
    found: list[T] = []
    cursor: str | None = None
    while True:
        one = await page(cursor)
        found += one.items
        cursor = one.next
        if cursor is None:
            return found


def batched(items: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = list(items)
    for begin in range(0, len(rest), size):
        yield rest[begin : begin + size]


def unstarted(found: Mapping[str, Found], accepted: Collection[Accepted]) -> list[str]:
    """Posted events that haven't yet started what they start."""
    told: list[str] = []
    for tenant, of_tenant in found.items():
        asked = [one for one in accepted if one.tenant == tenant]
        told += _of_events(of_tenant, [one for one in asked if one.source == "event"])
        told += _of_lone_jobs(of_tenant, asked)
    return told


def problems(
    found: Mapping[str, Found],
    accepted: Collection[Accepted],
    lines: Mapping[str, list[Line]],
    pids: Mapping[str, int],
) -> list[str]:
    """What is wrong, of all tenants; nothing when everything is well. ``pids``: of workers by their ids."""
    told: list[str] = []
    for tenant, of_tenant in found.items():
        asked = [one for one in accepted if one.tenant == tenant]
        told += [f"{tenant}: {sentence}" for sentence in _of_tenant(of_tenant, asked, lines)]
        for job in of_tenant.jobs.values():
            told += [
                f"{tenant}: job {job.id} {sentence}\n{history(job, lines.get(job.id, []), pids)}"
                for sentence in of_job(job, lines.get(job.id, []), pids)
            ]
    known = {job_id for of_tenant in found.values() for job_id in of_tenant.jobs}
    told += [f"the ledger tells of job {job_id}, which doesn't exist" for job_id in lines if job_id not in known]
    return told


def history(job: JobRecord, lines: Iterable[Line], pids: Mapping[str, int]) -> str:
    """A job's transitions and what the ledger tells of it, to be read side by side."""
    shown = [f"    {job.kind} of run {job.run_id}, node {job.node_id}, key {job.concurrency_key}, {job.result}"]
    for change in job.changes:
        who = "" if change.worker is None else f" worker {change.worker} (process {pids.get(change.worker)})"
        shown.append(f"    {change.at}: {change.before} -> {change.after} ({change.reason}) lease {change.lease}{who}")
    return "\n".join([*shown, *(f"    ledger: {line.text}" for line in lines)])


# -- triggers --


def _of_tenant(found: Found, accepted: Collection[Accepted], lines: Mapping[str, list[Line]]) -> Iterator[str]:
    yield from _of_runs(found, accepted)
    yield from _of_steps(found, lines)
    yield from _of_events(found, [one for one in accepted if one.source == "event"])
    yield from _of_clocks(found)
    yield from _of_lone_jobs(found, accepted)
    yield from _of_keys(found, accepted, lines)


def _of_runs(found: Found, accepted: Collection[Accepted]) -> Iterator[str]:
    for run in found.runs.values():
        if run.state is not RunState.SUCCEEDED:
            yield f"run {run.id} of {run.workflow} is {run.state}: {run.error}"
    asked = {one.id: one for one in accepted if one.source in _STARTED}
    if len(asked) < sum(one.source in _STARTED for one in accepted):
        yield "two triggers were answered the same run"
    roots = {run.id: run for run in found.runs.values() if run.parent is None and run.workflow not in _BY_ITSELF}
    yield from _differences("run", set(asked), set(roots))
    for run_id in asked.keys() & roots.keys():
        run, one = roots[run_id], asked[run_id]
        if run.workflow != one.workflow or _number(run.input) != one.number:
            yield f"run {run_id} is of {run.workflow} with {run.input}, and was asked for as {one}"


_BY_ITSELF: Final = {"started", "ticking"}


def _of_steps(found: Found, lines: Mapping[str, list[Line]]) -> Iterator[str]:
    """Each run has one job for each of its nodes, begun after those in front of it were done; a map, all its items."""
    steps: dict[str, dict[str, list[JobRecord]]] = defaultdict(lambda: defaultdict(list))
    for job in found.jobs.values():
        if job.run_id is not None and job.node_id is not None:
            steps[job.run_id][job.node_id].append(job)
    items: dict[str, list[int | None]] = defaultdict(list)
    for run in found.runs.values():
        graph = GRAPHS[run.workflow if run.body is None else run.body]
        jobs = steps[run.id]
        if run.parent is not None:
            items[run.parent].append(run.parent_index)
        counts = {node: len(jobs[node]) for node in {*graph.nodes, *jobs}}
        if counts != dict.fromkeys(graph.nodes, 1):
            yield f"run {run.id} of {run.workflow} has other jobs than one of each node: {counts}"
            continue
        for before, after in graph.arrows:
            yield from _in_turn(jobs[before][0], jobs[after][0], lines)
    for run in found.runs.values():
        if run.workflow == MAPPED["name"] and run.parent is None and sorted(items[run.id], key=str) != [*range(ITEMS)]:
            yield f"run {run.id} of {run.workflow} has children for {items[run.id]}"


def _in_turn(before: JobRecord, after: JobRecord, lines: Mapping[str, list[Line]]) -> Iterator[str]:
    done, begun = _span(before, lines.get(before.id, []))[1], _span(after, lines.get(after.id, []))[0]
    if begun < done:
        yield f"{after.node_id} began before {before.node_id}\n{_shown(before, lines)}\n{_shown(after, lines)}"


def _of_events(found: Found, accepted: Collection[Accepted]) -> Iterator[str]:
    """Each posted event started one run."""
    started = Counter(_number(run.input) for run in found.runs.values() if run.workflow == "started")
    for one in accepted:
        if started[one.number] != 1:
            yield f"event {one.id} (number {one.number}) started {started[one.number]} runs"
    if extra := set(started) - {one.number for one in accepted}:
        yield f"runs were started by events that nobody was told of: {sorted(map(str, extra))[:SHOWN]}"


def _of_clocks(found: Found) -> Iterator[str]:
    """Each time of the clock from the first to the last one is there once, with a run of its own."""
    ticks = [told for told in found.firings if told.firing.fire_at is not None]
    times = sorted(told.firing.fire_at for told in ticks if told.firing.fire_at is not None)
    for before, after in pairwise(times):
        if after - before != TICK * SECOND:
            yield f"a clock of {TICK:g} s fired at {before} and next at {after}"
    runs = Counter(told.run_id for told in ticks)
    there = {run.id for run in found.runs.values() if run.workflow == "ticking"}
    if len(runs) < len(ticks) or set(runs) != there:
        yield f"{len(ticks)} firings of a clock name {len(runs)} runs, and there are {len(there)}"


def _of_lone_jobs(found: Found, accepted: Collection[Accepted]) -> Iterator[str]:
    """Inserted jobs are there, and no others but those of the rule, one for each of its events."""
    lone = {job.id: job for job in found.jobs.values() if job.run_id is None}
    asked = {one.id for one in accepted if one.source in ("job", "line")}
    lined_up = [one for one in accepted if one.source == "lined_up"]
    by_rule = {job_id for job_id, job in lone.items() if job.concurrency_key in {one.key for one in lined_up}}
    yield from _differences("job", asked, set(lone) - by_rule)
    made = Counter(_number(lone[job_id].payload) for job_id in by_rule)
    for one in lined_up:
        if made[one.number] != 1:
            yield f"event {one.id} (number {one.number}) made {made[one.number]} jobs by the rule"


def _differences(what: str, asked: set[str], there: set[str]) -> Iterator[str]:
    if lost := asked - there:
        yield f"{len(lost)} accepted {what}s are lost: {sorted(lost)[:SHOWN]}"
    if extra := there - asked:
        yield f"{len(extra)} {what}s exist of which nobody was told: {sorted(extra)[:SHOWN]}"


def _of_keys(found: Found, accepted: Collection[Accepted], lines: Mapping[str, list[Line]]) -> Iterator[str]:
    """Jobs of a key were done in the order in which they were accepted, each begun after the one before it was done."""
    of_key: dict[str, list[JobRecord]] = defaultdict(list)
    for job in found.jobs.values():
        if job.concurrency_key is not None:
            of_key[job.concurrency_key].append(job)
    for key, jobs in of_key.items():
        jobs.sort(key=lambda job: _number(job.payload) or 0)
        spans = [(job, *_span(job, lines.get(job.id, []))) for job in jobs]
        for (earlier, _, done), (later, begun, _) in pairwise(spans):
            if begun < done:
                yield (
                    f"key {key}: job {later.id} ({later.payload}) began at {begun:.3f}, before the one in front of it, "
                    f"{earlier.id} ({earlier.payload}), was done at {done:.3f}\n{_shown(earlier, lines)}\n"
                    f"{_shown(later, lines)}"
                )


def _shown(job: JobRecord, lines: Mapping[str, list[Line]]) -> str:
    return history(job, lines.get(job.id, []), {})


def _span(job: JobRecord, lines: Iterable[Line]) -> tuple[float, float]:
    """When the execution that counted began and was done."""
    execution = job.result.get("execution") if isinstance(job.result, dict) else None
    at = {line.what: line.at for line in lines if line.execution == execution}
    return at.get("begin", float("inf")), at.get("done", 0.0)


def _number(value: object) -> int | None:
    number = value.get("number") if isinstance(value, dict) else None
    return number if isinstance(number, int) else None


# -- jobs --


def of_job(job: JobRecord, lines: Collection[Line], pids: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with one job's history and its lines in the ledger."""
    if job.state is not JobState.SUCCEEDED:
        yield f"is {job.state}: {job.error}"
    yield from broken_links(job.changes)
    attempts = attempts_of(job.changes)
    winners = [attempt for attempt in attempts if attempt.outcome == "succeeded"]
    if sum(change.after == JobState.SUCCEEDED for change in job.changes) != (job.state is JobState.SUCCEEDED):
        yield f"is {job.state} after {[attempt.outcome for attempt in attempts]}"
    if not job.kind.startswith("task:"):
        return
    yield from _executions(job, lines, pids)
    execution = job.result.get("execution") if isinstance(job.result, dict) else None
    done = [line for line in lines if line.what == "done" and line.execution == execution]
    if not done:
        yield "has a result that no finished execution gave"
    elif winners and done[0].pid != pids.get(winners[-1].worker or ""):
        yield f"has the result of process {done[0].pid}, which didn't hold its lease"
    if len({line.key for line in lines}) > 1:
        yield "was given more than one idempotency key"


def _executions(job: JobRecord, lines: Collection[Line], pids: Mapping[str, int]) -> Iterator[str]:
    """Handlers ran it as often as claims tell, at most; and again only after an attempt that didn't succeed."""
    attempts = attempts_of(job.changes)
    claimed = Counter(pids.get(attempt.worker or "") for attempt in attempts)
    for pid, times in Counter(line.pid for line in lines if line.what == "begin").items():
        if times > claimed[pid]:
            yield f"was run {times} times by process {pid}, which claimed it {claimed[pid]} times"
    for attempt in attempts[:-1]:
        if attempt.outcome not in _AGAIN:
            yield f"ran again after an attempt that was {attempt.outcome}"
    finished = sum(line.what == "done" for line in lines)
    excused = sum(attempt.outcome == "lost" for attempt in attempts)
    if finished > 1 + excused:
        yield f"was done {finished} times, though only {excused} attempts were lost"
