"""Events over Pub/Sub: the ``EventChannels`` port. One connection hears all tenants that this process listens to; it is
made when the first of them is."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from holdfast.streams.channels import Channels
from holdfast.streams.link import Link
from holdfast.streams.scripts import PUBLISH

_NAME: Final = "events:"
# What goes in one call: a server does nothing else meanwhile.
_MESSAGES: Final = 500
_BYTES: Final = 1 << 20

Hearer = tuple[Callable[[bytes], None], Callable[[], None]]


class RedisEventChannels:
    """See ``holdfast.ports.channels``. The link is opened by whoever else uses it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._channels = Channels(link)
        self._subscriber = self._channels.subscriber(self._said, self._joined)
        self._hearers: dict[str, Hearer] = {}

    @property
    def healthy(self) -> bool:
        return self._link.healthy

    async def close(self) -> None:
        await self._subscriber.close()

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        for some in _calls(messages):
            await self._link.run(PUBLISH, *some)

    async def listened(self) -> frozenset[str]:
        found = await self._channels.listened(_NAME + "*")
        return frozenset(channel.removeprefix(_NAME) for channel in found)

    async def listen(self, tenant: str, hear: Callable[[bytes], None], joined: Callable[[], None]) -> None:
        self._hearers[tenant] = (hear, joined)
        self._subscriber.listen(_NAME + tenant)
        await self._subscriber.open()

    def drop(self, tenant: str, hear: Callable[[bytes], None]) -> None:
        hearer = self._hearers.get(tenant)
        if hearer is not None and hearer[0] == hear:
            del self._hearers[tenant]
            self._subscriber.drop(_NAME + tenant)

    def hears(self, tenant: str) -> bool:
        return self._link.healthy and _NAME + tenant in self._subscriber.live

    def _said(self, channel: str, message: bytes) -> None:
        hearer = self._hearers.get(channel.removeprefix(_NAME))
        if hearer is not None:
            hearer[0](message)

    def _joined(self, channel: str) -> None:
        hearer = self._hearers.get(channel.removeprefix(_NAME))
        if hearer is not None:
            hearer[1]()


def _calls(messages: Sequence[tuple[str, bytes]]) -> Iterator[list[str | bytes]]:
    """The arguments of one call after another."""
    some: list[str | bytes] = []
    size = 0
    for tenant, message in messages:
        if some and (len(some) >= 2 * _MESSAGES or size + len(message) > _BYTES):
            yield some
            some, size = [], 0
        some += (_NAME + tenant, message)
        size += len(message)
    if some:
        yield some
