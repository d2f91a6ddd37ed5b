"""Callers of a simulated cluster: programs outside of it, each of which asks whichever process it finds.

An answer that doesn't come leaves the caller in doubt. One that repeats does so under its idempotency key until it is
told that its work is accepted; one that doesn't gives up, and its work may or may not be there.
"""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Final, TypeVar

from holdfast.model.errors import Conflict, Invalid, NotFound, Unavailable
from holdfast.model.instant import DAY
from holdfast.model.job import JobState
from holdfast.ports import Accepted, Dedupe
from tests.simulation.ledger import Cancelling, Ledger, Order
from tests.simulation.machine import START
from tests.simulation.process import NoAnswer, Process

T = TypeVar("T")

_IN_DOUBT: Final = (Unavailable, NoAnswer)


class Callers:
    """``find`` gives a process that is there, or waits for one."""

    def __init__(self, find: Callable[[], Coroutine[Any, Any, Process]], ledger: Ledger, random: Random) -> None:
        self._find = find
        self._ledger = ledger
        self._random = random

    async def place(self, when: float, order: Order) -> None:
        """Comes at its time and asks until it is answered, refused, or gives up."""
        self._ledger.orders.append(order)
        await asyncio.sleep(when)
        while order.ids is None:
            process = await self._find()
            try:
                order.ids = await process.ask(lambda at=process: self._asked(at, order))  # type: ignore[misc]
            except Invalid:
                return
            except _IN_DOUBT:
                if not order.repeats:
                    return
                await asyncio.sleep(0.5)

    async def _asked(self, process: Process, order: Order) -> list[str]:
        dedupe = Dedupe(order.tenant, "sim", str(order.number), "same", START + DAY) if order.repeats else None
        correlation = f"order-{order.number}"
        if order.workflow is None:
            answers = await process.jobs.insert(order.tenant, order.drafts, correlation_id=correlation, dedupe=dedupe)
        else:
            given = dict(order.scripts)
            answers = [await self._run(process, order, order.workflow, given, correlation, dedupe)]
        return [answer.id for answer in answers]

    async def _run(
        self, process: Process, order: Order, workflow: str, given: Any, correlation: str, dedupe: Dedupe | None
    ) -> Accepted:
        return await process.runs.start(order.tenant, workflow, given, correlation_id=correlation, dedupe=dedupe)

    async def meddle(self, when: float) -> None:
        """Somebody cancels or retries something that was accepted, once."""
        await asyncio.sleep(when)
        known = [order for order in self._ledger.orders if order.ids]
        if not known:
            return
        order = self._random.choice(known)
        target = self._random.choice(order.ids or [])
        call = self._cancel_run if order.workflow else self._random.choice((self._cancel_job, self._retry_job))
        process = await self._find()
        try:
            await process.ask(lambda: call(process, order.tenant, target))
        except (*_IN_DOUBT, Conflict, NotFound):
            return

    async def _cancel_run(self, process: Process, tenant: str, run_id: str) -> None:
        await process.runs.cancel(tenant, run_id)

    async def _cancel_job(self, process: Process, tenant: str, job_id: str) -> None:
        record = await process.jobs.cancel(tenant, job_id)
        if record.state is JobState.RUNNING:
            self._ledger.cancelled.append(Cancelling(job_id, record.lease))

    async def _retry_job(self, process: Process, tenant: str, job_id: str) -> None:
        await process.jobs.retry(tenant, job_id)
