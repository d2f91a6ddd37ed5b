"""The task of the cluster's workflows: it tells the ledger what it does. Loaded with `--tasks tests.cluster.tasks`."""

import asyncio
import os
import uuid

from holdfast.tasks import task, task_context
from tests.cluster.ledger import Ledger, Line, What, now


@task(name="mark")
async def mark(number: int = 0, pause: float = 0.0, failures: int = 0) -> dict[str, str]:
    """Works for a while; fails as often as told, then succeeds."""
    context, execution = task_context(), uuid.uuid4().hex
    ledger = Ledger.of_process()

    def tell(what: What) -> None:
        about = (context.attempt, execution, os.getpid(), context.run_id, context.node_id)
        ledger.write(Line(what, now(), context.job_id, context.idempotency_key, *about))

    tell("begin")
    try:
        await asyncio.sleep(pause)
    except asyncio.CancelledError:
        tell("stopped")
        raise
    if context.attempt <= failures:
        tell("stopped")
        raise ConnectionError("not yet")
    tell("done")
    return {"execution": execution}
