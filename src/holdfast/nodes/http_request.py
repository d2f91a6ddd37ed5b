"""``http.request``: one HTTP exchange, redirects included.

* Every hop is connected by the guarded session, so no hop reaches an address that isn't open to it.
* The job's idempotency key and correlation id go along as headers, the same on every attempt.
* 400 and above fails unless expected; 408, 429, 5xx, time-outs and connections that break are worth another try.

No error text holds a header, a body, a path or a query: addresses carry credentials too often.
"""

import asyncio
import io
from collections.abc import Callable
from typing import Final

import aiohttp

from holdfast.model.instant import SECOND
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.http_answer import TooLarge, failure_of, read_output
from holdfast.nodes.http_call import Call, read_call, redirected
from holdfast.nodes.http_params import PARAMS
from holdfast.nodes.node import failed, wrong_params
from holdfast.ports import NodeContext

MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))

SPEC: Final = NodeSpec(
    type="http.request",
    title="HTTP request",
    description="Calls an HTTP service and gives its status, headers and body.",
    icon="globe",
    category="Integrations",
    params=PARAMS,
    timeout=30 * SECOND,
    example={
        "method": "POST",
        "url": "https://crm.example.com/enrich",
        "json": {"email": "ada@example.com"},
        "auth": {"type": "bearer", "token": "an-example-token"},
    },
)


class WrongRedirect(Exception):
    """A redirect that can't be followed."""


class HttpRequest:
    """``session`` gives the process's client session, which guards what is connected."""

    spec = SPEC

    def __init__(self, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._session = session

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            call = read_call(context, params)
        except (ValueError, TypeError) as error:
            return wrong_params(str(error))
        try:
            async with asyncio.timeout(None if call.timeout is None else call.timeout / SECOND):
                return await self._exchange(context, call)
        except Exception as error:
            return _failure(error, call)

    async def _exchange(self, context: NodeContext, call: Call) -> Outcome:
        for _ in range(MAX_REDIRECTS + 1):
            async with self._session().request(
                call.method, call.url, headers=call.headers, data=_stream(call.body), allow_redirects=False
            ) as response:
                location = response.headers.get("Location")
                if not call.follow or location is None or response.status not in _REDIRECTS:
                    return await _outcome(context, call, response)
                call = _next(call, response.status, location)
        raise WrongRedirect(f"more than {MAX_REDIRECTS} redirects")


async def _outcome(context: NodeContext, call: Call, response: aiohttp.ClientResponse) -> Outcome:
    if response.status >= 400 and response.status not in call.expected:
        return failure_of(response.status, response.headers, _target(call), context.now)
    return Succeeded(await read_output(response, call.max_bytes))


def _stream(body: bytes | None) -> io.BytesIO | None:
    """A body that is sent in pieces: megabytes at once would hold up the event loop."""
    return None if body is None else io.BytesIO(body)


def _next(call: Call, status: int, location: str) -> Call:
    try:
        return redirected(call, status, location)
    except ValueError:
        raise WrongRedirect("a redirect to an address that isn't http or https") from None


def _failure(error: Exception, call: Call) -> Failed:
    """What went wrong on the way. Texts of the libraries are left out: they quote addresses and headers."""
    target = _target(call)
    match error:
        case TimeoutError():
            return failed("timeout", f"{target} didn't answer in time")
        case TooLarge():
            return failed("too_large", f"the answer of {target} is larger than {call.max_bytes} bytes", final=True)
        case WrongRedirect():
            return failed("redirect", f"{target}: {error}", final=True)
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, PermissionError):
            return failed("address_not_allowed", f"{target}: the address isn't open to outgoing requests", final=True)
        case aiohttp.InvalidURL() | UnicodeError():
            return wrong_params("the address isn't valid")
        case aiohttp.ClientError() | OSError():
            return failed("connection", f"{target}: no complete answer ({type(error).__name__})")
        case ValueError():
            return wrong_params("a header or the address can't be sent")
    raise error


def _target(call: Call) -> str:
    return f"{call.method} {call.url.origin()}"
