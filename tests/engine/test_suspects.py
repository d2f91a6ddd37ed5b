"""Suspects: jobs whose workers died again and again run one at a time; the one that kills takes no other along."""

import asyncio

import pytest

from holdfast.engine.maintenance.rescuer import HUNG_GRACE
from holdfast.engine.suspects import SUSPICIOUS, deferred_until, is_suspect
from holdfast.model.instant import MILLISECOND, SECOND, Instant
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.retry import LOST_CAP, RetryPolicy
from holdfast.ports import ClaimRequest, NewWorker, NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import LEASE, World, world
from tests.support.waiting import eventually

ONCE = RetryPolicy(max_attempts=1)


class Watched:
    """A handler that waits until it is let go, and remembers what else the store called RUNNING when it began."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.jobs: set[str] = set()
        self.at_work: set[str] = set()
        self.most = 0
        self.beside: list[set[str]] = []
        self.go_on = asyncio.Event()
        self.kind = Kind("watched", self._handle)

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        assert self.world is not None
        others = {job_id: await self.world.job(job_id) for job_id in self.jobs - {context.job_id}}
        self.beside.append({job_id for job_id, job in others.items() if job.state == JobState.RUNNING})
        self.at_work.add(context.job_id)
        self.most = max(self.most, len(self.at_work))
        await self.go_on.wait()
        self.at_work.remove(context.job_id)
        return Succeeded()


async def lose(w: World, times: int, jobs: int) -> None:
    """So many workers claim all jobs, and die."""
    for number in range(times):
        worker = NewWorker(f"dead-{number}", "dead", "here", 1, "b", ("default",), 10)
        await w.store.register_worker(worker, w.clock.now(), LEASE)
        claimed = await w.store.claim(
            ClaimRequest(worker.id, ("default",), frozenset({"watched"}), jobs), w.clock.now()
        )
        assert len(claimed) == jobs
        await w.store.rescue(w.clock.now(), hung_grace=HUNG_GRACE, gone=[worker.id])


async def test_suspects_run_one_at_a_time_and_unburnt() -> None:
    watched = Watched()
    watched.go_on.set()
    async with world(watched.kind) as w:
        watched.world = w
        jobs = [await w.insert("watched", retry=ONCE) for _ in range(4)]
        watched.jobs = set(jobs)
        await lose(w, SUSPICIOUS, 4)
        w.work()
        ended = [await w.ended(job_id) for job_id in jobs]
        assert [job.state for job in ended] == [JobState.SUCCEEDED] * 4
        assert watched.most == 1
        assert watched.beside == [set()] * 4, "a second suspect would be lost with the first"


async def test_what_isnt_suspected_runs_beside_a_suspect() -> None:
    watched = Watched()
    async with world(watched.kind) as w:
        watched.world = w
        suspects = {await w.insert("watched") for _ in range(3)}
        await lose(w, SUSPICIOUS, 3)
        w.work()
        await eventually(lambda: watched.at_work)
        fresh = {await w.insert("watched") for _ in range(3)}
        await eventually(lambda: fresh < watched.at_work)
        assert len(watched.at_work & suspects) == 1
        watched.go_on.set()
        for job_id in suspects | fresh:
            assert (await w.ended(job_id)).state == JobState.SUCCEEDED


async def test_fewer_losses_are_no_ground_for_suspicion() -> None:
    watched = Watched()
    async with world(watched.kind) as w:
        watched.world = w
        jobs = {await w.insert("watched") for _ in range(3)}
        await lose(w, SUSPICIOUS - 1, 3)
        w.work()
        await eventually(lambda: watched.at_work == jobs)
        watched.go_on.set()


def claimed(*, lease: int, attempt: int = 1, lost: int = SUSPICIOUS) -> ClaimedJob:
    return ClaimedJob(
        id="j", tenant="default", kind="noop", queue="default", payload=None, attempt=attempt, used=attempt, lost=lost,
        lease=lease, started_at=Instant(0), created_at=Instant(0), retry=ONCE, timeout=SECOND, deadline_at=None,
        correlation_id="c",
    )  # fmt: skip


@pytest.mark.parametrize(("waited", "longest"), [(0, 250), (1, 500), (4, 4_000), (9, 20_000), (500, 20_000)])
def test_each_wait_is_longer_up_to_a_bound(waited: int, longest: int) -> None:
    job = claimed(lease=SUSPICIOUS + 1 + waited)
    assert deferred_until(job, 7, 0.0) == 7 + longest * MILLISECOND // 2
    assert deferred_until(job, 7, 0.999_999) <= 7 + longest * MILLISECOND


def test_failed_attempts_are_no_waits() -> None:
    first = deferred_until(claimed(lease=SUSPICIOUS + 1), 0, 0.5)
    assert deferred_until(claimed(lease=SUSPICIOUS + 4, attempt=4), 0, 0.5) == first


def test_there_are_losses_left_for_those_who_are_found_innocent() -> None:
    assert is_suspect(claimed(lease=4))
    assert not is_suspect(claimed(lease=4, lost=SUSPICIOUS - 1))
    assert LOST_CAP - SUSPICIOUS >= 2
