"""One attempt: from a claimed job to its outcome.

A pipeline over one job: find the handler, fill the params, check them, run the handler under its timeout. Whatever
goes wrong becomes a ``Failed`` value here; only cancellation travels on. Errors of expressions and params are final:
the same values would fail again. A result that isn't portable JSON, or no outcome at all, is an error of the handler,
final as well. A handler that calls ``sys.exit`` fails; it doesn't end the worker.

Secrets that params name are read once the attempt has begun and stand in its params alone; a secret that isn't there or
mayn't go there is a final error. While the store can't tell, the attempt waits and uses nothing of its budget. Whatever
the attempt has read is masked in its outcome. Handlers that are stepped in place read none: a kind that takes secrets
is never stepped so.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any, NamedTuple, Self

from holdfast.engine.attempt_logs import AttemptLog, AttemptLogs
from holdfast.engine.attempt_secrets import AttemptSecrets
from holdfast.engine.callbacks import Callbacks
from holdfast.engine.graphs import Graphs
from holdfast.engine.lifelines import AttemptLifeline, Lifelines, time_left
from holdfast.engine.masking import without_secrets
from holdfast.engine.outcomes import checked
from holdfast.engine.scopes import step_scope
from holdfast.engine.secret_texts import Places, named_in, with_values
from holdfast.engine.secrets import Secrets
from holdfast.failures import MESSAGE_LIMIT, failure_of, traceback_of
from holdfast.log_capture import attempt as whose_lines
from holdfast.masks import Masks
from holdfast.masks import current as whose_masks
from holdfast.model.errors import Unavailable
from holdfast.model.expression import ExpressionError, ExpressionErrors
from holdfast.model.graph import Graph
from holdfast.model.graph_params import value_at
from holdfast.model.instant import SECOND, Instant, Micros, format_duration
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject, Path, pointer
from holdfast.model.node_spec import SchemaPort
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Snoozed
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Handlers, NodeContext, NodeType, SecretRefused, SecretUnavailable

_TASK_PREFIX = "task:"
# How long an attempt waits that couldn't read its secrets, or where it may connect to, since the store is away.
_AWAY: Micros = 5 * SECOND


class Filled(NamedTuple):
    """What an attempt is made with: its params, and what a body of its node may read of the run around it."""

    params: JSON
    closure: JSONObject | None = None


class Given(NamedTuple):
    """What an attempt has from outside of its run: its secrets, the values of those that its params name, and marks
    that stand for them while they are filled."""

    secrets: AttemptSecrets | None = None
    values: Mapping[str, str] = {}
    places: Places = Places((), "")


_NOTHING_GIVEN = Given()


class Executor:
    """Runs attempts. Holds no state of any of them. Without ``callbacks``, params can't name callback addresses;
    without ``secrets``, no secrets."""

    def __init__(
        self,
        handlers: Handlers,
        graphs: Graphs,
        schemas: SchemaPort,
        clock: Clock,
        callbacks: Callbacks | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self._callbacks = callbacks
        self._secrets = secrets
        self._secret_paths: dict[str, tuple[Path, ...]] = {}
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
        return handler is not None and handler.spec.inline and not self._takes_secrets(handler)

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
        log, masks = self._log_of(job), Masks()
        with _said_by(log, masks):
            return await without_secrets(await self._run(job, context, masks), masks)

    def _log_of(self, job: ClaimedJob) -> AttemptLog | None:
        return None if self._logs is None else self._logs.of(job)

    async def _run(self, job: ClaimedJob, context: RunContext | None, masks: Masks) -> Outcome:
        limit = asyncio.timeout(time_left(job, self._clock.now()) / SECOND)
        try:
            async with limit:
                given = await self._given(job, context, masks)
                prepared = self._prepare(job, context, limit, given)
                return prepared if isinstance(prepared, Failed) else checked(await prepared, job)
        except TimeoutError as error:
            return _timed_out(job, error, self._clock.now()) if limit.expired() else failure_of(error)
        except SecretRefused as refused:
            return _refused(refused)
        except SecretUnavailable as error:
            return Failed(ErrorInfo("token", str(error)[:MESSAGE_LIMIT]), retry_after=error.retry_after)
        except Unavailable:
            return Snoozed(self._clock.now() + _AWAY)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # no handler may end the worker
            return failure_of(error)

    async def _given(self, job: ClaimedJob, context: RunContext | None, masks: Masks) -> Given:
        """What the attempt gets from outside of its run. Raises ``SecretRefused``, ``Unavailable``."""
        if self._secrets is None:
            return _NOTHING_GIVEN
        own = AttemptSecrets(self._secrets, job, None if context is None else context.workflow, masks)
        names = self._names(job)
        if not names:
            return Given(own)
        return Given(own, await own.load(names), Places(names, self._secrets.new_mark()))

    def _names(self, job: ClaimedJob) -> frozenset[str]:
        """The secrets that the job's params name."""
        handler = self._handlers.get(job.kind)
        if handler is None or not self._takes_secrets(handler):
            return frozenset()
        if job.node_id is None or job.version_id is None:
            return named_in(job.payload, self._secret_paths[job.kind])
        version = self._graphs.known(job.version_id)
        if version is None:
            return frozenset()
        try:
            return version.containing(job.node_id).secret_reads(job.node_id)
        except (ExpressionError, ExpressionErrors):
            return frozenset()  # filling the params will raise it again, where it becomes the attempt's failure

    def _takes_secrets(self, handler: NodeType) -> bool:
        kind = handler.spec.type
        if kind not in self._secret_paths:
            self._secret_paths[kind] = handler.spec.secret_paths
        return bool(self._secret_paths[kind])

    def _prepare(
        self,
        job: ClaimedJob,
        context: RunContext | None,
        limit: asyncio.Timeout | None = None,
        given: Given = _NOTHING_GIVEN,
    ) -> "Coroutine[Any, Any, Outcome] | Failed":
        """The handler's coroutine, ready to run, or the failure that keeps it from running."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            return Failed(ErrorInfo("unknown_kind", f"this worker doesn't know the kind {job.kind}"))
        try:
            params, closure = self._filled(job, context, given)
        except ExpressionError as error:
            details = error.under(("params", *error.path)).details()
            return Failed(ErrorInfo("expression", str(error)[:MESSAGE_LIMIT], details), final=True)
        breach = self._breach(handler, params, given.values)
        if breach is not None or not isinstance(params, dict):
            return Failed(ErrorInfo("params", breach or "params must be an object"), final=True)
        return handler.execute(self._node_context(job, context, closure, limit, given), params)

    def _filled(self, job: ClaimedJob, context: RunContext | None, given: Given) -> Filled:
        if job.node_id is None or job.version_id is None:
            payload = job.payload if job.payload is not None else {}
            return Filled(with_values(payload, self._secret_paths[job.kind], given.values) if given.values else payload)
        version = self._graphs.known(job.version_id)
        if version is None or context is None:
            raise RuntimeError("the step's run or its definition could not be read")
        graph = version.containing(job.node_id)
        callbacks = self._addresses(graph, job, job.node_id)
        scope = step_scope(graph, context, graph.reads_of(job.node_id), job.created_at, callbacks)
        if given.values:
            scope["secrets"] = given.places.scope
        params = given.places.filled(graph.fill_params(job.node_id, scope), given.values)
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

    def _breach(self, handler: NodeType, params: JSON, secrets: Mapping[str, str]) -> str | None:
        schema = handler.spec.params
        if not schema:
            return None
        breaches = self._schemas.check(schema, params)
        if not breaches:
            return None
        return "; ".join(_told(params, path, message, secrets) for path, message in breaches)[:MESSAGE_LIMIT]

    def _node_context(
        self,
        job: ClaimedJob,
        context: RunContext | None,
        closure: JSONObject | None,
        limit: asyncio.Timeout | None,
        given: Given,
    ) -> NodeContext:
        masks = None if given.secrets is None else given.secrets.masks
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
            lifeline=None if self._lifelines is None else AttemptLifeline(self._lifelines, job, limit, masks),
            run_input=None if context is None else context.input,
            closure=closure,
            used=job.used,
            secrets=given.secrets,
        )


@contextmanager
def _said_by(log: AttemptLog | None, masks: Masks) -> Iterator[None]:
    """What is logged meanwhile is that attempt's, without its secrets."""
    lines, hidden = whose_lines.set(log), whose_masks.set(masks)
    try:
        yield
    finally:
        whose_masks.reset(hidden)
        whose_lines.reset(lines)
        if log is not None:
            log.close()


def _told(params: JSON, path: Path, message: str, secrets: Mapping[str, str]) -> str:
    """A breach, with the secrets that stand there by name."""
    stands = value_at(params, path)
    named = [name for name, value in secrets.items() if isinstance(stands, str) and value in stands]
    where = f"{pointer(path)}: " if path else ""
    return where + message + (f" (the secret {', '.join(named)} stands there)" if named else "")


def _refused(refused: SecretRefused) -> Failed:
    return Failed(ErrorInfo("secret", str(refused)[:MESSAGE_LIMIT]), final=True)


def _timed_out(job: ClaimedJob, error: TimeoutError, now: Instant) -> Failed:
    """With the place where the handler was when its time was over."""
    where = error.__cause__ or error.__context__  # which of them holds the cancellation depends on Python's version
    trace = None if where is None else traceback_of(where)
    if job.deadline_at is not None and now >= job.deadline_at:
        return Failed(ErrorInfo("deadline", "the job's deadline passed while it ran", traceback=trace))
    return Failed(ErrorInfo("timeout", f"the attempt ran longer than {format_duration(job.timeout)}", traceback=trace))
