"""A job or a run that was started: ask for it again, wait for its end, stop it.

Waiting polls, at first often, then every two seconds; it holds nothing on the server. A server that restarts meanwhile
is waited for; one that doesn't answer for a minute is ``Unreachable``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from holdfast.sdk.failures import JobFailed, Refused, ResultTimeout, RunFailed, Unreachable
from holdfast.sdk.shapes import Job, Run
from holdfast.sdk.transport import AWAY

if TYPE_CHECKING:
    from holdfast.sdk.client import Client

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 2.0
# How long a server may be away while its answer is waited for.
_PATIENCE: Final = 60.0


class _Ending(Protocol):
    @property
    def ended(self) -> bool: ...


E = TypeVar("E", bound=_Ending)


class JobHandle:
    """A job. ``duplicate``: its unique key was taken, and this is the job that holds it."""

    def __init__(self, client: "Client", job: Job) -> None:
        self._client = client
        self.id = job.id
        self.duplicate = job.duplicate

    def __repr__(self) -> str:
        return f"JobHandle({self.id!r}{', duplicate' if self.duplicate else ''})"

    async def job(self) -> Job:
        """The job as it is now, with its attempts and transitions."""
        return await self._client.get_job(self.id)

    async def status(self) -> str:
        return (await self.job()).state

    async def wait(self, timeout: float | None = None) -> Job:
        """The job once it has ended, however. Raises ``ResultTimeout`` after ``timeout`` seconds."""
        return await _ended(self.job, timeout, f"job {self.id}")

    async def result(self, timeout: float | None = None) -> Any:
        """What its handler returned. Raises ``JobFailed`` when it ended otherwise, ``ResultTimeout``."""
        job = await self.wait(timeout)
        if job.state != "SUCCEEDED":
            raise JobFailed(job)
        return job.result

    async def cancel(self) -> Job:
        """Raises ``Conflict`` when it has ended."""
        return await self._client.cancel_job(self.id)

    async def retry(self) -> Job | Run:
        """See ``Client.retry_job``. Raises ``Conflict`` when it can't be retried."""
        return await self._client.retry_job(self.id)


class RunHandle:
    """A run of a workflow."""

    def __init__(self, client: "Client", run: Run) -> None:
        self._client = client
        self.id = run.id

    def __repr__(self) -> str:
        return f"RunHandle({self.id!r})"

    async def run(self) -> Run:
        """The run as it is now, with its nodes."""
        return await self._client.get_run(self.id)

    async def status(self) -> str:
        return (await self.run()).state

    async def wait(self, timeout: float | None = None) -> Run:
        """The run once it has ended, however. Raises ``ResultTimeout`` after ``timeout`` seconds."""
        return await _ended(self.run, timeout, f"run {self.id}")

    async def output(self, timeout: float | None = None) -> Any:
        """The run's output. Raises ``RunFailed`` when it ended otherwise, ``ResultTimeout``."""
        run = await self.wait(timeout)
        if run.state != "SUCCEEDED":
            raise RunFailed(run)
        return run.output

    async def cancel(self, *, compensate: bool = False) -> Run:
        """``compensate``: what succeeded is undone first. Raises ``Conflict`` when it has ended."""
        return await self._client.cancel_run(self.id, compensate=compensate)

    async def pause(self) -> Run:
        """What runs ends, nothing new starts. Raises ``Conflict`` unless it is going."""
        return await self._client.pause_run(self.id)

    async def resume(self) -> Run:
        """Raises ``Conflict`` when it isn't paused."""
        return await self._client.resume_run(self.id)

    async def rerun(self, *, start: str = "failed", version: str = "same") -> "RunHandle":
        """See ``Client.rerun``. Raises ``Conflict`` while it is going."""
        return await self._client.rerun(self.id, start=start, version=version)

    async def signal(self, name: str, payload: Any = None) -> Run:
        """See ``Client.signal``. Raises ``Conflict`` when it comes too late."""
        return await self._client.signal(self.id, name, payload)

    async def approve(self, node: str | None = None, *, comment: str | None = None) -> Run:
        """Approves what the ``approval`` asks; without ``node`` the only one that waits."""
        return await self._decide(node, True, comment)

    async def reject(self, node: str | None = None, *, comment: str | None = None) -> Run:
        """Rejects what the ``approval`` asks; without ``node`` the only one that waits."""
        return await self._decide(node, False, comment)

    async def timeline(self) -> list[dict[str, Any]]:
        """When each node waited for a worker, ran, was parked and backed off, in order of time."""
        return await self._client.timeline(self.id)

    async def waits(self) -> list[dict[str, Any]]:
        """What its parked nodes wait for; of a ``wait.callback`` with its address."""
        return await self._client.waits(self.id)

    async def _decide(self, node: str | None, approved: bool, comment: str | None) -> Run:
        if node is None:
            nodes = [wait["node"] for wait in await self.waits() if wait["kind"] == "approval"]
            if len(nodes) != 1:
                raise ValueError(f"name the approval: {', '.join(nodes) or 'none'} waits now")
            node = nodes[0]
        return await self.signal(node, {"approved": approved, **({} if comment is None else {"comment": comment})})


async def _ended(look: Callable[[], Awaitable[E]], timeout: float | None, what: str) -> E:
    now = asyncio.get_running_loop().time
    pause, heard = _FIRST_PAUSE, now()
    try:
        async with asyncio.timeout(timeout):
            while True:
                try:
                    found = await look()
                except (Unreachable, Refused) as error:
                    if not _is_away(error) or now() - heard > _PATIENCE:
                        raise
                else:
                    heard = now()
                    if found.ended:
                        return found
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
    except TimeoutError:
        raise ResultTimeout(f"{what} hadn't ended after {timeout:g} s") from None


def _is_away(error: Unreachable | Refused) -> bool:
    """Whether the server is on its way down or up, as far as can be told from here."""
    return isinstance(error, Unreachable) or error.status in AWAY
