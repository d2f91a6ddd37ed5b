"""The proof itself: it finds each wrong that the scenarios look for. Sound records first, then one thing made wrong."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from holdfast.model.event import JobChange
from holdfast.model.instant import SECOND
from holdfast.model.job import JobState
from holdfast.model.records import JobRecord, RunRecord
from holdfast.model.retry import LONE_JOB_POLICY
from holdfast.model.run import RunState
from holdfast.model.trigger import FiringRecord, NewFiring, Owner
from tests.cluster.flows import GRAPHS, TICK
from tests.cluster.ledger import Line
from tests.cluster.load import Accepted
from tests.cluster.proof import Found, problems

PID, WORKER = 7, "worker"
SOUND = ("inserted PENDING", "claimed RUNNING", "succeeded SUCCEEDED")
LOST = ("inserted PENDING", "claimed RUNNING", "lost PENDING", "claimed RUNNING", "succeeded SUCCEEDED")


def changes(*steps: str) -> tuple[JobChange, ...]:
    """Each step is its reason and the state after it; leases rise with claims, as they should."""
    told, lease = [], 0
    for before, after in pairwise((None, *steps)):
        reason, state = str(after).split()
        lease += reason == "claimed"
        old = None if before is None else before.split()[1]
        told.append(JobChange(old, state, 0, reason, lease, 1, WORKER if lease else None, None, None))
    return tuple(told)


def job(
    job_id: str, number: int = 1, *, key: str | None = None, run: str | None = None, node: str | None = None
) -> JobRecord:
    return JobRecord(
        id=job_id, tenant="t", kind="task:mark", queue="default", state=JobState.SUCCEEDED, priority=0,
        payload={"number": number}, result={"execution": f"of {job_id}"}, error=None, attempt=1, retry=LONE_JOB_POLICY,
        timeout=0, run_at=0, deadline_at=None, run_id=run, node_id=node, unique_key=None, correlation_id="",
        created_at=0, started_at=0, finished_at=0, worker=None, lease=1, concurrency_key=key, changes=changes(*SOUND),
    )  # fmt: skip


def run(run_id: str, workflow: str, number: int | None = 1) -> RunRecord:
    return RunRecord(
        id=run_id, tenant="t", workflow_id="w", workflow=workflow, version=1, version_id="v", state=RunState.SUCCEEDED,
        input={"number": number}, output=None, error=None, trigger={}, parent=None, correlation_id="", created_at=0,
        started_at=0, finished_at=0,
    )  # fmt: skip


def nodes_of(one: RunRecord) -> tuple[str, ...]:
    return GRAPHS[one.workflow].nodes


def fired(at: float, run_id: str) -> FiringRecord:
    firing = NewFiring("f", "t", Owner("workflow", "w"), "clock", "every", 0, "started", fire_at=int(at * SECOND))
    return FiringRecord(firing, run_id)


def lines(job_id: str, *, execution: str = "", pid: int = PID, at: float = 1.0) -> list[Line]:
    """One execution, begun and done."""
    name = execution or f"of {job_id}"
    begun = Line("begin", at, job_id, job_id, 1, name, pid, None, None)
    return [begun, replace(begun, what="done", at=at + 0.5)]


class Case:
    """What a small load leaves behind when everything went well."""

    def __init__(self) -> None:
        self.runs = [
            run("r1", "steps"),
            run("r2", "started", 2),
            run("t1", "ticking", None),
            run("t2", "ticking", None),
        ]
        self.jobs = [job("j1"), job("k1", 1, key="line"), job("k2", 2, key="line"), job("e1", 1, key="queue")]
        self.jobs += [job(f"{one.id} {node}", run=one.id, node=node) for one in self.runs for node in nodes_of(one)]
        self.firings = [fired(0, "t1"), fired(TICK, "t2")]
        self.lines = {one.id: lines(one.id, at=float(n)) for n, one in enumerate(self.jobs)}
        self.accepted = [
            Accepted("webhook", "t", 1, "r1", "steps"),
            Accepted("event", "t", 2, "x2", "started"),
            Accepted("job", "t", 1, "j1"),
            Accepted("line", "t", 1, "k1", key="line"),
            Accepted("line", "t", 2, "k2", key="line"),
            Accepted("lined_up", "t", 1, "x1", key="queue"),
        ]

    def swap(self, job_id: str, **changed: Any) -> None:
        self.jobs = [replace(one, **changed) if one.id == job_id else one for one in self.jobs]

    def problems(self) -> list[str]:
        found = Found({one.id: one for one in self.runs}, {one.id: one for one in self.jobs}, tuple(self.firings))
        return problems({"t": found}, self.accepted, self.lines, {WORKER: PID})


def test_what_is_sound() -> None:
    assert Case().problems() == []


def test_a_lost_attempt_excuses_a_second_execution() -> None:
    case = Case()
    case.swap("j1", changes=changes(*LOST))
    case.lines["j1"] += lines("j1", execution="earlier")
    assert case.problems() == []


def _a_run_is_missing(case: Case) -> None:
    del case.runs[0]


def _a_run_too_many(case: Case) -> None:
    case.runs.append(run("r3", "steps"))


def _two_answers_name_one_run(case: Case) -> None:
    case.accepted.append(case.accepted[0])


def _a_run_failed(case: Case) -> None:
    case.runs[0] = replace(case.runs[0], state=RunState.FAILED)


def _a_run_of_another_trigger(case: Case) -> None:
    case.runs[0] = replace(case.runs[0], input={"number": 9})


def _an_event_started_nothing(case: Case) -> None:
    del case.runs[1]


def _an_event_started_twice(case: Case) -> None:
    case.runs.append(run("r3", "started", 2))


def _a_time_was_missed(case: Case) -> None:
    case.firings[1] = fired(2 * TICK, "t2")


def _a_time_fired_twice(case: Case) -> None:
    case.firings.append(fired(TICK, "t2"))


def _a_clock_has_a_run_too_many(case: Case) -> None:
    case.runs.append(run("t3", "ticking", None))


def _a_job_is_missing(case: Case) -> None:
    del case.jobs[0], case.lines["j1"]


def _a_job_too_many(case: Case) -> None:
    case.jobs.append(job("j2"))
    case.lines["j2"] = lines("j2")


def _a_rule_made_two_jobs(case: Case) -> None:
    case.jobs.append(job("e2", 1, key="queue"))
    case.lines["e2"] = lines("e2", at=9.0)


def _a_key_out_of_order(case: Case) -> None:
    case.lines["k1"] = lines("k1", at=8.0)


def _a_key_at_the_same_time(case: Case) -> None:
    case.lines["k2"] = lines("k2", at=case.lines["k1"][0].at + 0.1)


def _it_ran_unclaimed(case: Case) -> None:
    case.lines["j1"] += lines("j1", execution="another")[:1]


def _it_ran_in_another_process(case: Case) -> None:
    case.lines["j1"] += lines("j1", execution="another", pid=8)[:1]


def _it_was_done_twice(case: Case) -> None:
    case.lines["j1"] += lines("j1", execution="another")


def _nobody_gave_its_result(case: Case) -> None:
    case.lines["j1"] = []


def _another_process_gave_its_result(case: Case) -> None:
    case.lines["j1"] = lines("j1", pid=8)


def _it_succeeded_twice(case: Case) -> None:
    case.swap("j1", changes=changes(*SOUND, *SOUND[1:]))


def _its_key_changed(case: Case) -> None:
    case.lines["j1"][1] = replace(case.lines["j1"][1], key="other")


def _it_never_ended(case: Case) -> None:
    case.swap("j1", state=JobState.RUNNING, changes=changes(*SOUND[:2]))


def _a_step_is_missing(case: Case) -> None:
    case.jobs = [one for one in case.jobs if one.id != "r1 second"]
    del case.lines["r1 second"]


def _a_step_has_two_jobs(case: Case) -> None:
    case.jobs.append(job("again", run="r1", node="second"))
    case.lines["again"] = lines("again", at=99.0)


def _a_step_before_its_turn(case: Case) -> None:
    case.lines["r1 second"] = lines("r1 second", at=case.lines["r1 first"][0].at)


def _the_ledger_knows_more(case: Case) -> None:
    case.lines["gone"] = lines("gone")


WRONGS: dict[Callable[[Case], None], str] = {
    _a_run_is_missing: "1 accepted runs are lost",
    _a_run_too_many: "1 runs exist of which nobody was told",
    _two_answers_name_one_run: "two triggers were answered the same run",
    _a_run_failed: "run r1 of steps is FAILED",
    _a_run_of_another_trigger: "was asked for as",
    _an_event_started_nothing: r"event x2 \(number 2\) started 0 runs",
    _an_event_started_twice: r"event x2 \(number 2\) started 2 runs",
    _a_time_was_missed: "fired at 0 and next at",
    _a_time_fired_twice: "fired at 1000000 and next at 1000000",
    _a_clock_has_a_run_too_many: "2 firings of a clock name 2 runs, and there are 3",
    _a_job_is_missing: "1 accepted jobs are lost",
    _a_job_too_many: "1 jobs exist of which nobody was told",
    _a_rule_made_two_jobs: "made 2 jobs by the rule",
    _a_key_out_of_order: "key line: job k2 .* before the one in front of it, k1",
    _a_key_at_the_same_time: "key line: job k2 .* before the one in front of it, k1",
    _it_ran_unclaimed: "was run 2 times by process 7, which claimed it 1 times",
    _it_ran_in_another_process: "was run 1 times by process 8, which claimed it 0 times",
    _it_was_done_twice: "was done 2 times, though only 0 attempts were lost",
    _nobody_gave_its_result: "has a result that no finished execution gave",
    _another_process_gave_its_result: "has the result of process 8, which didn't hold its lease",
    _it_succeeded_twice: "went from SUCCEEDED to RUNNING",
    _its_key_changed: "more than one idempotency key",
    _it_never_ended: "is RUNNING",
    _a_step_is_missing: "run r1 of steps has other jobs than one of each node",
    _a_step_has_two_jobs: "run r1 of steps has other jobs than one of each node",
    _a_step_before_its_turn: "second began before first",
    _the_ledger_knows_more: "the ledger tells of job gone, which doesn't exist",
}


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.__name__)
def test_what_is_wrong(wrong: Callable[[Case], None]) -> None:
    case = Case()
    wrong(case)
    with pytest.raises(AssertionError, match=WRONGS[wrong]):
        assert case.problems() == [], "\n".join(case.problems())
