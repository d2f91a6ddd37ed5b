"""How many statements of this process are at one database at once: a map over many items shall not flood a server.

A gate lives as long as somebody stands in it or waits for it. Waiting isn't part of a statement's own timeout.
"""

import asyncio
from typing import Final
from weakref import WeakValueDictionary

# Connections to one server.
SERVER_PLACES: Final = 20
# Readers of one file; it has one writer, others would only wait for its lock.
FILE_PLACES: Final = 8


class Gates:
    """The gates of one event loop, by what is behind them."""

    def __init__(self) -> None:
        self._gates: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, name: str, places: int) -> asyncio.Semaphore:
        gate = self._gates.get(name)
        if gate is None:
            self._gates[name] = gate = asyncio.Semaphore(places)
        return gate
