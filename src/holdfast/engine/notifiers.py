"""Two ways for wake-ups between processes: the first while it is healthy, else the second.

Both listen all the time, so nothing has to be opened when the first one is lost. A process that alone can't reach the
first one is told nothing by the others meanwhile; it finds their work by its backstop.
"""

from collections.abc import Callable, Collection

from holdfast.ports import Notifier


class Notifiers:
    """A ``Notifier`` over several, the preferred one first."""

    def __init__(self, *notifiers: Notifier) -> None:
        self._notifiers = notifiers

    @property
    def healthy(self) -> bool:
        return any(notifier.healthy for notifier in self._notifiers)

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None:
        for notifier in self._notifiers:
            await notifier.open(wake)

    def notify(self, topics: Collection[str]) -> None:
        for notifier in self._notifiers:
            if notifier.healthy:
                notifier.notify(topics)
                return

    async def close(self) -> None:
        for notifier in self._notifiers:
            await notifier.close()
