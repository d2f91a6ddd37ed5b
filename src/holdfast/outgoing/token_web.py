"""Requests to token ends of OAuth 2, behind the tenant's egress guard: ten seconds and 64 KiB at most, no redirects."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from holdfast.engine.connections.token_end import TokenAnswer
from holdfast.model.instant import SECOND, Micros
from holdfast.outgoing.http import OutgoingHttp

_LONGEST: Final = 64 * 1024
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10, sock_connect=5)
_LONGEST_WAIT: Final = 3600


class OutgoingTokenWeb:
    """A ``TokenWeb``."""

    def __init__(self, outgoing: OutgoingHttp) -> None:
        self._outgoing = outgoing

    async def post(self, tenant: str, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> TokenAnswer:
        session = await self._outgoing.of(tenant)
        headers = {"Accept": "application/json"}
        if basic is not None:
            headers["Authorization"] = f"Basic {b64encode(':'.join(basic).encode()).decode()}"
        try:
            async with session.post(
                URL(url), data=form, headers=headers, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                body = await response.content.read(_LONGEST + 1)
                while len(body) <= _LONGEST and not response.content.at_eof():
                    body += await response.content.read(_LONGEST + 1 - len(body))
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, PermissionError):
                raise error.os_error from None
            raise ConnectionError(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ConnectionError(type(error).__name__) from None
        if len(body) > _LONGEST:
            raise ConnectionError("its answer is too long")
        return TokenAnswer(response.status, body, _wait(response.headers.get("Retry-After")))


def _wait(header: str | None) -> Micros | None:
    text = "" if header is None else header.strip()
    return min(int(text), _LONGEST_WAIT) * SECOND if text.isascii() and text.isdigit() and len(text) < 10 else None
