"""The sync face: the same calls from a thread without an event loop."""

import asyncio
from collections.abc import Callable

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
