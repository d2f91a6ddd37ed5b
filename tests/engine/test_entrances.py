"""The entrances: what is accepted is stored once, what is wrong is refused as a whole with the place and the rule."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from holdfast.engine.drafts import JobDraft
from holdfast.engine.repeating import PATIENCE
from holdfast.model.errors import Conflict, Invalid, NotFound, Unavailable
from holdfast.model.instant import DAY, HOUR, MILLISECOND, SECOND
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.ports import Dedupe
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually

NODE: list[JSON] = [{"id": "only", "type": "noop"}]
WITH_EMAIL: JSONObject = {
    "type": "object",
    "required": ["email"],
    "properties": {"email": {"type": "string"}, "score": {"type": "integer", "default": 7}},
}


def key(w: World, name: str, fingerprint: str = "body-1") -> Dedupe:
    return Dedupe(TENANT, "POST /test", name, fingerprint, w.clock.now() + DAY)


def paths(error: Invalid) -> dict[str, str]:
    return {problem.path: problem.message for problem in error.problems}


async def gives_up(w: World, name: str, call: Coroutine[Any, Any, object]) -> None:
    """Its commit happens, but its answers are lost for longer than the entrance repeats it."""
    w.faults.lose_answer(name, 2)
    calling = asyncio.create_task(call)
    await eventually(lambda: w.faults.calls[name] > 0)
    w.clock.move(PATIENCE)
    with pytest.raises(Unavailable):
        await calling


# -- jobs ------------------------------------------------------------------------------------------------------------


async def test_concurrent_inserts_share_commits_and_each_gets_its_own_answer() -> None:
    async with world() as w:
        jobs = await asyncio.gather(*(w.insert("noop", {"number": number}) for number in range(50)))
        assert len(set(jobs)) == 50
        assert w.faults.calls["insert_jobs"] < 50
        assert [(await w.job(job_id)).payload for job_id in jobs] == [{"number": number} for number in range(50)]


async def test_a_repeated_insert_is_the_same_job_and_another_body_a_conflict() -> None:
    async with world() as w:
        draft = [JobDraft("noop")]
        first, again, other = [
            (await w.jobs.insert(TENANT, draft, correlation_id="c", dedupe=key(w, "k", fingerprint)))[0]
            for fingerprint in ("body-1", "body-1", "body-2")
        ]
        assert (again.id, again.duplicate, again.conflict) == (first.id, True, False)
        assert (other.id, other.conflict) == (first.id, True)


async def test_an_insert_whose_answer_was_lost_is_repeated_by_its_key() -> None:
    async with world() as w:
        dedupe = key(w, "k")
        insert = w.jobs.insert(TENANT, [JobDraft("noop")], correlation_id="c", dedupe=dedupe)
        await gives_up(w, "insert_jobs", insert)
        (again,) = await w.jobs.insert(TENANT, [JobDraft("noop")], correlation_id="c", dedupe=key(w, "k"))
        assert again.duplicate
        assert (await w.job(again.id)).state == JobState.PENDING


async def test_a_unique_key_answers_its_holder() -> None:
    async with world() as w:
        first = await w.insert("noop", unique_key="one")
        assert await w.insert("noop", unique_key="one") == first
        assert await w.insert("noop", unique_key="two") != first
        assert w.counted("accepted", what="job", verdict="duplicate") == 1


async def test_when_a_job_is_due() -> None:
    async with world() as w:
        now = w.clock.now()
        at_once = await w.job(await w.insert("noop", run_at=now - HOUR))
        assert (at_once.state, at_once.run_at >= now) == (JobState.PENDING, True)
        assert (await w.job(await w.insert("noop", run_at=now + HOUR))).run_at == now + HOUR
        delayed = await w.job(await w.insert("noop", delay=HOUR))
        assert (delayed.state, delayed.run_at - delayed.created_at) == (JobState.SCHEDULED, HOUR)


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        (JobDraft(""), "kind"),
        (JobDraft("a\0b"), "kind"),
        (JobDraft("noop", queue=""), "queue"),
        (JobDraft("noop", queue="\ud800"), "queue"),
        (JobDraft("noop", unique_key="\0"), "unique_key"),
        (JobDraft("noop", correlation_id="\0"), "correlation_id"),
        (JobDraft("noop", run_at=1, delay=1), "delay"),
        (JobDraft("noop", run_at=1 << 62), "run_at"),
        (JobDraft("noop", delay=-1), "delay"),
        (JobDraft("noop", delay=1 << 62), "delay"),
        (JobDraft("noop", priority=101), "priority"),
        (JobDraft("noop", timeout=0), "timeout"),
        (JobDraft("noop", timeout=1 << 62), "timeout"),
        (JobDraft("noop", deadline_at=5), "deadline"),
        (JobDraft("noop", unique_window=SECOND), "unique_window"),
        (JobDraft("noop", unique_key="k", unique_window=-1), "unique_window"),
        (JobDraft("noop", payload={"a": [float("nan")]}), "payload.a[0]"),
        (JobDraft("noop", payload={"a": 1 << 64}), "payload.a"),
        (JobDraft("noop", payload="\0"), "payload"),
    ],
)
async def test_a_wrong_draft_names_the_field(draft: JobDraft, path: str) -> None:
    async with world() as w:
        with pytest.raises(Invalid) as caught:
            await w.jobs.insert(TENANT, [draft], correlation_id="c")
        assert path in paths(caught.value)
        assert w.faults.calls["insert_jobs"] == 0


async def test_one_wrong_draft_refuses_the_batch_and_says_which() -> None:
    async with world() as w:
        drafts = [JobDraft("noop"), JobDraft("noop", priority=-101, timeout=0), JobDraft("")]
        with pytest.raises(Invalid) as caught:
            await w.jobs.insert(TENANT, drafts, correlation_id="c")
        assert set(paths(caught.value)) == {"jobs[1].priority", "jobs[1].timeout", "jobs[2].kind"}
        assert w.faults.calls["insert_jobs"] == 0


async def test_a_dead_job_gets_a_fresh_budget() -> None:
    async with world() as w:
        w.work()
        job_id = await w.insert("fail", {"message": "no"})
        assert (await w.ended(job_id)).state == JobState.FAILED
        await w.jobs.retry(TENANT, job_id)
        await eventually(lambda: w.counted("attempts", kind="fail", reason="final_error") == 2)
        job = await w.ended(job_id)
        assert (job.attempt, job.lease) == (2, 2)
        with pytest.raises(NotFound):
            await w.jobs.retry("another", job_id)
        with pytest.raises(Conflict):
            await w.jobs.cancel(TENANT, job_id)


async def test_a_job_that_waits_is_cancelled_at_once() -> None:
    async with world() as w:
        job_id = await w.insert("noop", delay=HOUR)
        assert (await w.jobs.cancel(TENANT, job_id)).state == JobState.CANCELLED
        with pytest.raises(NotFound):
            await w.jobs.cancel("another", job_id)


# -- workflows and runs ----------------------------------------------------------------------------------------------


async def test_a_definition_is_stored_whole_or_not_at_all() -> None:
    async with world() as w:
        with pytest.raises(Invalid) as caught:
            await w.save(nodes=[{"id": "a", "type": "nothing"}], edges=[{"from": "a", "to": "b"}])
        assert len(caught.value.problems) == 2
        assert w.faults.calls["create_workflow"] == 0
        await w.save(nodes=NODE)
        with pytest.raises(Conflict):
            await w.save(nodes=NODE)


async def test_a_run_keeps_the_version_that_it_started_with() -> None:
    async with world() as w:
        await w.save(nodes=NODE, output="first")
        run_id = await w.start()
        document: JSONObject = {"holdfast": 1, "name": "flow", "nodes": NODE, "output": "second"}
        assert (await w.workflows.save(TENANT, "flow", document)).version == 2
        w.work()
        first, second = await w.run_ended(run_id), await w.run_ended(await w.start())
        assert [(run.version, run.output) for run in (first, second)] == [(1, "first"), (2, "second")]


async def test_input_is_filled_with_defaults_and_checked() -> None:
    async with world() as w:
        await w.save(nodes=NODE, input=WITH_EMAIL)
        run = await w.run(await w.start({"email": "ada@example.com"}))
        assert run.input == {"email": "ada@example.com", "score": 7}
        wrong: list[tuple[JSON, str]] = [
            ({}, "input.email"),
            ({"email": 5}, "input.email"),
            ({"email": "a", "score": "high"}, "input.score"),
            ({"email": "\0"}, "input.email"),
            ({"email": "a", "score": 1 << 64}, "input.score"),
        ]
        for given, path in wrong:
            with pytest.raises(Invalid) as caught:
                await w.start(given)
            assert path in paths(caught.value)
        assert w.faults.calls["start_runs"] == 1


async def test_a_switched_off_workflow_starts_nothing() -> None:
    async with world() as w:
        await w.save(nodes=NODE)
        await w.workflows.enable(TENANT, "flow", False)
        with pytest.raises(Conflict):
            await w.start()
        await w.workflows.enable(TENANT, "flow", True)
        await w.start()
        await w.workflows.delete(TENANT, "flow")
        with pytest.raises(NotFound):
            await w.start()


async def test_a_repeated_start_is_the_same_run() -> None:
    async with world() as w:
        await w.save(nodes=NODE)
        await gives_up(w, "start_runs", w.runs.start(TENANT, "flow", {}, correlation_id="c", dedupe=key(w, "k")))
        again = await w.runs.start(TENANT, "flow", {}, correlation_id="c", dedupe=key(w, "k"))
        other = await w.runs.start(TENANT, "flow", {}, correlation_id="c", dedupe=key(w, "k", "body-2"))
        assert (again.duplicate, other.conflict, other.id) == (True, True, again.id)
        page = await w.store.list_runs(TENANT, None, None, w.clock.now(), None, 10)
        assert [run.id for run in page.items] == [again.id]


async def test_waiting_for_a_run() -> None:
    async with world() as w:
        await w.save(nodes=NODE)
        run_id = await w.start()
        assert (await w.runs.wait(TENANT, run_id, 10 * MILLISECOND)).state == "RUNNING"
        waiting = asyncio.create_task(w.runs.wait(TENANT, run_id, 20 * SECOND))
        w.work()
        assert (await waiting).state == "SUCCEEDED"
        with pytest.raises(NotFound):
            await w.runs.wait("another", run_id, SECOND)
        with pytest.raises(Conflict):
            await w.runs.cancel(TENANT, run_id)
