"""``holdfast.Client``: jobs and runs of a Holdfast server, ``.workflows`` and ``.events``.

::

    async with holdfast.Client() as client:
        job = await client.enqueue(send_invoice, {"customer": "c-1"}, delay="5m")
        print(await job.result(timeout=60))

Without arguments it talks to ``HOLDFAST_URL`` (http://127.0.0.1:8000) with ``HOLDFAST_API_KEY``. What is inserted is
sent with an ``Idempotency-Key``, so that it is safe to repeat when an answer is lost: it is there once.
"""

import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final, Self, Unpack

from holdfast.sdk.arguments import jsonable
from holdfast.sdk.definitions import Events, Workflows, fresh_key, invalid
from holdfast.sdk.handles import JobHandle, RunHandle
from holdfast.sdk.shapes import Item, Job, Run
from holdfast.sdk.transport import Transport
from holdfast.sdk.work import JobOptions, Work, job_bodies, job_body

DEFAULT_URL: Final = "http://127.0.0.1:8000"
# The API takes this many jobs in one call; more are sent in several.
BATCH: Final = 1000


class Client:
    """One server and one key. Use as an async context manager, or ``close`` it. Raises what ``sdk.failures`` lists."""

    def __init__(self, url: str | None = None, api_key: str | None = None) -> None:
        self._transport = Transport(
            url or os.environ.get("HOLDFAST_URL") or DEFAULT_URL, api_key or os.environ.get("HOLDFAST_API_KEY")
        )
        self.workflows = Workflows(self._transport)
        self.events = Events(self._transport)
        self.apply = self.workflows.apply

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._transport.close()

    # -- jobs --------------------------------------------------------------------------------------------------------

    async def enqueue(
        self, work: Work, args: Any = None, *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> JobHandle:
        """Inserts a job for a task function (``args``: its keyword arguments) or a kind (``args``: its payload).

        When this returns, the job is durable. The same ``idempotency_key`` again gives the same job. A function's
        arguments are checked against its annotations before anything is sent. Raises ``Invalid``.
        """
        with invalid():
            body = job_body(work, args, **options)
        answer = await self._transport.call("POST", "jobs", body=body, idempotency_key=idempotency_key or fresh_key())
        return JobHandle(self, Job.of(answer.body))

    async def enqueue_many(
        self, work: Work, many: Iterable[Any], *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> list[JobHandle]:
        """A job for each of ``many`` arguments, in order; a thousand at a time are inserted together or not at all."""
        with invalid():
            bodies = job_bodies(work, many, **options)
        key = idempotency_key or fresh_key()
        handles: list[JobHandle] = []
        for start in range(0, len(bodies), BATCH):
            answer = await self._transport.call(
                "POST", "jobs", "batch", body={"jobs": bodies[start : start + BATCH]}, idempotency_key=f"{key}:{start}"
            )
            handles += [JobHandle(self, Job.of(each)) for each in answer.body["jobs"]]
        return handles

    async def get_job(self, job_id: str) -> Job:
        """With its attempts and transitions."""
        return Job.of((await self._transport.call("GET", "jobs", job_id)).body)

    async def list_jobs(
        self,
        *,
        state: str | None = None,
        queue: str | None = None,
        kind: str | None = None,
        run: str | None = None,
    ) -> AsyncIterator[Job]:
        """Newest first. Reads page after page as you go on."""
        async for item in self._transport.pages(
            "jobs", query={"state": state, "queue": queue, "kind": kind, "run": run}
        ):
            yield Job.of(item)

    async def cancel_job(self, job_id: str) -> Job:
        return Job.of((await self._transport.call("POST", "jobs", job_id, "cancel", body={})).body)

    async def retry_job(self, job_id: str) -> Job | Run:
        """The job, which runs again with a fresh budget; for a run's job the new run that repeats that from there."""
        answer = await self._transport.call("POST", "jobs", job_id, "retry", body={})
        return Job.of(answer.body) if answer.status == 200 else Run.of(answer.body)

    async def bulk(
        self, action: str, wanted: Mapping[str, str | Sequence[str]], *, dry_run: bool = False
    ) -> tuple[int, int]:
        """Does ``retry``, ``cancel`` or ``discard`` to all jobs of a filter; how many matched, how many changed.

        ``wanted`` has what ``list_jobs`` takes, or ``ids``; it is never empty. With ``dry_run`` nothing is changed.
        """
        with invalid():
            chosen = jsonable(dict(wanted), ("filter",), "The filter is not valid")
        body = {"action": action, "filter": chosen, "dry_run": dry_run}
        answer = await self._transport.call("POST", "jobs", "bulk", body=body)
        return answer.body["matched"], answer.body["changed"]

    # -- runs --------------------------------------------------------------------------------------------------------

    async def run(
        self, workflow: str, run_input: Any = None, *, wait: float | None = None, idempotency_key: str | None = None
    ) -> RunHandle:
        """Starts a run; with ``wait`` the server answers at its end or after so many seconds, whichever is first."""
        with invalid():
            given = jsonable({} if run_input is None else run_input, ("input",), "The run's input is not valid")
        body: dict[str, Any] = {"input": given}
        if wait is not None:
            body["wait"] = wait
        answer = await self._transport.call(
            "POST", "workflows", workflow, "runs", body=body, idempotency_key=idempotency_key or fresh_key()
        )
        return RunHandle(self, Run.of(answer.body))

    async def get_run(self, run_id: str) -> Run:
        """With its nodes."""
        return Run.of((await self._transport.call("GET", "runs", run_id)).body)

    async def list_runs(self, *, workflow: str | None = None, state: str | None = None) -> AsyncIterator[Run]:
        """Newest first. Reads page after page as you go on."""
        async for item in self._transport.pages("runs", query={"workflow": workflow, "state": state}):
            yield Run.of(item)

    async def cancel_run(self, run_id: str, *, compensate: bool = False) -> Run:
        """With ``compensate`` what succeeded is undone first; a second cancel then ends it at once."""
        return await self._on_run(run_id, "cancel", body={"compensate": compensate})

    async def pause_run(self, run_id: str) -> Run:
        """What runs ends, nothing new starts; signals are kept."""
        return await self._on_run(run_id, "pause", body={})

    async def resume_run(self, run_id: str) -> Run:
        return await self._on_run(run_id, "resume", body={})

    async def rerun(
        self, run_id: str, *, start: str = "failed", version: str = "same", idempotency_key: str | None = None
    ) -> RunHandle:
        """Repeats an ended run as a new one: from what ``failed``, from its ``start``, or from a node and what follows.

        ``version``: ``same``, or ``newest``: that of the workflow now.
        """
        body = {"from": start, "version": version}
        key = idempotency_key or fresh_key()
        return RunHandle(self, await self._on_run(run_id, "rerun", body=body, idempotency_key=key))

    async def signal(self, run_id: str, name: str, payload: Any = None) -> Run:
        """Ends the node that waits for the signal, now or as soon as one does.

        ``name`` is the id of a ``wait.callback`` or ``approval``, or the name of a ``wait.event``.
        """
        with invalid():
            body = jsonable({} if payload is None else payload, ("payload",), "The payload is not valid")
        return await self._on_run(run_id, "signals", name, body=body)

    async def timeline(self, run_id: str) -> list[dict[str, Any]]:
        """When each node waited for a worker, ran, was parked and backed off, in order of time."""
        spans: list[dict[str, Any]] = (await self._transport.call("GET", "runs", run_id, "timeline")).body["items"]
        return spans

    async def waits(self, run_id: str) -> list[dict[str, Any]]:
        """What the run's parked nodes wait for; of a ``wait.callback`` with its address."""
        return [wait async for wait in self._transport.pages("runs", run_id, "waits")]

    async def items(self, run_id: str, node: str, *, state: str | None = None) -> AsyncIterator[Item]:
        """The children of a ``map``, ``loop`` or ``workflow.call``, by index. Reads page after page as you go on."""
        async for item in self._transport.pages("runs", run_id, "nodes", node, "items", query={"state": state}):
            yield Item.of(item)

    async def _on_run(self, run_id: str, *path: str, body: Any, idempotency_key: str | None = None) -> Run:
        answer = await self._transport.call("POST", "runs", run_id, *path, body=body, idempotency_key=idempotency_key)
        return Run.of(answer.body)
