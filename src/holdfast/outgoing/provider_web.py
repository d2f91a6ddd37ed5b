"""Requests to an OpenID provider, behind the egress guard: ten seconds and 256 KiB at most, and no redirects.

What fails is a ``ConnectionError`` that names no address.
"""

from collections.abc import Mapping
from typing import Final

import aiohttp

from holdfast.outgoing.http import OutgoingHttp

_LONGEST: Final = 256 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, sock_connect=5)
_JSON: Final = {"Accept": "application/json"}


class ProviderWeb:
    """A ``Web`` of ``engine.people.openid_provider``."""

    def __init__(self, outgoing: OutgoingHttp) -> None:
        self._outgoing = outgoing

    async def get(self, url: str, bearer: str | None = None) -> tuple[int, bytes]:
        headers = _JSON if bearer is None else {**_JSON, "Authorization": f"Bearer {bearer}"}
        return await self._asked("GET", url, headers, None, None)

    async def post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> tuple[int, bytes]:
        return await self._asked("POST", url, _JSON, form, None if basic is None else aiohttp.BasicAuth(*basic))

    async def _asked(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        auth: aiohttp.BasicAuth | None,
    ) -> tuple[int, bytes]:
        try:
            async with self._outgoing().request(
                method, url, headers=headers, data=form, auth=auth, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                body = await response.content.read(_LONGEST + 1)
                while len(body) <= _LONGEST and not response.content.at_eof():
                    body += await response.content.read(_LONGEST + 1 - len(body))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ConnectionError(type(error).__name__) from None
        if len(body) > _LONGEST:
            raise ConnectionError("its answer is too long")
        return response.status, body
