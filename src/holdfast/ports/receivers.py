"""Where deliveries go, as their handler sees it: a subscription's address and what signs for it, now."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Receiver:
    """``keys`` sign, the newest first."""

    url: str
    keys: tuple[bytes, ...] = field(repr=False)


class NotReceiving(Exception):
    """The subscription gets nothing (any more). The text says why."""


class Receivers(Protocol):
    async def receiver(self, tenant: str, subscription_id: str, job_id: str) -> Receiver:
        """Where the delivery that this job is goes. Raises ``NotReceiving``, ``SealingFailed``, ``Unavailable``."""
        ...

    async def gone(self, tenant: str, subscription_id: str, url: str) -> None:
        """This address doesn't want deliveries any more: switches the subscription off, unless it has another by now.

        Raises ``Unavailable``.
        """
        ...
