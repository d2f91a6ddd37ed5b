"""Live events between processes, where the instance has a broker: nothing is kept, and any message may be lost."""

from collections.abc import Callable, Sequence
from typing import Protocol


class EventChannels(Protocol):
    """One channel for each tenant. What talks to the broker raises ``Unavailable``."""

    @property
    def healthy(self) -> bool: ...

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Each message to the channel of its tenant, in this order."""
        ...

    async def listened(self) -> frozenset[str]:
        """The tenants whose channels anybody listens to now, in whatever process."""
        ...

    async def listen(self, tenant: str, hear: Callable[[bytes], None], joined: Callable[[], None]) -> None:
        """``hear`` gets each message from now on. ``joined`` is called whenever listening has begun (again): what was
        said before may have been missed."""
        ...

    def drop(self, tenant: str, hear: Callable[[bytes], None]) -> None:
        """Ends what was begun with ``hear``; whoever has begun to listen to this tenant since goes on."""
        ...

    def hears(self, tenant: str) -> bool:
        """Whether messages would arrive now, as far as this process knows."""
        ...
