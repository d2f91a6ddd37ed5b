"""One attempt: from a claimed job to its outcome.

A pipeline over one job: find the handler, fill the params, check them, run the handler under its timeout. Whatever
goes wrong becomes a ``Failed`` value here; only cancellation travels on. Errors of expressions and params are final:
the same values would fail again. A result that isn't portable JSON, or no outcome at all, is an error of the handler,
final as well. A handler that calls ``sys.exit`` fails; it doesn't end the worker.
"""

import asyncio
from collections.abc import Coroutine
from copy import copy
from typing import Any, Final, Self, cast

from holdfast.engine.graphs import Graphs
from holdfast.engine.lifelines import AttemptLifeline, Lifelines, time_left
from holdfast.failures import MESSAGE_LIMIT, failure_of, message_of, traceback_of
from holdfast.model.expression import ExpressionError, ExpressionErrors
from holdfast.model.graph_scope import scope_of
from holdfast.model.instant import DAY, LATEST, SECOND, Instant, Micros, format_duration
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, pointer, problems_of
from holdfast.model.node_spec import SchemaPort
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Released, Snoozed, Succeeded, Suspended
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Handlers, NodeContext, NodeType

_TASK_PREFIX = "task:"
_LONGEST_WAIT: Final[Micros] = 3_650 * DAY


class Executor:
    """Runs attempts. Holds no state of any of them."""

    def __init__(self, handlers: Handlers, graphs: Graphs, schemas: SchemaPort, clock: Clock) -> None:
        self._handlers = handlers
        self._graphs = graphs
        self._schemas = schemas
        self._clock = clock
        self._lifelines: Lifelines | None = None

    def serving(self, lifelines: Lifelines) -> Self:
        """This executor for the attempts under one worker id."""
        served = copy(self)
        served._lifelines = lifelines
        return served

    def is_inline(self, job: ClaimedJob) -> bool:
        """Whether the job's handler never suspends."""
        handler = self._handlers.get(job.kind)
        return handler is not None and handler.spec.inline

    def attempt_inline(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        """Steps a handler that never suspends, in place."""
        try:
            prepared = self._prepare(job, context)
            if not isinstance(prepared, Coroutine):
                return prepared
            prepared.send(None)
        except StopIteration as done:
            return _checked(done.value)
        except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
            return failure_of(error)
        prepared.close()
        return failure_of(RuntimeError(f"the handler of {job.kind} is marked inline but waited for something"))

    async def attempt(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        """Runs a handler to its end or its timeout. Raises only ``CancelledError``."""
        limit = asyncio.timeout(time_left(job, self._clock.now()) / SECOND)
        try:
            prepared = self._prepare(job, context, limit)
            if not isinstance(prepared, Coroutine):
                return prepared
            async with limit:
                return _checked(await prepared)
        except TimeoutError as error:
            return _timed_out(job, error, self._clock.now()) if limit.expired() else failure_of(error)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # no handler may end the worker
            return failure_of(error)

    def _prepare(
        self, job: ClaimedJob, context: RunContext | None, limit: asyncio.Timeout | None = None
    ) -> "Coroutine[Any, Any, Outcome] | Failed":
        """The handler's coroutine, ready to run, or the failure that keeps it from running."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            return Failed(ErrorInfo("unknown_kind", f"this worker doesn't know the kind {job.kind}"))
        try:
            params = self._params(job, context)
        except (ExpressionError, ExpressionErrors) as error:
            return Failed(ErrorInfo("expression", str(error)[:MESSAGE_LIMIT]), final=True)
        breach = self._breach(handler, params)
        if breach is not None or not isinstance(params, dict):
            return Failed(ErrorInfo("params", breach or "params must be an object"), final=True)
        return handler.execute(self._node_context(job, context, limit), params)

    def _params(self, job: ClaimedJob, context: RunContext | None) -> JSON:
        if job.node_id is None or job.version_id is None:
            return job.payload if job.payload is not None else {}
        graph = self._graphs.known(job.version_id)
        if graph is None or context is None:
            raise RuntimeError("the step's run or its definition could not be read")
        scope = scope_of(
            run_id=context.run_id,
            workflow=context.workflow,
            version=context.version,
            correlation_id=context.correlation_id,
            created_at=context.created_at,
            run_input=context.input,
            trigger=context.trigger,
            variables=graph.workflow.vars,
            reads=graph.reads_of(job.node_id),
            outputs=context.outputs,
            errors=context.errors,
            now=job.created_at,
        )
        params = graph.fill_params(job.node_id, scope)
        if job.kind.startswith(_TASK_PREFIX) and isinstance(params, dict):
            return params.get("args") or {}
        return params

    def _breach(self, handler: NodeType, params: JSON) -> str | None:
        schema = handler.spec.params
        if not schema:
            return None
        breaches = self._schemas.check(schema, params)
        if not breaches:
            return None
        return "; ".join(f"{pointer(('params', *path))}: {message}" for path, message in breaches)[:MESSAGE_LIMIT]

    def _node_context(self, job: ClaimedJob, context: RunContext | None, limit: asyncio.Timeout | None) -> NodeContext:
        return NodeContext(
            job_id=job.id,
            tenant=job.tenant,
            kind=job.kind,
            attempt=job.attempt,
            idempotency_key=job.id,
            correlation_id=job.correlation_id,
            created_at=job.created_at,
            now=self._clock.now(),
            run_id=job.run_id,
            node_id=job.node_id,
            workflow=None if context is None else context.workflow,
            max_attempts=job.retry.max_attempts,
            lifeline=None if self._lifelines is None else AttemptLifeline(self._lifelines, job, limit),
        )


def _checked(outcome: object) -> Outcome:
    """The outcome, unless it is none or holds something that can't be kept. Raises nothing."""
    try:
        problem = _problem_of(outcome)
    except Exception as error:
        problem = f"the outcome can't be read: {message_of(error)}"
    return cast(Outcome, outcome) if problem is None else _refused(problem)


def _problem_of(outcome: object) -> str | None:
    match outcome:
        case Succeeded(result=result):
            return _unfit(result, "result")
        case Failed(error=error, retry_after=wait):
            return _unfit(error.as_record(), "error") or _wrong_wait(wait)
        case Snoozed(until=until):
            return None if _lies_in(until, LATEST) else "until: lies outside the years 1970 to 9999"
        case Cancelled(error=why) if why is not None:
            return _unfit(why.as_record(), "error")
        case Suspended() | Released() | Cancelled():
            return None
        case _:
            return f"the handler gave no outcome but {type(outcome).__name__}"


def _unfit(value: JSON, field: str) -> str | None:
    problems = problems_of(value, (field,))
    return f"{pointer(problems[0][0])}: {problems[0][1]}" if problems else None


def _wrong_wait(wait: object) -> str | None:
    if wait is None or _lies_in(wait, _LONGEST_WAIT):
        return None
    return f"retry_after: must be microseconds, from none to {format_duration(_LONGEST_WAIT)}"


def _lies_in(value: object, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most


def _refused(message: str) -> Failed:
    return Failed(ErrorInfo("result", message), final=True)


def _timed_out(job: ClaimedJob, error: TimeoutError, now: Instant) -> Failed:
    """With the place where the handler was when its time was over."""
    where = error.__cause__ or error.__context__  # which of them holds the cancellation depends on Python's version
    trace = None if where is None else traceback_of(where)
    if job.deadline_at is not None and now >= job.deadline_at:
        return Failed(ErrorInfo("deadline", "the job's deadline passed while it ran", traceback=trace))
    return Failed(ErrorInfo("timeout", f"the attempt ran longer than {format_duration(job.timeout)}", traceback=trace))
