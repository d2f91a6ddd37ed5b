"""One attempt: from a claimed job to its outcome.

A pipeline over one job: find the handler, fill the params, check them, run the handler under its timeout. Whatever
goes wrong becomes a ``Failed`` value here; only cancellation travels on. Errors of expressions and params are final:
the same values would fail again. A result that isn't portable JSON, or no outcome at all, is an error of the handler,
final as well. A handler that calls ``sys.exit`` fails; it doesn't end the worker.
"""

import asyncio
from collections.abc import Coroutine
from copy import copy
from typing import Any, NamedTuple, Self

from holdfast.engine.attempt_logs import AttemptLog, AttemptLogs
from holdfast.engine.callbacks import Callbacks
from holdfast.engine.graphs import Graphs
from holdfast.engine.lifelines import AttemptLifeline, Lifelines, time_left
from holdfast.engine.outcomes import checked
from holdfast.engine.scopes import step_scope
from holdfast.failures import MESSAGE_LIMIT, failure_of, traceback_of
from holdfast.log_capture import attempt as whose_lines
from holdfast.model.expression import ExpressionError
from holdfast.model.graph import Graph
from holdfast.model.instant import SECOND, Instant, format_duration
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject, pointer
from holdfast.model.node_spec import SchemaPort
from holdfast.model.outcome import ErrorInfo, Failed, Outcome
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Handlers, NodeContext, NodeType

_TASK_PREFIX = "task:"


class Filled(NamedTuple):
    """What an attempt is made with: its params, and what a body of its node may read of the run around it."""

    params: JSON
    closure: JSONObject | None = None


class Executor:
    """Runs attempts. Holds no state of any of them. Without ``callbacks``, params can't name callback addresses."""

    def __init__(
        self,
        handlers: Handlers,
        graphs: Graphs,
        schemas: SchemaPort,
        clock: Clock,
        callbacks: Callbacks | None = None,
    ) -> None:
        self._callbacks = callbacks
        self._handlers = handlers
        self._graphs = graphs
        self._schemas = schemas
        self._clock = clock
        self._lifelines: Lifelines | None = None
        self._logs: AttemptLogs | None = None

    def serving(self, lifelines: Lifelines, logs: AttemptLogs) -> Self:
        """This executor for the attempts under one worker id."""
        served = copy(self)
        served._lifelines, served._logs = lifelines, logs
        return served

    def is_inline(self, job: ClaimedJob) -> bool:
        """Whether the job's handler never suspends."""
        handler = self._handlers.get(job.kind)
        return handler is not None and handler.spec.inline

    def attempt_inline(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        """Steps a handler that never suspends, in place."""
        log = self._log_of(job)
        token = whose_lines.set(log)
        try:
            return self._step(job, context)
        finally:
            whose_lines.reset(token)
            if log is not None:
                log.close()

    def _step(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        try:
            prepared = self._prepare(job, context)
            if isinstance(prepared, Failed):
                return prepared
            prepared.send(None)
        except StopIteration as done:
            return checked(done.value, job)
        except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
            return failure_of(error)
        prepared.close()
        return failure_of(RuntimeError(f"the handler of {job.kind} is marked inline but waited for something"))

    async def attempt(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        """Runs a handler to its end or its timeout. Raises only ``CancelledError``."""
        log = self._log_of(job)
        token = whose_lines.set(log)
        try:
            return await self._run(job, context)
        finally:
            whose_lines.reset(token)
            if log is not None:
                log.close()

    def _log_of(self, job: ClaimedJob) -> AttemptLog | None:
        return None if self._logs is None else self._logs.of(job)

    async def _run(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        limit = asyncio.timeout(time_left(job, self._clock.now()) / SECOND)
        try:
            prepared = self._prepare(job, context, limit)
            if isinstance(prepared, Failed):
                return prepared
            async with limit:
                return checked(await prepared, job)
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
            params, closure = self._filled(job, context)
        except ExpressionError as error:
            details = error.under(("params", *error.path)).details()
            return Failed(ErrorInfo("expression", str(error)[:MESSAGE_LIMIT], details), final=True)
        breach = self._breach(handler, params)
        if breach is not None or not isinstance(params, dict):
            return Failed(ErrorInfo("params", breach or "params must be an object"), final=True)
        return handler.execute(self._node_context(job, context, closure, limit), params)

    def _filled(self, job: ClaimedJob, context: RunContext | None) -> Filled:
        if job.node_id is None or job.version_id is None:
            return Filled(job.payload if job.payload is not None else {})
        version = self._graphs.known(job.version_id)
        if version is None or context is None:
            raise RuntimeError("the step's run or its definition could not be read")
        graph = version.containing(job.node_id)
        callbacks = self._addresses(graph, job, job.node_id)
        scope = step_scope(graph, context, graph.reads_of(job.node_id), job.created_at, callbacks)
        params = graph.fill_params(job.node_id, scope)
        if job.kind.startswith(_TASK_PREFIX) and isinstance(params, dict):
            return Filled(params.get("args") or {})
        # Only what has children needs it: a body's nodes, a loop's end.
        has_body = graph.nodes[job.node_id].body is not None
        return Filled(params, graph.closure_of(job.node_id, scope) if has_body else None)

    def _addresses(self, graph: Graph, job: ClaimedJob, node_id: str) -> dict[str, str] | None:
        """The callback addresses that the node's params name."""
        if self._callbacks is None:
            return None
        named = graph.callback_reads(node_id)
        return {node: self._callbacks.url(job.tenant, job.run_id or "", node) for node in named}

    def _breach(self, handler: NodeType, params: JSON) -> str | None:
        schema = handler.spec.params
        if not schema:
            return None
        breaches = self._schemas.check(schema, params)
        if not breaches:
            return None
        return "; ".join(f"{pointer(('params', *path))}: {message}" for path, message in breaches)[:MESSAGE_LIMIT]

    def _node_context(
        self,
        job: ClaimedJob,
        context: RunContext | None,
        closure: JSONObject | None,
        limit: asyncio.Timeout | None,
    ) -> NodeContext:
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
            run_input=None if context is None else context.input,
            closure=closure,
            used=job.used,
        )


def _timed_out(job: ClaimedJob, error: TimeoutError, now: Instant) -> Failed:
    """With the place where the handler was when its time was over."""
    where = error.__cause__ or error.__context__  # which of them holds the cancellation depends on Python's version
    trace = None if where is None else traceback_of(where)
    if job.deadline_at is not None and now >= job.deadline_at:
        return Failed(ErrorInfo("deadline", "the job's deadline passed while it ran", traceback=trace))
    return Failed(ErrorInfo("timeout", f"the attempt ran longer than {format_duration(job.timeout)}", traceback=trace))
