"""The task functions that measurements run: one tells when it begins, one sleeps."""

import asyncio
from collections.abc import Callable
from time import perf_counter

import holdfast

# Who is told that a job began, with its id and when; one listener while a measurement runs.
listeners: list[Callable[[str, float], None]] = []


@holdfast.task(name="stamp")
async def stamp() -> None:
    """Tells the measurement when it began."""
    began = perf_counter()
    for listener in listeners:
        listener(holdfast.task_context().job_id, began)


@holdfast.task(name="sleep")
async def sleep(seconds: float) -> None:
    """Holds a slot and nothing else."""
    await asyncio.sleep(seconds)
