"""The guarded client sessions that nodes send with, as they ask for them: for one request of a tenant."""

from typing import Protocol

import aiohttp


class Sessions(Protocol):
    async def of(self, tenant: str) -> aiohttp.ClientSession:
        """The session that connects to what this tenant may reach, for the next request. Raises ``Unavailable``."""
        ...


class NoSessions:
    """For processes that only look at node kinds."""

    async def of(self, tenant: str) -> aiohttp.ClientSession:
        raise RuntimeError("nothing is sent from here")
