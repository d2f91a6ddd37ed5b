"""The job machine as a whole: whatever happens to jobs, in whatever order, the store does as the reference says.

Hypothesis draws the story: inserts, claims, every outcome, repeated and stale results, cancels, retries, deaths,
heartbeats and time passing. After each step every job's state, lease, attempt and whole history are compared.
"""

from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdfast.model.errors import Conflict, WorkerGone
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.job import ClaimedJob, NewJob, settle
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Released, Snoozed, Succeeded, Suspended
from holdfast.model.retry import RetryPolicy
from holdfast.ports import ClaimRequest, NewJobs, NewWorker
from tests.model.job_reference import UNCLAIMED, ReferenceJob
from tests.simulation import definitions
from tests.simulation.database import Database, Fate, Watcher
from tests.simulation.loop import simulated_loop
from tests.simulation.machine import START, SeededEntropy
from tests.simulation.planted import (
    Plant,
    cancel_forgotten,
    finish_without_fence,
    give_back_burns,
    one_attempt_too_many,
)
from tests.support.examples import examples

T = TypeVar("T")
# Far above what it takes: a busy machine is no failure.
pytestmark = pytest.mark.timeout(180)
LEASE = 30 * SECOND
HUNG_GRACE = 15 * SECOND
BROKEN = ErrorInfo("broken", "it broke")
PICK = st.integers(0, 60)
GROWTHS = ("fixed", "linear", "exponential")

OUTCOMES = st.one_of(
    st.just(Succeeded({"done": True})),
    st.builds(Failed, st.just(BROKEN), st.booleans(), st.sampled_from((None, 5 * SECOND, MINUTE))),
    st.sampled_from((2 * SECOND, MINUTE)).map(Snoozed),  # from now, see ``_at``
    st.just(Released()),
    st.just(Suspended()),
    st.just(Cancelled()),
)


def now_of(call: Coroutine[Any, Any, T]) -> T:
    """The answer of a call that never waits."""
    try:
        call.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("the store waited for something")


class JobMachine(RuleBasedStateMachine):
    """The real store beside the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.entropy = SeededEntropy(Random(7))
        loop = simulated_loop(Random(7))
        self.database = Database(loop, definitions.fresh_database(), Random(7), [])
        self.store = Watcher(
            self.database,
            loop.world,
            lambda: Fate.WELL,
            lambda: self.now,
            graph_of=self._no_graph,
            new_id=self.entropy.new_id,
        )
        self.jobs: dict[str, ReferenceJob] = {}
        self.expiries: dict[str, int] = {}
        self.claims: list[tuple[str, ClaimedJob]] = []

    @staticmethod
    def _no_graph(version_id: str, definition: object) -> Any:
        raise AssertionError("lone jobs have no graph")

    def teardown(self) -> None:
        self.database.db.close()

    # -- work comes in -----------------------------------------------------------------------------------------------

    @initialize(most=st.integers(1, 3), growth=st.sampled_from(GROWTHS))
    def begin(self, most: int, growth: Any) -> None:
        self.start_worker()
        for priority in (0, 1):
            self.insert(0, priority, most, growth, "retry", None)

    @rule(
        delay=st.sampled_from((0, 0, 3, 70)),
        priority=st.sampled_from((0, 0, 1, -2)),
        most=st.integers(1, 3),
        growth=st.sampled_from(GROWTHS),
        on_lost=st.sampled_from(("retry", "retry", "retry", "stop")),
        deadline=st.sampled_from((None, None, None, 4, 90)),
    )
    def insert(self, delay: int, priority: int, most: int, growth: Any, on_lost: Any, deadline: int | None) -> None:
        new = NewJob(
            id=self.entropy.new_id(self.now),
            tenant="default",
            kind="noop",
            created_at=self.now,
            due_at=self.now + delay * SECOND,
            correlation_id="story",
            priority=priority,
            retry=RetryPolicy(most, growth, 2 * SECOND, MINUTE, "none", on_lost),
            timeout=MINUTE,
            deadline_at=None if deadline is None else self.now + deadline * SECOND,
        )
        job = ReferenceJob(
            new.id, new.due_at, priority, most, 2 * SECOND, growth, on_lost, new.deadline_at, MINUTE, new.state.value
        )
        job.steps.append((new.state.value, "inserted", 0, 0))
        self.jobs[new.id] = job
        for _ in range(2):  # as a caller does whose first answer was lost
            ((answer,),) = now_of(self.store.insert_jobs([NewJobs((new,))], self.now))
            assert (answer.id, answer.duplicate) == (new.id, False)

    @precondition(lambda self: self._alive())
    @rule(worker=PICK, limit=st.integers(1, 4))
    def claim(self, worker: int, limit: int) -> None:
        alive = self._alive()
        self._claim(alive[worker % len(alive)], limit)

    def _claim(self, worker_id: str, limit: int) -> None:
        waiting = sorted((job for job in self.jobs.values() if job.claimable(self.now)), key=lambda job: job.order)
        for job in waiting[:limit]:
            job.claim(worker_id, self.now)
        claimed = now_of(self.store.claim(self._request(worker_id, limit), self.now))
        assert [job.id for job in claimed] == [job.id for job in waiting[:limit]]
        for one in claimed:
            job = self.jobs[one.id]
            assert (one.lease, one.attempt, one.used) == (job.lease, job.attempt, job.attempt - job.base)
            assert (one.lost, one.started_at) == (job.lost, self.now)
        self.claims.extend((worker_id, one) for one in claimed)

    def claim_for_the_gone(self) -> None:
        for gone in self.expiries.keys() - set(self._alive()):
            with pytest.raises(WorkerGone):
                now_of(self.store.claim(self._request(gone, 1), self.now))

    def _alive(self) -> list[str]:
        return [worker for worker, expiry in self.expiries.items() if expiry != 0]

    def _request(self, worker_id: str, limit: int) -> ClaimRequest:
        return ClaimRequest(worker_id, ("default",), frozenset({"noop"}), limit)

    # -- what becomes of it ------------------------------------------------------------------------------------------

    @precondition(lambda self: self._holding())
    @rule(pick=PICK, outcome=OUTCOMES, times=st.integers(1, 2))
    def finish(self, pick: int, outcome: Outcome, times: int) -> None:
        holding = self._holding()
        self._finish(*holding[pick % len(holding)], outcome, times)

    def _holding(self) -> list[tuple[str, ClaimedJob]]:
        return [(worker, one) for worker, one in self.claims if self.jobs[one.id].held_by(worker, one.lease)]

    @precondition(lambda self: self._alive())
    @rule(worker=PICK, outcomes=st.lists(OUTCOMES | st.just(Failed(BROKEN)), min_size=1, max_size=4))
    def attempt(self, worker: int, outcomes: list[Outcome]) -> None:
        """Waits until the next job is due, claims it, and finishes it, some times over."""
        alive = self._alive()
        worker_id = alive[worker % len(alive)]
        for outcome in outcomes:
            waiting = [job.due for job in self.jobs.values() if job.state in UNCLAIMED]
            self.now = max(self.now, min(waiting, default=self.now))
            known = len(self.claims)
            self._claim(worker_id, 1)
            for claimed in self.claims[known:]:
                self._finish(*claimed, outcome, 1)

    @precondition(lambda self: self.claims)
    @rule(pick=PICK, outcome=OUTCOMES, times=st.integers(1, 2))
    def finish_any(self, pick: int, outcome: Outcome, times: int) -> None:
        """What any claim so far comes to; the lease of many doesn't hold any more."""
        self._finish(*self.claims[-1 - pick % len(self.claims)], outcome, times)

    @precondition(lambda self: self._stale())
    @rule(pick=PICK, outcome=OUTCOMES)
    def finish_late(self, pick: int, outcome: Outcome) -> None:
        """What an earlier claim comes to while a later one runs."""
        stale = self._stale()
        self._finish(*stale[pick % len(stale)], outcome, 1)

    def _stale(self) -> list[tuple[str, ClaimedJob]]:
        running = {job.id: job.lease for job in self.jobs.values() if job.state == "RUNNING"}
        return [(worker, one) for worker, one in self.claims if running.get(one.id, 0) > one.lease]

    def _finish(self, worker_id: str, claimed: ClaimedJob, outcome: Outcome, times: int) -> None:
        job = self.jobs[claimed.id]
        outcome = self._at(outcome)
        move = settle(claimed, outcome, self.now, 0.5)
        held = job.held_by(worker_id, claimed.lease)
        if held:
            self._come_to(job, outcome)
        for _ in range(times):
            done = now_of(self.store.finish(worker_id, [move], self.now))
            if claimed.lease != job.lease:
                assert done.late == {claimed.id}
            elif held and job.state == move.to:
                assert done.late == frozenset()

    def _at(self, outcome: Outcome) -> Outcome:
        return Snoozed(self.now + outcome.until) if isinstance(outcome, Snoozed) else outcome

    def _come_to(self, job: ReferenceJob, outcome: Outcome) -> None:
        match outcome:
            case Succeeded():
                job.succeed()
            case Failed(_, final, wait):
                job.fail(self.now, final, wait or 0)
            case Snoozed(until):
                job.snooze(until)
            case Released():
                job.give_back(self.now)
            case Suspended():
                job.suspend()
            case Cancelled():
                job.stopped()

    @rule(pick=PICK, what=st.sampled_from(("cancel", "retry", "retry", "discard")))
    def ask_for(self, pick: int, what: str) -> None:
        job = self._job(pick)
        match what:
            case "cancel":
                self._accepted(job.cancel(), self.store.cancel_job("default", job.id, self.now))
            case "retry":
                self._accepted(job.retry(self.now), self.store.retry_job("default", job.id, self.now))
            case _:
                changed = now_of(self.store.discard_jobs("default", [job.id], "not needed", self.now))
                assert changed.ids == (frozenset({job.id}) if job.discard() else frozenset())

    def _job(self, pick: int) -> ReferenceJob:
        return list(self.jobs.values())[-1 - pick % len(self.jobs)]

    def _accepted(self, expected: bool, call: Coroutine[Any, Any, object]) -> None:
        try:
            now_of(call)
        except Conflict:
            assert not expected
        else:
            assert expected

    # -- workers and time --------------------------------------------------------------------------------------------

    @rule(what=st.sampled_from(("start", "beat", "forget", "retire", "rescue", "overdue", "gone")), worker=PICK)
    def administer(self, what: str, worker: int) -> None:
        worker_id = list(self.expiries)[worker % len(self.expiries)]
        match what:
            case "start":
                self.start_worker()
            case "beat" | "forget":
                self.heartbeat(worker_id, forgets=what == "forget")
            case "retire":
                self.retire_worker(worker_id)
            case "rescue":
                self.rescue()
            case "overdue":
                self.end_overdue()
            case _:
                self.claim_for_the_gone()

    def start_worker(self) -> None:
        worker_id = self.entropy.new_id(self.now)
        self.expiries[worker_id] = self.now + LEASE
        new = NewWorker(worker_id, "w", "host", 1, "boot", ("default",), 10)
        now_of(self.store.register_worker(new, self.now, LEASE))

    def heartbeat(self, worker_id: str, forgets: bool) -> None:
        """One that forgets knows of no job: those that it took a while ago are given back."""
        own = {job.id: job for job in self.jobs.values() if job.state == "RUNNING" and job.worker == worker_id}
        held = {} if forgets else {job_id: job.lease for job_id, job in own.items()}
        before = self.now - SECOND
        pulse = now_of(self.store.heartbeat(worker_id, held, self.now, LEASE, before))
        assert pulse.alive == (self.expiries[worker_id] != 0)
        if not pulse.alive:
            return
        self.expiries[worker_id] = self.now + LEASE
        assert set(pulse.cancelled) == {job_id for job_id in held if own[job_id].cancel_requested}
        for job in own.values():
            if forgets and job.started < before:
                job.give_back(self.now)

    def retire_worker(self, worker_id: str) -> None:
        now_of(self.store.retire_worker(worker_id, self.now))
        self.expiries[worker_id] = 0
        for job in self.jobs.values():
            if job.state == "RUNNING" and job.worker == worker_id:
                job.give_back(self.now)

    def rescue(self) -> None:
        for worker_id, expiry in self.expiries.items():
            if expiry <= self.now:
                self.expiries[worker_id] = 0
        for job in self.jobs.values():
            hung = job.started + job.timeout + HUNG_GRACE <= self.now
            if job.state == "RUNNING" and (hung or self.expiries[job.worker or ""] == 0):
                job.lose(self.now)
        now_of(self.store.rescue(self.now, hung_grace=HUNG_GRACE))

    def end_overdue(self) -> None:
        late = [job for job in self.jobs.values() if job.deadline is not None and job.deadline <= self.now]
        unclaimed = [job for job in late if job.state in (*UNCLAIMED, "WAITING")]
        for job in unclaimed:
            job.overdue()
        assert now_of(self.store.fail_overdue_jobs(self.now)).ended == len(unclaimed)

    @rule(seconds=st.sampled_from((1, 2, 5, 20, 31, 80)))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_store_tells_what_the_reference_says(self) -> None:
        for job in self.jobs.values():
            record = now_of(self.store.get_job("default", job.id))
            shown = "PENDING" if record.state == "SCHEDULED" and job.state == "PENDING" else record.state
            assert (shown, record.lease, record.attempt) in self._fitting(job)
            steps = [(change.after, change.reason, change.lease, change.attempt) for change in record.changes]
            assert steps == job.steps

    def _fitting(self, job: ReferenceJob) -> set[tuple[str, int, int]]:
        """A due SCHEDULED job may already be shown as PENDING: somebody claimed beside it."""
        states = {job.state} | ({"PENDING"} if job.state == "SCHEDULED" and job.due <= self.now else set())
        return {(state, job.lease, job.attempt) for state in states}

    @invariant()
    def the_store_finds_nothing_wrong_with_itself(self) -> None:
        found = now_of(self.store.check_invariants(self.now))
        # That a worker died is no fault of the store; that nobody rescues from it is the story's doing.
        assert [what for what in found if "without a live lease" not in what] == []


TestJobMachine = JobMachine.TestCase
TestJobMachine.settings = settings(
    max_examples=examples(120),
    stateful_step_count=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.chaos
@pytest.mark.parametrize("plant", [finish_without_fence, give_back_burns, one_attempt_too_many, cancel_forgotten])
def test_a_planted_bug_is_noticed(plant: Plant) -> None:
    few = settings(TestJobMachine.settings, max_examples=examples(800), phases=[Phase.generate], print_blob=False)
    with plant(), pytest.raises(AssertionError):
        run_state_machine_as_test(JobMachine, settings=few)
