"""The engine as a whole: its entrances for callers and its long-lived parts, started and stopped together.

A process may be a server (entrances and maintenance), a worker, or both. Every part reconnects by itself; ``degraded``
tells what does not work right now while the rest goes on. A stop ends in any case, soon after the worker's grace: what
hasn't ended by then is left behind, and its connections are closed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, Final

import structlog

from holdfast.engine.audit import AuditWriter
from holdfast.engine.broker import Broker
from holdfast.engine.callbacks import Callbacks
from holdfast.engine.connections.connections import Connections
from holdfast.engine.events import Events
from holdfast.engine.graphs import Graphs
from holdfast.engine.hooks import Hooks
from holdfast.engine.jobs import Jobs
from holdfast.engine.loop import Loop
from holdfast.engine.people.people import People
from holdfast.engine.rules import Rules
from holdfast.engine.runs import Runs
from holdfast.engine.secrets import Secrets
from holdfast.engine.subscriptions import Subscriptions
from holdfast.engine.trigger_control import Triggers
from holdfast.engine.wakeups import Wakeups
from holdfast.engine.worker import Ended, Worker
from holdfast.engine.workflows import Workflows
from holdfast.model.node_spec import NodeSpec
from holdfast.ports import Clock, Entropy, Exposition, Store
from holdfast.ports.channels import EventChannels

_log = structlog.get_logger("holdfast.engine")
# Seconds, at a stop: how long all parts together may take to end, and everything that is closed after them.
_PARTS: Final = 2.0
_CLOSING: Final = 2.0


class Engine:
    """What ``compose.build`` makes. Use as an async context manager, or call ``start`` and ``stop``."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        wakeups: Wakeups,
        graphs: Graphs,
        specs: Mapping[str, NodeSpec],
        jobs: Jobs,
        workflows: Workflows,
        runs: Runs,
        hooks: Hooks,
        triggers: Triggers,
        rules: Rules,
        events: Events,
        secrets: Secrets,
        connections: Connections,
        subscriptions: Subscriptions,
        callbacks: Callbacks,
        metrics: Exposition,
        people: People,
        audit: AuditWriter,
        parts: tuple[Loop, ...] = (),
        starters: tuple[Loop, ...] = (),
        worker: Worker | None = None,
        broker: Broker | None = None,
        channels: EventChannels | None = None,
        closing: tuple[Callable[[], Awaitable[None]], ...] = (),
        switched_off: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.store = store
        self.clock = clock
        self.entropy = entropy
        self.wakeups = wakeups
        self.graphs = graphs
        self.specs = specs
        self.jobs = jobs
        self.workflows = workflows
        self.runs = runs
        self.hooks = hooks
        self.triggers = triggers
        self.rules = rules
        self.events = events
        self.secrets = secrets
        self.connections = connections
        self.subscriptions = subscriptions
        self.callbacks = callbacks
        self.metrics = metrics
        self.people = people
        self.audit = audit
        self.worker = worker
        self.broker = broker
        self.channels = channels
        # What starts work by itself; among the parts too, unless somebody else runs their rounds.
        self.starters = starters
        self._closing = closing
        self._switched_off = switched_off
        self._parts = parts
        self._tasks: list[asyncio.Task[None]] = []
        self._working: asyncio.Task[Ended] | None = None

    async def start(self) -> None:
        """Starts listening, maintenance and the worker. The store must be open and migrated."""
        if self.broker is not None:
            await self.broker.open()
        await self.wakeups.open()
        self._tasks = [asyncio.create_task(part.run(), name=part.name) for part in self._parts]
        if self.worker is not None:
            self._working = asyncio.create_task(self.worker.run(), name="worker")

    async def worker_ended(self) -> Ended:
        """Waits until the worker has ended, and says why it did."""
        if self._working is None:
            raise RuntimeError("no worker was started here")
        return await asyncio.shield(self._working)

    async def stop(self) -> None:
        """Stops the worker within its grace, then everything else."""
        if self.worker is not None and self._working is not None:
            self.worker.stop()
            await asyncio.wait({self._working}, timeout=self.worker.patience)
            await _cancelled([self._working])
        await _cancelled(self._tasks)
        until = asyncio.get_running_loop().time() + _CLOSING
        for close in (self.wakeups.close, *self._broker_closing(), *self._closing, self.store.close):
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await close()

    def _broker_closing(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        return () if self.broker is None else (self.broker.close,)

    def degraded(self) -> dict[str, str]:
        """What doesn't work right now while the rest goes on: check name → sentence."""
        told = {kind: f"switched off: {why}" for kind, why in self._switched_off().items()}
        if self.wakeups.expected and not self.wakeups.bridged:
            told["notifier"] = "notifications don't travel between processes; work is found by polling"
        if self.broker is not None and not self.broker.healthy:
            told["redis"] = self.broker.sentence
        if self.worker is not None and self.worker.overrun:
            told["threads"] = "too many tasks ignore that they were stopped; this process runs no jobs until they end"
        return told

    async def __aenter__(self) -> "Engine":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


async def _cancelled(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Ends them. What one of them says when it ends may itself hang, so it is asked twice, and then left behind."""
    for _ in range(2):
        going = [task for task in tasks if not task.done()]
        for task in going:
            task.cancel()
        if going:
            await asyncio.wait(going, timeout=_PARTS / 2)
    for task in tasks:
        if not task.done():
            _log.warning("a part doesn't end; leaving it behind", part=task.get_name())
        elif not task.cancelled():
            task.result()
