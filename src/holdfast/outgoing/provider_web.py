"""Requests to an OpenID provider, behind the egress guard: ten seconds and 256 KiB at most, and no redirects.

What fails is a ``ConnectionError`` that names no address.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote_plus

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
        return await self._asked("GET", url, {} if bearer is None else {"Authorization": f"Bearer {bearer}"}, None)

    async def post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> tuple[int, bytes]:
        return await self._asked("POST", url, {} if basic is None else {"Authorization": _basic(*basic)}, form)

    async def _asked(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[int, bytes]:
        try:
            async with self._outgoing().request(
                method, url, headers={**_JSON, **headers}, data=form, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                body = await response.content.read(_LONGEST + 1)
                while len(body) <= _LONGEST and not response.content.at_eof():
                    body += await response.content.read(_LONGEST + 1 - len(body))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ConnectionError(type(error).__name__) from None
        if len(body) > _LONGEST:
            raise ConnectionError("its answer is too long")
        return response.status, body


def _basic(client: str, secret: str) -> str:
    """The credentials of a client, each part encoded as in a form first (RFC 6749, 2.3.1)."""
    return "Basic " + b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode()
