"""What every route may reach: the engine and how this server was set up. One per application, in ``app.state``."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request

from holdfast.engine.bulk import Bulk
from holdfast.engine.diagnosis import Diagnosis
from holdfast.engine.engine import Engine
from holdfast.engine.expression_trials import ExpressionTrials
from holdfast.engine.people.people import People
from holdfast.engine.run_trials import RunTrials
from holdfast.engine.shared_reads import SharedReads
from holdfast.engine.tails import Tails
from holdfast.http.limits import Limits
from holdfast.http.local_access import LocalAccess
from holdfast.http.meter import Meter
from holdfast.http.node_order import NodeOrders
from holdfast.http.rates import Rates
from holdfast.http.sse import frame
from holdfast.http.streams import Streams
from holdfast.model.instant import Instant
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.ports import Store


@dataclass(slots=True)
class Services:
    """``closing`` is set when the server stops: streams and waiting requests end then. ``looks``: what strangers may
    ask for, looked at once for all who ask meanwhile."""

    engine: Engine
    local_access: LocalAccess
    console_dir: Path
    public_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    meter: Meter = field(default_factory=Meter)
    orders: NodeOrders = field(default_factory=NodeOrders)
    scopes: frozenset[str] = frozenset()
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    bulk: Bulk = field(init=False)
    diagnosis: Diagnosis = field(init=False)
    expressions: ExpressionTrials = field(init=False)
    tests: RunTrials = field(init=False)
    tails: Tails = field(init=False)
    rates: Rates = field(init=False)
    streams: Streams = field(default_factory=Streams)
    looks: "SharedReads[Callable[[Services], Awaitable[Any]], Any]" = field(init=False)

    def __post_init__(self) -> None:
        engine = self.engine
        self.rates = Rates(self.limits)
        self.looks = SharedReads(lambda look: look(self))
        self.bulk = Bulk(engine.store, engine.clock, engine.wakeups)
        self.diagnosis = Diagnosis(engine.store, engine.clock, frozenset(engine.specs) | {DELIVERY_KIND})
        self.expressions = ExpressionTrials(engine.store, engine.clock, engine.graphs)
        self.tests = RunTrials(engine.store, engine.clock, engine.graphs, engine.workflows, engine.runs)
        self.tails = Tails(engine.store, engine.clock, engine.entropy, engine.wakeups, frame, engine.channels)

    @property
    def store(self) -> Store:
        return self.engine.store

    @property
    def people(self) -> People:
        return self.engine.people

    def now(self) -> Instant:
        return self.engine.clock.now()

    def is_https(self, scope: Any) -> bool:
        """Whether this request, or whoever reads our address, comes over https."""
        return scope.get("scheme") == "https" or (self.public_url or "").startswith("https:")

    def base_url(self, request: Request) -> str:
        """Where the outside reaches this server, without a slash at the end."""
        return (self.public_url or str(request.base_url)).rstrip("/")


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def correlation_id_of(request: Request) -> str:
    correlation_id: str = request.scope["holdfast.correlation_id"]
    return correlation_id


ServicesDep = Annotated[Services, Depends(services_of)]
CorrelationId = Annotated[str, Depends(correlation_id_of)]
