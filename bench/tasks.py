"""The task functions that measurements run: one tells when it begins, one sleeps."""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import perf_counter

import holdfast

# Who is told that a job began, with its id and when; one listener while a measurement runs.
listeners: list[Callable[[str, float], None]] = []
# How many sleepers of each tenant run now in this process, and the most that ever did.
running: Counter[str] = Counter()
most_running: Counter[str] = Counter()


@holdfast.task(name="stamp")
async def stamp() -> None:
    """Tells the measurement when it began."""
    began = perf_counter()
    for listener in listeners:
        listener(holdfast.task_context().job_id, began)


@holdfast.task(name="sleep")
async def sleep(seconds: float) -> None:
    """Holds a slot and nothing else."""
    tenant = holdfast.task_context().tenant
    running[tenant] += 1
    most_running[tenant] = max(most_running[tenant], running[tenant])
    try:
        await asyncio.sleep(seconds)
    finally:
        running[tenant] -= 1
