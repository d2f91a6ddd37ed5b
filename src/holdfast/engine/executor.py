"""One attempt: from a claimed job to its outcome.

A pipeline over one job: find the handler, fill the params, check them, run the handler under its timeout. Whatever
goes wrong becomes a ``Failed`` value here; only cancellation travels on. Errors of expressions and params are final:
the same values would fail again. A result that isn't portable JSON is an error of the handler, final as well.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from holdfast.engine.graphs import Graphs
from holdfast.model.expression import ExpressionError, ExpressionErrors
from holdfast.model.graph_scope import scope_of
from holdfast.model.instant import SECOND, format_duration
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.node_spec import SchemaPort
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Handlers, NodeContext, NodeType

_log = structlog.get_logger("holdfast.engine.executor")
_TASK_PREFIX = "task:"
_MESSAGE_LIMIT = 2_000


class Executor:
    """Runs attempts. Holds no state of any of them."""

    def __init__(self, handlers: Handlers, graphs: Graphs, schemas: SchemaPort, clock: Clock) -> None:
        self._handlers = handlers
        self._graphs = graphs
        self._schemas = schemas
        self._clock = clock

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
        except Exception as error:
            return _failure(error)
        prepared.close()
        return _failure(RuntimeError(f"the handler of {job.kind} is marked inline but waited for something"))

    async def attempt(self, job: ClaimedJob, context: RunContext | None) -> Outcome:
        """Runs a handler to its end or its timeout. Raises only ``CancelledError``."""
        limit = asyncio.timeout(job.timeout / SECOND)
        try:
            prepared = self._prepare(job, context)
            if not isinstance(prepared, Coroutine):
                return prepared
            async with limit:
                return _checked(await prepared)
        except TimeoutError as error:
            return _timed_out(job) if limit.expired() else _failure(error)
        except Exception as error:
            return _failure(error)

    def _prepare(self, job: ClaimedJob, context: RunContext | None) -> "Coroutine[Any, Any, Outcome] | Failed":
        """The handler's coroutine, ready to run, or the failure that keeps it from running."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            return Failed(ErrorInfo("unknown_kind", f"this worker doesn't know the kind {job.kind}"))
        try:
            params = self._params(job, context)
        except (ExpressionError, ExpressionErrors) as error:
            return Failed(ErrorInfo("expression", str(error)[:_MESSAGE_LIMIT]), final=True)
        breach = self._breach(handler, params)
        if breach is not None or not isinstance(params, dict):
            return Failed(ErrorInfo("params", breach or "params must be an object"), final=True)
        return handler.execute(self._node_context(job, context), params)

    def _params(self, job: ClaimedJob, context: RunContext | None) -> JSON:
        if job.node_id is None or job.version_id is None:
            return job.payload if job.payload is not None else {}
        graph = self._graphs.known(job.version_id)
        if graph is None or context is None:
            raise RuntimeError("the context of a run's job must be loaded before its attempt")
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
        return "; ".join(f"{pointer(('params', *path))}: {message}" for path, message in breaches)[:_MESSAGE_LIMIT]

    def _node_context(self, job: ClaimedJob, context: RunContext | None) -> NodeContext:
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
        )


def _checked(outcome: Outcome) -> Outcome:
    """The outcome, unless its result is something that can't be kept as JSON."""
    if isinstance(outcome, Succeeded) and outcome.result is not None:
        problems = problems_of(outcome.result, ("result",))
        if problems:
            path, message = problems[0]
            return Failed(ErrorInfo("result", f"{pointer(path)}: {message}"), final=True)
    return outcome


def _timed_out(job: ClaimedJob) -> Failed:
    return Failed(ErrorInfo("timeout", f"the attempt ran longer than {format_duration(job.timeout)}"))


def _failure(error: BaseException) -> Failed:
    _log.debug("handler raised", exc_info=error)
    details: JSONObject = {}
    return Failed(ErrorInfo(type(error).__name__, str(error)[:_MESSAGE_LIMIT] or "no message", details))
