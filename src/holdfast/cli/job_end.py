"""A new job that its inserter waits for: its end, with the result or why there is none.

Waiting has an end where one is given; the job itself goes on then. Exit 0 only when the job succeeded.
"""

import asyncio
from typing import Any, Final

import typer

from holdfast.cli.client import Client
from holdfast.cli.failures import PROBLEM
from holdfast.cli.job_words import print_job
from holdfast.cli.screen import compact, print_json, say

_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "DEAD", "CANCELLED"})
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0


async def insert_job(client: Client, body: Any, key: str | None, *, wait: bool, seconds: float | None) -> Any:
    """Inserts it, with ``wait`` to its end, or what it is after ``seconds``."""
    headers = {} if key is None else {"Idempotency-Key": key}
    job = await client.call("POST", ("jobs",), body=body, headers=headers)
    if not wait:
        return job
    try:
        async with asyncio.timeout(seconds):
            return await _ended(client, job["id"])
    except TimeoutError:
        return await client.get("jobs", job["id"])


async def _ended(client: Client, job_id: str) -> Any:
    pause = _FIRST_PAUSE
    while (job := await client.get("jobs", job_id))["state"] not in _ENDED:
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return job


def print_end(job: Any, *, as_json: bool) -> None:
    """The job that was waited for. Raises ``Exit`` (1) unless it succeeded."""
    if as_json:
        print_json(job)
    else:
        print_job(job, as_json=False)
        if job["state"] == "SUCCEEDED":
            say(("result ", "dim"), compact(job["result"]))
        else:
            say(job["why"])
    if job["state"] != "SUCCEEDED":
        raise typer.Exit(PROBLEM)
