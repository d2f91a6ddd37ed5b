"""``holdfast.Client``: jobs, workflows, runs and events of a Holdfast server.

::

    async with holdfast.Client() as client:
        job = await client.enqueue(send_invoice, {"customer": "c-1"}, delay="5m")
        print(await job.result(timeout=60))

Without arguments it talks to ``HOLDFAST_URL`` (http://127.0.0.1:8000) with ``HOLDFAST_API_KEY``. What is inserted is
sent with an ``Idempotency-Key``, so that it is safe to repeat when an answer is lost: it is there once.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self, Unpack

import yaml

from holdfast.model import errors as model
from holdfast.sdk.arguments import jsonable
from holdfast.sdk.failures import Invalid, NotFound
from holdfast.sdk.handles import JobHandle, RunHandle
from holdfast.sdk.shapes import Event, Job, Run
from holdfast.sdk.transport import Transport
from holdfast.sdk.work import JobOptions, Work, job_bodies, job_body

DEFAULT_URL: Final = "http://127.0.0.1:8000"
# The API takes this many jobs in one call; more are sent in several.
BATCH: Final = 1000
_PAGE: Final = 200


class Client:
    """One server and one key. Use as an async context manager, or ``close`` it. Raises what ``sdk.failures`` lists."""

    def __init__(self, url: str | None = None, api_key: str | None = None) -> None:
        self._transport = Transport(
            url or os.environ.get("HOLDFAST_URL") or DEFAULT_URL, api_key or os.environ.get("HOLDFAST_API_KEY")
        )

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
        with _invalid():
            body = job_body(work, args, **options)
        answer = await self._transport.call("POST", "jobs", body=body, idempotency_key=idempotency_key or _fresh_key())
        return JobHandle(self, Job.of(answer.body))

    async def enqueue_many(
        self, work: Work, many: Iterable[Any], *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> list[JobHandle]:
        """A job for each of ``many`` arguments, in order; a thousand at a time are inserted together or not at all."""
        with _invalid():
            bodies = job_bodies(work, many, **options)
        key = idempotency_key or _fresh_key()
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
        async for item in self._pages("jobs", {"state": state, "queue": queue, "kind": kind, "run": run}):
            yield Job.of(item)

    async def cancel_job(self, job_id: str) -> Job:
        return Job.of((await self._transport.call("POST", "jobs", job_id, "cancel", body={})).body)

    async def retry_job(self, job_id: str) -> Job:
        return Job.of((await self._transport.call("POST", "jobs", job_id, "retry", body={})).body)

    async def bulk(
        self, action: str, wanted: Mapping[str, str | Sequence[str]], *, dry_run: bool = False
    ) -> tuple[int, int]:
        """Does ``retry``, ``cancel`` or ``discard`` to all jobs of a filter; how many matched, how many changed.

        ``wanted`` has what ``list_jobs`` takes, or ``ids``; it is never empty. With ``dry_run`` nothing is changed.
        """
        with _invalid():
            chosen = jsonable(dict(wanted), ("filter",), "The filter is not valid")
        body = {"action": action, "filter": chosen, "dry_run": dry_run}
        answer = await self._transport.call("POST", "jobs", "bulk", body=body)
        return answer.body["matched"], answer.body["changed"]

    # -- workflows and runs ------------------------------------------------------------------------------------------

    async def apply(self, definition: Mapping[str, Any] | str) -> dict[str, Any]:
        """Makes the workflow, or saves a new version of the one of this name. ``definition``: an object, or YAML."""
        with _invalid():
            sent = _content(definition)
        created: dict[str, Any]
        name = _name_of(definition)
        if name is not None and await self._exists(name):
            created = (await self._transport.call("PUT", "workflows", name, **sent)).body
        else:
            created = (await self._transport.call("POST", "workflows", **sent)).body
        return created

    async def run(
        self, workflow: str, run_input: Any = None, *, wait: float | None = None, idempotency_key: str | None = None
    ) -> RunHandle:
        """Starts a run; with ``wait`` the server answers at its end or after so many seconds, whichever is first."""
        with _invalid():
            given = jsonable({} if run_input is None else run_input, ("input",), "The run's input is not valid")
        body: dict[str, Any] = {"input": given}
        if wait is not None:
            body["wait"] = wait
        answer = await self._transport.call(
            "POST", "workflows", workflow, "runs", body=body, idempotency_key=idempotency_key or _fresh_key()
        )
        return RunHandle(self, Run.of(answer.body))

    async def get_run(self, run_id: str) -> Run:
        """With its nodes."""
        return Run.of((await self._transport.call("GET", "runs", run_id)).body)

    async def list_runs(self, *, workflow: str | None = None, state: str | None = None) -> AsyncIterator[Run]:
        """Newest first. Reads page after page as you go on."""
        async for item in self._pages("runs", {"workflow": workflow, "state": state}):
            yield Run.of(item)

    async def cancel_run(self, run_id: str) -> Run:
        return Run.of((await self._transport.call("POST", "runs", run_id, "cancel", body={})).body)

    # -- events ------------------------------------------------------------------------------------------------------

    async def events(
        self,
        *,
        after: str | None = None,
        run: str | None = None,
        job: str | None = None,
        event_type: str | None = None,
    ) -> AsyncIterator[Event]:
        """Events as they commit, for ever, from ``after`` (an event's id) on, or from now on.

        A server that restarts is waited for, and nothing is lost or seen twice.
        """
        wanted = {"run": run, "job": job, "type": event_type}
        async for event in self._transport.events(wanted, after):
            yield Event.of(event)

    # -- how ---------------------------------------------------------------------------------------------------------

    async def _pages(self, what: str, wanted: Mapping[str, str | None]) -> AsyncIterator[Any]:
        cursor: str | None = None
        while True:
            page = (await self._transport.call("GET", what, query={**wanted, "limit": _PAGE, "cursor": cursor})).body
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    async def _exists(self, workflow: str) -> bool:
        try:
            await self._transport.call("GET", "workflows", workflow)
        except NotFound:
            return False
        return True


def _fresh_key() -> str:
    return str(uuid.uuid4())


def _content(definition: Mapping[str, Any] | str) -> dict[str, Any]:
    if isinstance(definition, str):
        return {"text": (definition, "application/yaml")}
    return {"body": jsonable(definition, (), "The workflow is not valid")}


@contextmanager
def _invalid() -> Iterator[None]:
    """What can't even be sent is told as what the server refuses."""
    try:
        yield
    except model.Invalid as error:
        raise Invalid(422, error.title, errors=error.problems) from None


def _name_of(definition: Mapping[str, Any] | str) -> str | None:
    """The workflow's name, if it can be read here; the server says what is wrong with any other definition."""
    if isinstance(definition, str):
        try:
            definition = yaml.safe_load(definition)
        except yaml.YAMLError:
            return None
    name = definition.get("name") if isinstance(definition, Mapping) else None
    return name if isinstance(name, str) else None
