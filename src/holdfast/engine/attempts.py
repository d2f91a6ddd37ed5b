"""Attempts of one worker id: each held job's handler is started, stopped when somebody asks, and settled exactly once.

A handler runs as a task, or in place when its kind never suspends. However it ends (also when it was cancelled before
its first step, or couldn't be started at all) its job is settled or, its lease gone, dropped: no holding and no slot
is left behind, and nothing that one job does keeps another from being started.

A handler that goes on after it was cancelled is given a while, then it is abandoned: its job is settled as if it had
stopped, its slot is free, and what it does later doesn't count.

Suspects (``engine.suspects``) run one at a time, the others are put off. Everything else runs beside each other.
"""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import structlog

from holdfast.engine.completer import Completer
from holdfast.engine.executor import Executor
from holdfast.engine.held import Held, Holding, Why
from holdfast.engine.suspects import deferred_until, is_suspect
from holdfast.failures import failure_of
from holdfast.model.instant import SECOND, Micros
from holdfast.model.job import ClaimedJob, Transition, settle
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Released, Snoozed
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Entropy

_log = structlog.get_logger("holdfast.engine.attempts")
# How long a cancelled handler may take to end.
_PATIENCE: Micros = 10 * SECOND


class Attempts:
    """Starts attempts of held jobs and hands what came of them to the completer."""

    def __init__(
        self,
        held: Held,
        executor: Executor,
        completer: Completer,
        clock: Clock,
        entropy: Entropy,
        patience: Micros = _PATIENCE,
    ) -> None:
        held.on_stop = self._watch
        self._held = held
        self._patience = patience
        self._executor = executor
        self._completer = completer
        self._clock = clock
        self._entropy = entropy
        self._suspect: Holding | None = None

    def begin(self, job: ClaimedJob, context: RunContext | None) -> None:
        """Starts the attempt of a held job, unless it was stopped meanwhile. Raises nothing."""
        holding = self._held.holding(job)
        if holding is None:
            self.drop(job)
        elif holding.why is not None:
            self._end(holding, _stopped(holding.why))
        else:
            self._start(holding, context)

    def drop(self, job: ClaimedJob) -> None:
        """Forgets a held job whose attempt won't be settled here."""
        self._held.handled(job)
        self._held.release(job)

    def _start(self, holding: Holding, context: RunContext | None) -> None:
        job = holding.job
        if is_suspect(job):
            self._start_suspect(holding, context)
            return
        try:
            inline = self._executor.is_inline(job)
            outcome = self._executor.attempt_inline(job, context) if inline else None
        except Exception as error:
            outcome = failure_of(error)
        if outcome is not None:
            self._end(holding, outcome)
            return
        self._run(holding, self._executor.attempt(job, context))

    def _run(self, holding: Holding, attempt: Coroutine[Any, Any, Outcome]) -> None:
        holding.task = asyncio.create_task(attempt, name=f"{holding.job.kind}:{holding.job.id}")
        # A task that is cancelled before its first step runs nothing of its own: only a callback sees its end.
        holding.task.add_done_callback(partial(self._done, holding))

    def _start_suspect(self, holding: Holding, context: RunContext | None) -> None:
        if self._suspect is not None and self._held.holding(self._suspect.job) is self._suspect:
            self._end(holding, Snoozed(deferred_until(holding.job, self._clock.now(), self._entropy.random())))
            return
        self._suspect = holding
        self._run(holding, self._attempt_alone(holding.job, context))

    async def _attempt_alone(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        """Begins once the worker holds no other suspect that would be lost with it."""
        while any(is_suspect(other) for other in self._held.jobs() if other is not job):
            await self._held.wait_change()
        return await self._executor.attempt(job, context)

    def _watch(self, holding: Holding) -> None:
        asyncio.get_running_loop().call_later(self._patience / SECOND, self._abandon, holding)

    def _abandon(self, holding: Holding) -> None:
        if holding.task is None or holding.task.done() or holding.abandoned:
            return
        job = holding.job
        _log.error("a handler ignores that it was cancelled; going on without it", job=job.id, kind=job.kind)
        holding.abandoned = True
        self._end(holding, _stopped(holding.why))

    def _done(self, holding: Holding, task: asyncio.Task[Outcome]) -> None:
        if holding.abandoned:
            if not task.cancelled():
                task.exception()  # looked at, so that nobody is told of it
        elif task.cancelled():
            self._end(holding, _stopped(holding.why))
        else:
            error = task.exception()
            self._end(holding, task.result() if error is None else failure_of(error))

    def _end(self, holding: Holding, outcome: Outcome) -> None:
        if holding.why is Why.LOST:
            self.drop(holding.job)
            if not isinstance(outcome, Released):  # it wasn't stopped in time
                self._completer.late([holding.job.id])
            return
        self._held.handled(holding.job)
        self._completer.put(holding.job, self._transition(holding.job, outcome))

    def _transition(self, job: ClaimedJob, outcome: Outcome) -> Transition:
        now, random = self._clock.now(), self._entropy.random()
        try:
            return settle(job, outcome, now, random)
        except Exception:
            _log.exception("an outcome can't be settled", job=job.id, kind=job.kind)
            refused = Failed(ErrorInfo("result", "the handler's outcome could not be settled"), final=True)
            return settle(job, refused, now, random)


def _stopped(why: Why | None) -> Outcome:
    """What a cancelled handler comes to. One that nobody cancelled has failed: given back, it would run for ever."""
    if why is None:
        return failure_of(asyncio.CancelledError())
    return Cancelled() if why is Why.CANCELLED else Released()
