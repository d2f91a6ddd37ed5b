"""``holdfast.testing`` as a user's own tests use it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

import holdfast
from holdfast.sdk.work import RetryOptions
from holdfast.testing import Instance, engine

calls: list[str] = []


@holdfast.task(name="greet")
async def greet(name: str) -> str:
    calls.append(name)
    return f"Hello {name}"


@holdfast.task(name="shaky", max_attempts=2)
def shaky(until: int) -> int:
    calls.append("shaky")
    if len(calls) < until:
        raise ValueError("not yet")
    return len(calls)


@holdfast.task(name="gone")
async def gone() -> None:
    raise holdfast.FinalError("never")


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


async def test_a_job_is_run_by_draining() -> None:
    async with engine([greet]) as hf:
        job = await hf.enqueue(greet, {"name": "Ada"})
        await hf.drain()
        done = await hf.assert_succeeded(job)
    assert done.result == "Hello Ada"
    assert [each["to"] for each in done.transitions] == ["PENDING", "RUNNING", "SUCCEEDED"]


async def test_a_job_that_cannot_be_is_refused_as_everywhere() -> None:
    async with engine([greet]) as hf:
        rule = r"payload\.nme: the task has no such argument; payload\.name: is missing"
        with pytest.raises(holdfast.Invalid, match=rule):
            await hf.enqueue(greet, {"nme": "Ada"})
        with pytest.raises(holdfast.Invalid, match="not valid: priority: must be at most 100"):
            await hf.enqueue(greet, {"name": "Ada"}, priority=1000)
        assert await hf.jobs() == []


async def test_what_is_due_later_waits_until_the_clock_is_moved() -> None:
    async with engine([greet]) as hf:
        job = await hf.enqueue(greet, {"name": "Ada"}, delay="2d")
        await hf.drain()
        assert (await hf.job(job)).state == "SCHEDULED"
        assert calls == []
        hf.clock.move(timedelta(days=1, hours=23))
        await hf.drain()
        assert calls == []
        hf.clock.move("1h")
        await hf.drain()
        await hf.assert_succeeded(job)


async def test_retries_come_when_their_backoff_has_passed() -> None:
    async with engine([shaky]) as hf:
        retry: RetryOptions = {"max_attempts": 2, "strategy": "fixed", "base_delay": "1m", "jitter": "none"}
        job = await hf.enqueue(shaky, {"until": 2}, retry=retry)
        await hf.drain()
        assert (await hf.job(job)).state == "SCHEDULED"
        hf.clock.move("1m")
        await hf.drain()
        done = await hf.assert_succeeded(job)
    assert [each["outcome"] for each in done.attempts] == ["failed", "succeeded"]


async def test_any_queue_is_served() -> None:
    async with engine([greet]) as hf:
        await hf.enqueue(greet, {"name": "Ada"}, queue="mail")
        await hf.drain()
    assert calls == ["Ada"]


async def test_failures_tell_why() -> None:
    async with engine([gone]) as hf:
        job = await hf.enqueue(gone)
        await hf.drain()
        await hf.assert_failed(job, "FinalError")
        with pytest.raises(AssertionError, match=r"FAILED .FinalError: never"):
            await hf.assert_succeeded(job)
        with pytest.raises(AssertionError, match="not with an error of type KeyError"):
            await hf.assert_failed(job, "KeyError")


async def test_what_was_enqueued_is_asserted_by_task_and_arguments() -> None:
    async with engine([greet]) as hf:
        await hf.enqueue(greet, {"name": "Ada"}, delay="1h")
        await hf.assert_enqueued(greet)
        await hf.assert_enqueued("task:greet", {"name": "Ada"})
        with pytest.raises(AssertionError, match=r"no job of task:greet with .*Bob.*there are: .*Ada"):
            await hf.assert_enqueued(greet, {"name": "Bob"})


async def test_a_kind_that_nobody_knows_is_named_when_draining_ends() -> None:
    async with engine([greet]) as hf:
        await hf.enqueue("task:elsewhere")
        with pytest.raises(AssertionError, match=r"task:elsewhere .* .PENDING, queue default"):
            await hf.drain(timeout=0.2)


async def test_a_workflow_runs_in_memory() -> None:
    definition = """
holdfast: 1
name: welcome
input: {type: object, required: [name], properties: {name: {type: string}}}
nodes:
  - {id: hello, type: task, params: {name: greet, args: {name: "{{ input.name }}"}}}
  - {id: pause, type: delay, params: {for: 1h}}
output: "{{ nodes.hello.output }}"
edges:
  - {from: hello, to: pause}
"""
    async with engine([greet]) as hf:
        await hf.apply(definition)
        await hf.apply(definition)
        run = await hf.start("welcome", {"name": "Ada"})
        await hf.drain()
        assert (await hf.run(run)).state == "WAITING"
        hf.clock.move("1h")
        await hf.drain()
        done = await hf.run(run)
    assert (done.state, done.output, done.version) == ("SUCCEEDED", "Hello Ada", 2)


async def test_time_goes_forward_only(hf: Instance) -> None:
    before = hf.clock.time
    with pytest.raises(ValueError, match="forward only"):
        hf.clock.move(-1)
    hf.clock.move("1d")
    assert hf.clock.time - before >= timedelta(days=1)


@pytest.fixture
async def hf() -> AsyncIterator[Instance]:
    async with engine() as instance:
        yield instance


async def test_a_unique_key_that_is_taken_answers_its_holder() -> None:
    async with engine([greet]) as hf:
        first = await hf.enqueue(greet, {"name": "Ada"}, unique_key="hello", delay="1h")
        again = await hf.enqueue(greet, {"name": "Ada"}, unique_key="hello")
    assert (first.duplicate, again.duplicate, again.id) == (False, True, first.id)


async def test_no_mail_is_sent_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SMTP_URL", "smtp://127.0.0.1:1")
    mail = {"to": "ada@example.com", "subject": "Hello", "text": "…"}
    async with engine() as hf:
        job = await hf.enqueue("email.send", mail, retry={"max_attempts": 1})
        await hf.drain()
        await hf.assert_succeeded(job)


async def test_a_task_reads_the_secrets_that_the_test_gives() -> None:
    @holdfast.task(name="reads_secret")
    async def reads_secret(ctx: holdfast.Context) -> list[object]:
        value = await ctx.secret("TOKEN")
        return [len(value), value]

    async with engine([reads_secret], secrets={"TOKEN": "s3cr3t"}) as instance:
        job = await instance.enqueue(reads_secret)
        missing = await instance.enqueue("log", {"message": "no secret in it"})
        await instance.drain()
        assert (await instance.assert_succeeded(job)).result == [6, "‹secret TOKEN›"]
        await instance.assert_succeeded(missing)
    async with engine([reads_secret]) as instance:
        job = await instance.enqueue(reads_secret)
        await instance.drain()
        failed = await instance.assert_failed(job, "secret")
        assert len(failed.attempts) == 1
