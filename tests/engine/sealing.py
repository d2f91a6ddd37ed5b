"""What secrets and subscriptions need of a process: a real store with planned faults, a clock, a vault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holdfast.engine.graphs import Graphs
from holdfast.engine.secrets import Secrets
from holdfast.engine.subscriptions import Subscriptions
from holdfast.engine.wakeups import Wakeups
from holdfast.model.graph import Graph
from holdfast.model.validate import load_workflow
from holdfast.system import SystemEntropy
from holdfast.vault import KeyVault
from tests.engine.faults import Faults
from tests.engine.world import MovableClock, open_at

KEY = "k" * 40


class Sealing:
    """A store and what seals. ``faults`` is the store that all of it uses."""

    def __init__(self, url: str) -> None:
        self.clock, self.entropy, self.wakeups = MovableClock(), SystemEntropy(), Wakeups()
        graphs = Graphs(lambda definition: Graph.of(load_workflow(definition, {})))
        self.real = open_at(url, graphs, self.entropy)
        self.faults = Faults(self.real)
        self.store = self.faults.store
        self.secrets, self.subscriptions = self.secrets_under(KEY), self.subscriptions_under(KEY)

    def secrets_under(self, key: str) -> Secrets:
        """As a process with this secret key has them."""
        return Secrets(self.store, KeyVault(key), self.clock, self.entropy)

    def subscriptions_under(self, key: str) -> Subscriptions:
        """As a process with this secret key has them."""
        return Subscriptions(self.store, KeyVault(key), self.clock, self.entropy, self.wakeups)


@asynccontextmanager
async def sealing(url: str = "memory:") -> AsyncIterator[Sealing]:
    made = Sealing(url)
    await made.real.open()
    try:
        await made.real.migrate()
        yield made
        assert await made.real.check_invariants(made.clock.now()) == []
    finally:
        await made.real.close()
