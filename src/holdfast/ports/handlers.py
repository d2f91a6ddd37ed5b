"""Handlers: the kinds of work that a process can run, and what an attempt may know of itself."""

from dataclasses import dataclass
from typing import Protocol

from holdfast.model.instant import Instant
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome


@dataclass(frozen=True, slots=True)
class NodeContext:
    """What a handler may know of its attempt. ``idempotency_key`` is constant over attempts and rescues."""

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


class NodeType(Protocol):
    """A kind of work. ``spec`` is what validation, the palette and the worker need to know of it."""

    @property
    def spec(self) -> NodeSpec: ...

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        """Runs one attempt with filled, schema-checked params. May raise: the executor makes that a ``Failed``."""
        ...


class Handlers(Protocol):
    """The kinds that this process can run. Kinds of tasks are ``task:<name>``."""

    def get(self, kind: str) -> NodeType | None: ...

    def kinds(self) -> frozenset[str]: ...
