"""Handlers: the kinds of work that a process can run, and what an attempt may know of itself."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from holdfast.model.instant import Instant, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.secret import SecretType
from holdfast.ports.secrets import AttemptSecrets, Connection, SecretRefused


class Lifeline(Protocol):
    """What a running attempt may tell its worker meanwhile. To be used from the worker's event loop."""

    def beat(self, progress: JSON = None) -> None:
        """A sign of life, with how far it is: its timeout starts anew. Written soon, with others'; never waits."""
        ...

    async def steps(self) -> dict[str, JSON]:
        """The results of named steps that this attempt and earlier ones kept."""
        ...

    async def keep(self, name: str, result: JSON) -> bool:
        """Keeps a step's result, once the store can. False: the lease is gone, and the attempt is being stopped."""
        ...


class NodeContext(NamedTuple):
    """What a handler may know of its attempt. ``idempotency_key`` is constant over attempts and rescues.

    Only an attempt that a worker runs has a ``lifeline``. ``run_input`` is the input of its run, ``closure`` what the
    body of a map or loop node may read of the run around it. ``used``: how many attempts of the current budget this
    one makes it; attempts that were lost don't count, and a retry by hand begins anew. ``secrets``: those that it may
    read, and where they may be sent.
    """

    job_id: str
    tenant: str
    kind: str
    attempt: int
    idempotency_key: str
    correlation_id: str
    created_at: Instant
    now: Instant
    run_id: str | None = None
    node_id: str | None = None
    workflow: str | None = None
    max_attempts: int | None = None
    lifeline: Lifeline | None = None
    run_input: JSON = None
    closure: JSONObject | None = None
    used: int = 1
    secrets: AttemptSecrets | None = None

    async def connection(self, name: str, type_: SecretType, stale: str | None = None) -> Connection:
        """As ``AttemptSecrets`` has it."""
        if self.secrets is None:
            raise SecretRefused(f"the connection {name} can't be used here: this attempt can read no secrets")
        return await self.secrets.connection(name, type_, stale)

    def check_host(self, host: str, carried: JSON = None) -> None:
        """To be called before ``carried`` is sent to ``host`` (lower case, no port), at each hop of a request.

        Raises ``SecretRefused`` when a secret in it mayn't go there; None stands for all that the attempt has read.
        """
        if self.secrets is not None:
            self.secrets.check_host(host, carried)


class NodeType(Protocol):
    """A kind of work. ``spec`` is what validation, the palette and the worker need to know of it."""

    @property
    def spec(self) -> NodeSpec: ...

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        """Runs one attempt with filled, schema-checked params. May raise: the executor makes that a ``Failed``."""
        ...


class CallFailed(Exception):
    """A run that was called didn't succeed, or couldn't be started. The text names it and its state, no payload."""


class WorkflowCalls(Protocol):
    """Runs other workflows for a handler that needs their output within its attempt."""

    async def input_schema(self, context: NodeContext, workflow: str) -> JSON:
        """The JSON Schema of its input, null without one. Raises ``CallFailed``, ``Unavailable``."""
        ...

    async def call(self, context: NodeContext, workflow: str, run_input: JSON, timeout: Micros) -> JSON:
        """The output of a run of the newest version. Raises ``CallFailed``, ``Unavailable``.

        The context's idempotency key says which call it is: the same key finds the run that it started before. A run
        that takes longer than ``timeout`` goes on.
        """
        ...


class Handlers(Protocol):
    """The kinds that this process can run. Kinds of tasks are ``task:<name>``."""

    def get(self, kind: str) -> NodeType | None: ...

    def kinds(self) -> frozenset[str]: ...


class Stragglers(Protocol):
    """Functions that ignored that their attempt was stopped and still keep a thread of this process."""

    @property
    def count(self) -> int: ...

    def watch(self, changed: Callable[[int], None]) -> None:
        """From now on ``changed`` is told the count whenever it has changed, in the event loop."""
        ...
