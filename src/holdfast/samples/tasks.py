"""The sample tasks ``task_a``, ``task_b`` and ``task_c``: what the steps of a first workflow can be.

Every worker knows them, unless one of its own modules has a task of that name.
"""

import sys
from typing import Any

from holdfast.tasks import Context, SyncContext, TaskRegistry, registry_of, task


@task(name="task_a")
async def task_a(ctx: Context, **params: Any) -> dict[str, Any]:
    """Tells what it was given."""
    return _told(ctx, params)


@task(name="task_b")
def task_b(ctx: SyncContext, **params: Any) -> dict[str, Any]:
    """The same in a thread of the worker, as a function that blocks would."""
    return _told(ctx, params)


@task(name="task_c")
async def task_c(ctx: Context, **params: Any) -> dict[str, Any]:
    """Keeps its one step: a retry wouldn't repeat it."""
    return await ctx.step("tell", _told, ctx, params)


def _told(ctx: Context | SyncContext, params: dict[str, Any]) -> dict[str, Any]:
    ctx.log.info("sample task", params=params)
    return {"attempt": ctx.attempt, "params": params}


def with_samples(own: TaskRegistry) -> TaskRegistry:
    """These tasks beside the ones of a worker's own modules, which come first."""
    samples = {made.name: made for made in registry_of([sys.modules[__name__]])}
    return TaskRegistry({**samples, **{made.name: made for made in own}}, own.nodes)
