"""The sync face: the same calls from a thread without an event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import holdfast
from holdfast.sdk.failures import JobFailed
from tests.sdk.tasks import Customer, fail, greet


async def elsewhere(work: Callable[[holdfast.SyncClient], None], url: str) -> None:
    def working() -> None:
        with holdfast.SyncClient(url) as client:
            work(client)

    await asyncio.to_thread(working)


async def test_a_job_is_enqueued_and_awaited(url: str) -> None:
    def work(client: holdfast.SyncClient) -> None:
        job = client.enqueue(greet, {"customer": Customer("Ada")})
        assert job.result(timeout=20) == "Hello Ada"
        assert job.status() == "SUCCEEDED"
        assert [each.id for each in client.list_jobs(kind="task:sdk.greet")] == [job.id]
        with pytest.raises(JobFailed):
            client.enqueue(fail).result(timeout=20)

    await elsewhere(work, url)


async def test_a_workflow_runs(url: str) -> None:
    def work(client: holdfast.SyncClient) -> None:
        client.apply({"holdfast": 1, "name": "hi", "nodes": [{"id": "a", "type": "noop"}], "output": "done"})
        assert client.run("hi").output(timeout=20) == "done"
        assert client.enqueue_many("noop", [None, None])[1].wait(timeout=20).ended
        types = [
            event.type
            for event, _ in zip(client.events(after="0", run=next(client.list_runs()).id), range(2), strict=False)
        ]
        assert types == ["workflow.started", "job.scheduled"]

    await elsewhere(work, url)


def test_a_client_that_cannot_be_made_leaves_no_thread_behind() -> None:
    import threading

    before = threading.active_count()
    with pytest.raises(ValueError, match="expected an address"):
        holdfast.SyncClient("nowhere")
    assert threading.active_count() == before


async def test_a_call_that_is_under_way_ends_when_another_thread_closes_the_client(url: str) -> None:
    client = await asyncio.to_thread(holdfast.SyncClient, url)
    job = await asyncio.to_thread(client.enqueue, "noop", delay="1h")
    waiting = asyncio.create_task(asyncio.to_thread(job.wait))
    await asyncio.to_thread(job.status)  # a call after which the first one has begun to wait
    await asyncio.to_thread(client.close)
    with pytest.raises(RuntimeError, match="closed"):
        await asyncio.wait_for(waiting, 20)


async def test_closing_again_is_nothing_and_calls_after_it_say_so(url: str) -> None:
    def work(client: holdfast.SyncClient) -> None:
        client.close()
        client.close()
        for call in (client.list_jobs().__next__, lambda: client.enqueue("noop")):
            with pytest.raises(RuntimeError, match="this client is closed"):
                call()

    await elsewhere(work, url)


async def test_many_threads_share_one_client(url: str) -> None:
    def work(client: holdfast.SyncClient) -> None:
        with ThreadPoolExecutor(8) as threads:
            jobs = list(threads.map(lambda _: client.enqueue("noop").id, range(80)))
        assert len(set(jobs)) == 80

    await elsewhere(work, url)
