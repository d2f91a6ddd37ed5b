"""The client against a real server: jobs, workflows, events, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

import holdfast
from holdfast.sdk.failures import ClientError, Conflict, Invalid, JobFailed, NotFound, ResultTimeout, Unreachable
from tests.sdk.tasks import Customer, fail, greet


async def test_a_task_is_enqueued_with_typed_arguments_and_its_result_awaited(client: holdfast.Client) -> None:
    job = await client.enqueue(greet, {"customer": Customer("Ada", vip=True)})
    assert await job.result(timeout=20) == "Dear Ada"
    seen = await job.job()
    assert (seen.state, seen.kind, seen.payload) == (
        "SUCCEEDED",
        "task:sdk.greet",
        {"customer": {"name": "Ada", "vip": True}},
    )
    assert [attempt["outcome"] for attempt in seen.attempts] == ["succeeded"]


async def test_a_failed_job_raises_what_it_failed_of(client: holdfast.Client) -> None:
    job = await client.enqueue(fail)
    with pytest.raises(JobFailed, match="is DEAD: ValueError: on purpose") as caught:
        await job.result(timeout=20)
    assert caught.value.job.id == job.id


async def test_a_wait_ends_before_the_job(client: holdfast.Client) -> None:
    job = await client.enqueue("noop", delay=timedelta(hours=1))
    with pytest.raises(ResultTimeout, match=r"hadn't ended after 0\.05 s"):
        await job.wait(timeout=0.05)
    assert await job.status() == "SCHEDULED"
    assert (await job.cancel()).state == "CANCELLED"
    with pytest.raises(Conflict):
        await job.cancel()


async def test_options_arrive(client: holdfast.Client) -> None:
    at = datetime.now(UTC) + timedelta(hours=2)
    job = await client.enqueue(
        "noop", {"a": 1}, queue="mail", priority=7, run_at=at, unique_key="once", retry={"max_attempts": 3}
    )
    seen = await job.job()
    assert (seen.queue, seen.priority, seen.unique_key, seen.max_attempts) == ("mail", 7, "once", 3)
    assert seen.run_at is not None
    assert datetime.fromisoformat(seen.run_at) == at
    again = await client.enqueue("noop", unique_key="once")
    assert (again.id, again.duplicate) == (job.id, True)


async def test_the_same_key_is_the_same_job(client: holdfast.Client) -> None:
    first = await client.enqueue("noop", {"a": 1}, idempotency_key="order-7")
    second = await client.enqueue("noop", {"a": 1}, idempotency_key="order-7")
    assert first.id == second.id
    with pytest.raises(Conflict):
        await client.enqueue("noop", {"a": 2}, idempotency_key="order-7")


async def test_many_are_enqueued_and_listed_page_after_page(client: holdfast.Client) -> None:
    jobs = await client.enqueue_many("noop", ({"n": n} for n in range(1_250)), delay="1h")
    assert len({job.id for job in jobs}) == 1_250
    listed = [job async for job in client.list_jobs(state="SCHEDULED")]
    assert [job.payload["n"] for job in listed] == list(reversed(range(1_250)))
    assert await client.bulk("cancel", {"state": "SCHEDULED"}) == (1_250, 1_250)


async def test_a_workflow_is_applied_and_run(client: holdfast.Client) -> None:
    text = "holdfast: 1\nname: hi\nnodes:\n  - {id: a, type: transform, params: {value: '{{ input.x }}'}}\n"
    assert (await client.apply(text + "output: '{{ nodes.a.output }}'\n")).version == 1
    assert (await client.apply(text + "output: '{{ nodes.a.output + 1 }}'\n")).version == 2
    run = await client.run("hi", {"x": 41})
    assert await run.output(timeout=20) == 42
    assert (await run.run()).nodes["a"]["state"] == "SUCCEEDED"
    assert [each.id async for each in client.list_runs(workflow="hi")] == [run.id]


async def test_events_are_followed(client: holdfast.Client) -> None:
    job = await client.enqueue("noop", delay="50ms")
    seen: list[str] = []
    async with asyncio.timeout(20):
        async for event in client.events(job=job.id, after="0"):
            seen.append(event.type)
            if event.type == "job.succeeded":
                break
    assert seen == ["job.scheduled", "job.started", "job.succeeded"]


async def test_problems_name_the_field(client: holdfast.Client) -> None:
    with pytest.raises(Invalid, match="priority") as caught:
        await client.enqueue("noop", priority=1000)
    assert [error.path for error in caught.value.errors] == ["priority"]
    with pytest.raises(NotFound):
        await client.get_job("01890000-0000-7000-8000-000000000000")


async def test_a_refusal_says_each_thing_once_and_is_what_the_other_ways_to_insert_raise(
    client: holdfast.Client,
) -> None:
    with pytest.raises(holdfast.Invalid) as caught:
        await client.enqueue("noop", priority=1000)
    assert str(caught.value) == "The body is not valid: priority: must be at most 100"
    assert isinstance(caught.value, ClientError)
    assert isinstance(caught.value, ValueError)


async def test_what_cannot_be_sent_is_refused_by_its_place(client: holdfast.Client) -> None:
    options: Any = {"delay": [], "run_at": datetime.now(UTC).replace(tzinfo=None), "retry": {"max_attemps": 3}}
    with pytest.raises(Invalid) as caught:
        await client.enqueue("noop", {"a": [1, object()], "b": 2}, **options)
    assert [(each.path, each.message) for each in caught.value.errors] == [
        ("delay", 'must be a length of time: "5m", seconds or a timedelta'),
        ("run_at", "must have a time zone, as datetime.now(UTC) has"),
        ("retry.max_attemps", "is not a known option; did you mean max_attempts?"),
        ("payload.a[1]", "can't become JSON: it is of type object"),
    ]
    with pytest.raises(Invalid) as caught:
        await client.enqueue("noop", {"b": float("nan"), "c": Customer("\0")})
    assert {error.path for error in caught.value.errors} == {"payload.b", "payload.c.name"}
    with pytest.raises(Invalid, match="payload: can't become JSON: Unable to serialize unknown type"):
        await client.enqueue("noop", {object(): 1})
    with pytest.raises(Invalid, match=r"input\.x: can't become JSON"):
        await client.run("any", {"x": object()})


async def test_arguments_are_checked_by_the_tasks_signature_before_anything_is_sent(client: holdfast.Client) -> None:
    with pytest.raises(holdfast.Invalid, match=r"payload\.customer\.name: field required"):
        await client.enqueue(greet, {"customer": {"vip": True}})
    good = {"customer": {"name": "Ada"}}
    with pytest.raises(holdfast.Invalid) as caught:
        await client.enqueue_many(greet, [good, {}, good, {**good, "more": 1}])
    assert [(each.path, each.message) for each in caught.value.problems] == [
        ("jobs[1].payload.customer", "is missing"),
        ("jobs[3].payload.more", "the task has no such argument"),
    ]
    assert [job async for job in client.list_jobs()] == []
    assert (await client.enqueue("task:sdk.greet", {})).id


async def test_a_dry_run_only_counts(client: holdfast.Client) -> None:
    job = await client.enqueue("noop", delay="1h")
    assert await client.bulk("cancel", {"state": "SCHEDULED"}, dry_run=True) == (1, 0)
    assert await job.status() == "SCHEDULED"
    assert repr(job) == f"JobHandle({job.id!r})"


async def test_nobody_there_is_told_with_the_address(unused_tcp_port: int) -> None:
    async with holdfast.Client(f"http://127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(Unreachable, match=f"127.0.0.1:{unused_tcp_port}"):
            await client.enqueue("noop")


async def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    keys: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            assert request.transport is not None
            request.transport.close()
        if len(keys) == 2:
            return web.Response(status=503)
        return web.json_response({"id": "j", "kind": "noop", "queue": "default", "state": "PENDING"}, status=201)

    app = web.Application()
    app.router.add_post("/api/v1/jobs", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        async with holdfast.Client(f"http://127.0.0.1:{port}") as client:
            job = await client.enqueue("noop")
    finally:
        await runner.cleanup()
    assert job.id == "j"
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_what_is_no_task_is_said_so(client: holdfast.Client) -> None:
    with pytest.raises(TypeError, match="no task: mark it"):
        await client.enqueue(print)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected an address"):
        holdfast.SyncClient("localhost:8000")


async def test_a_wait_outlasts_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.sdk.transport._PAUSES", ())
    job = {"id": "j", "kind": "noop", "queue": "default", "state": "SUCCEEDED", "result": 7}
    away = {"title": "Unavailable", "status": 503}
    answers = iter(
        [web.json_response(away, status=503), web.Response(status=502, text="proxy"), web.json_response(job)]
    )

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.json_response({**job, "state": "PENDING"}, status=201)
        return next(answers)

    async with serving(answer) as url, holdfast.Client(url) as client:
        assert await (await client.enqueue("noop")).result(timeout=20) == 7


async def test_another_kind_of_server_is_told_apart() -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>", content_type="text/html")

    async with serving(page) as url, holdfast.Client(url) as client:
        with pytest.raises(Unreachable, match=r"is no Holdfast server \(status 200\)"):
            await client.get_job("01890000-0000-7000-8000-000000000000")


async def test_a_password_in_the_address_isnt_told(unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.sdk.transport._PAUSES", ())
    async with holdfast.Client(f"http://ada:hunter2@127.0.0.1:{unused_tcp_port}") as client:
        with pytest.raises(Unreachable, match=f"answers at http://127.0.0.1:{unused_tcp_port} ") as caught:
            await client.get_job("01890000-0000-7000-8000-000000000000")
    assert "hunter2" not in str(caught.value)


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A server that answers everything by ``answer``, and its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
