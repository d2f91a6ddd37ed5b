"""Callers of a simulated cluster: programs outside of it, each of which asks whichever process it finds.

An answer that doesn't come leaves the caller in doubt. One that repeats does so under its idempotency key until it is
told that its work is accepted; one that doesn't gives up, and its work may or may not be there.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any, Final, TypeVar

from holdfast.model.errors import Conflict, Invalid, NotFound, Unavailable
from holdfast.model.instant import DAY
from holdfast.model.job import JobState
from holdfast.ports import Accepted, Dedupe
from tests.simulation.flows import CALLBACK, EVENT
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
            given = {**order.scripts, "items": list(range(order.items))}
            answers = [await self._run(process, order, order.workflow, given, correlation, dedupe)]
        return [answer.id for answer in answers]

    async def _run(
        self, process: Process, order: Order, workflow: str, given: Any, correlation: str, dedupe: Dedupe | None
    ) -> Accepted:
        return await process.runs.start(order.tenant, workflow, given, correlation_id=correlation, dedupe=dedupe)

    async def meddle(self, when: float, *, flows: bool = False) -> None:
        """Somebody does something to what was accepted, once."""
        await asyncio.sleep(when)
        known = [order for order in self._ledger.orders if order.ids]
        if not known:
            return
        order = self._random.choice(known)
        target = self._random.choice(order.ids or [])
        if flows and order.workflow:
            await self._meddle_with_run(order, target)
            return
        call = self._cancel_run if order.workflow else self._random.choice((self._cancel_job, self._retry_job))
        process = await self._find()
        try:
            await process.ask(lambda: call(process, order.tenant, target))
        except (*_IN_DOUBT, Conflict, NotFound):
            return

    async def _meddle_with_run(self, order: Order, run_id: str) -> None:
        tenant, what = order.tenant, self._random.choice(("cancel", "undo", "pause", "signal", "event", "rerun"))
        match what:
            case "pause":
                await self._try(lambda at: at.runs.pause(tenant, run_id))
                await asyncio.sleep(self._random.random() * 8)
                await self.resume(tenant, run_id)
            case "signal":
                sent = f"signal-{self._random.getrandbits(32)}"
                await self._try(lambda at: at.runs.signal(tenant, run_id, CALLBACK, sent, by="somebody"))
            case "event":
                await self._try(lambda at: at.events.post(tenant, EVENT, {}))
            case "rerun":
                start = self._random.choice(("start", "failed", "b"))
                await self._try(lambda at: at.runs.rerun(tenant, run_id, start=start, correlation_id="rerun"))
            case _:
                self._ledger.cut_short.add(run_id)
                await self._try(lambda at: at.runs.cancel(tenant, run_id, compensate=what == "undo"))

    async def resume(self, tenant: str, run_id: str) -> None:
        """Asks until the run goes on, or isn't paused."""
        await self._until_answered(lambda at: at.runs.resume(tenant, run_id))

    async def _try(self, call: Callable[[Process], Coroutine[Any, Any, object]]) -> None:
        """Asks a process once, whatever comes of it."""
        process = await self._find()
        with suppress(*_IN_DOUBT, Conflict, NotFound, Invalid):
            await process.ask(lambda: call(process))

    async def _until_answered(self, call: Callable[[Process], Coroutine[Any, Any, object]]) -> None:
        """Asks until it is done, or can't be done any more."""
        while True:
            process = await self._find()
            try:
                await process.ask(lambda at=process: call(at))  # type: ignore[misc]
            except (Conflict, NotFound):
                return
            except _IN_DOUBT:
                await asyncio.sleep(0.5)
            else:
                return

    async def _cancel_run(self, process: Process, tenant: str, run_id: str) -> None:
        await process.runs.cancel(tenant, run_id)

    async def _cancel_job(self, process: Process, tenant: str, job_id: str) -> None:
        record = await process.jobs.cancel(tenant, job_id)
        if record.state is JobState.RUNNING:
            self._ledger.cancelled.append(Cancelling(job_id, record.lease))

    async def _retry_job(self, process: Process, tenant: str, job_id: str) -> None:
        await process.jobs.retry(tenant, job_id)
