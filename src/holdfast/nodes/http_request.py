"""``http.request``: one HTTP exchange, redirects included, or one for each page.

* Every hop is connected by the guarded session, so no hop reaches an address that isn't open to it.
* No hop leads to a host that one of the params' secrets is not bound to, also where the secret wouldn't be sent along.
* The job's idempotency key and correlation id go along as headers, the same on every attempt.
* 400 and above fails unless expected; 408, 429, 5xx, time-outs and connections that break are worth another try.

No error text holds a header, a body, a path or a query: addresses carry credentials too often.
"""

import asyncio
import io
from dataclasses import dataclass, replace
from typing import Final

import aiohttp
from yarl import URL

from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Failed, Outcome, Succeeded
from holdfast.nodes.connection import with_http
from holdfast.nodes.http_answer import TooLarge, failure_of, read_output
from holdfast.nodes.http_call import Call, moved_to, read_call, redirected
from holdfast.nodes.http_pages import PageError, Pages, read_pages
from holdfast.nodes.http_params import PARAMS
from holdfast.nodes.http_session import Sessions
from holdfast.nodes.node import failed, wrong_params
from holdfast.ports import NodeContext

MAX_REDIRECTS: Final = 5
UNAUTHORIZED: Final = 401
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
    """``sessions`` guard what is connected."""

    spec = SPEC

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        outcome, stale = await self._made(context, params, None)
        if stale is not None and isinstance(outcome, Failed) and outcome.error.details.get("status") == UNAUTHORIZED:
            # Its token may have ended before its time: once more, with a new one.
            outcome, _ = await self._made(context, params, stale)
        return outcome

    async def _made(self, context: NodeContext, params: JSONObject, stale: str | None) -> tuple[Outcome, str | None]:
        """The outcome, and the token that was sent, if another can be fetched."""
        try:
            params, token = await with_http(context, params, stale)
            call, pages = read_call(context, params), read_pages(params)
        except (ValueError, TypeError) as error:
            return wrong_params(str(error)), None
        return await self._sent(context, params, call, pages), token

    async def _sent(self, context: NodeContext, params: JSONObject, call: Call, pages: Pages | None) -> Outcome:
        try:
            async with asyncio.timeout(None if call.timeout is None else call.timeout / SECOND):
                if pages is not None:
                    return await self._all_pages(context, call, pages, params)
                return _outcome(await self._exchange(context, call, params))
        except Exception as error:
            return _failure(error, call)

    async def _exchange(self, context: NodeContext, call: Call, params: JSONObject) -> "Answer | Failed":
        for _ in range(MAX_REDIRECTS + 1):
            context.check_host(call.url.raw_host or "", params)
            session = await self._sessions.of(context.tenant)
            async with session.request(
                call.method,
                call.url,
                headers=call.headers,
                data=_stream(call.body),
                allow_redirects=False,
                middlewares=() if call.digest is None else (call.digest,),
            ) as response:
                location = response.headers.get("Location")
                if not call.follow or location is None or response.status not in _REDIRECTS:
                    return await _answer(context, call, response)
                call = _next(call, response.status, location)
        raise WrongRedirect(f"more than {MAX_REDIRECTS} redirects")

    async def _all_pages(self, context: NodeContext, call: Call, pages: Pages, params: JSONObject) -> Outcome:
        """Each page is a sign of life, so that many pages may take longer than one exchange."""
        items: list[JSON] = []
        seen: set[URL] = set()
        page, left, number = call, call.max_bytes, 1
        while True:
            seen.add(page.url)
            answer = await self._exchange(context, replace(page, max_bytes=left), params)
            if isinstance(answer, Failed):
                return answer
            items += pages.items_of(answer.output, number)
            following = pages.after(answer.url, answer.output, answer.next, number)
            if following is None or number == pages.most:
                more = following is not None
                return Succeeded({**answer.output, "json": items, "text": None, "pages": number, "more": more})
            if following in seen:
                raise PageError(f"page {number}: the next page is one that was read already")
            if context.lifeline is not None:
                context.lifeline.beat({"pages": number})
            left, number = left - answer.size, number + 1
            page = _page(context, call, following, number)


@dataclass(frozen=True, slots=True)
class Answer:
    """A read answer: the address that gave it at last, its size, and what its Link header names as next."""

    output: JSONObject
    url: URL
    size: int
    next: URL | None


async def _answer(context: NodeContext, call: Call, response: aiohttp.ClientResponse) -> Answer | Failed:
    if response.status >= 400 and response.status not in call.expected:
        return failure_of(response.status, response.headers, _target(call), context.now)
    output, size = await read_output(response, call.max_bytes)
    return Answer(output, call.url, size, _linked(response))


def _linked(response: aiohttp.ClientResponse) -> URL | None:
    try:
        named = response.links.get("next")
    except ValueError:
        return None
    link = None if named is None else named.get("url")
    return link if isinstance(link, URL) else None


def _outcome(answer: Answer | Failed) -> Outcome:
    return answer if isinstance(answer, Failed) else Succeeded(answer.output)


def _page(context: NodeContext, call: Call, url: URL, number: int) -> Call:
    """The request for a further page: another request to its receiver, so under another key."""
    page = moved_to(call, url)
    if page.headers.get("Idempotency-Key") == context.idempotency_key:
        page.headers["Idempotency-Key"] = f"{context.idempotency_key}-page-{number}"
    return page


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
        case PageError():
            return failed("pagination", f"{target}: {error}", final=True)
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
