"""``event.deliver``: takes an event to a subscription's address. The kind of the engine's own jobs, not of nodes.

One ``POST``, signed as Standard Webhooks 1.0 says (``model.delivery``), through the guarded session; redirects aren't
followed. What the answer means:

* 2xx: delivered. What the body says doesn't matter.
* 410: nobody wants deliveries there any more. The subscription is switched off, this delivery is over.
* Anything else, and no answer in time: tried again on the schedule of ``model.delivery``; 429 and 503 may ask for a
  longer wait. An address that isn't open to outgoing requests is one of these: the setting may change meanwhile.

A subscription that is off or deleted by now ends the delivery as cancelled, and nothing is sent. While the store can't
tell, the delivery waits and uses nothing of its budget. The first KiB of an answer that isn't 2xx is kept with the
error, for whoever looks why; addresses aren't, since they hold credentials too often.
"""

import asyncio
from contextlib import suppress
from typing import Final

import aiohttp
from yarl import URL

from holdfast.model.delivery import PATIENCE, TIMEOUT, body_of, headers_of, wait_after, webhook_id
from holdfast.model.errors import Unavailable
from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Snoozed, Succeeded
from holdfast.model.subscription import DELIVERY_KIND
from holdfast.nodes.http_answer import retry_after
from holdfast.nodes.http_session import Sessions
from holdfast.nodes.node import as_text, failed, object_schema
from holdfast.ports import NodeContext, NotReceiving, Receiver, Receivers, SealingFailed
from holdfast.version import __version__

_KEPT: Final = 1_024
# A status counts even where its body never ends.
_READING_SECONDS: Final = 2.0
_AWAY: Final = 5 * SECOND
_ASKS_TO_WAIT: Final = (429, 503)

SPEC: Final = NodeSpec(
    type=DELIVERY_KIND,
    title="Deliver an event",
    description="Takes an event to a subscription.",
    timeout=TIMEOUT,
    params=object_schema({"subscription": {"type": "string"}, "event": {"type": "object"}}, ("subscription", "event")),
)


class EventDeliver:
    """Without ``receivers`` nothing can be delivered: for processes that run no jobs."""

    spec = SPEC

    def __init__(self, sessions: Sessions, receivers: Receivers | None = None) -> None:
        self._sessions = sessions
        self._receivers = receivers

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        if self._receivers is None:
            raise RuntimeError("this process delivers no events")
        subscription = as_text(params.get("subscription"))
        try:
            receiver = await self._receivers.receiver(context.tenant, subscription, context.job_id)
            outcome = await self._deliver(context, receiver, params.get("event"))
            if isinstance(outcome, Failed) and outcome.final:
                await self._receivers.gone(context.tenant, subscription, receiver.url)
            return outcome
        except NotReceiving as reason:
            return Cancelled(ErrorInfo("not_receiving", str(reason)))
        except SealingFailed as error:
            return _again(context, "secret", str(error))
        except Unavailable:
            return Snoozed(context.now + _AWAY)

    async def _deliver(self, context: NodeContext, receiver: Receiver, message: JSON) -> Outcome:
        try:
            async with asyncio.timeout(PATIENCE / SECOND):
                return await self._exchange(context, receiver, message)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _again(context, *_trouble(error))

    async def _exchange(self, context: NodeContext, receiver: Receiver, message: JSON) -> Outcome:
        event_id = as_text(message.get("id")) if isinstance(message, dict) else ""
        body = body_of(message)
        session = await self._sessions.of(context.tenant)
        async with session.post(
            URL(receiver.url),
            data=body,
            headers={
                "Content-Type": "application/json",
                "User-Agent": f"holdfast/{__version__}",
                "Accept-Encoding": "identity",
                "X-Correlation-Id": context.correlation_id,
                **headers_of(webhook_id(event_id), context.now, body, receiver.keys),
            },
            allow_redirects=False,
            auto_decompress=False,
        ) as response:
            if 200 <= response.status < 300:
                return Succeeded({"status": response.status})
            return await _refusal(context, response)


async def _refusal(context: NodeContext, response: aiohttp.ClientResponse) -> Failed:
    status = response.status
    details: dict[str, JSON] = {"status": status, "answer": await _beginning(response)}
    if status == 410:
        return Failed(ErrorInfo("gone", "the receiver answered 410: it wants no more deliveries", details), final=True)
    asked = retry_after(response.headers.get("Retry-After"), context.now) if status in _ASKS_TO_WAIT else None
    wait = max(wait_after(context.used, context.job_id), asked or 0)
    return Failed(ErrorInfo("http_status", f"the receiver answered {status}", details), retry_after=wait)


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The first KiB of the body as text that can be kept; as much as came, if it stalls or the connection breaks."""
    body = bytearray()
    with suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(_READING_SECONDS):
            while len(body) < _KEPT and (chunk := await response.content.read(_KEPT - len(body))):
                body += chunk
    return body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _again(context: NodeContext, kind: str, message: str) -> Failed:
    return failed(kind, message, retry_after=wait_after(context.used, context.job_id))


def _trouble(error: Exception) -> tuple[str, str]:
    """What went wrong on the way. Texts of the libraries are left out: they quote addresses."""
    match error:
        case TimeoutError():
            return "timeout", f"the receiver didn't answer within {PATIENCE // SECOND} s"
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, PermissionError):
            return "address_not_allowed", "the subscription's address isn't open to outgoing requests"
        case aiohttp.ClientError() | OSError():
            return "connection", f"no complete answer of the receiver ({type(error).__name__})"
    return "address", "nothing can be sent to the subscription's address"
