"""The outermost layer, in front of webhooks and the application: correlation id, audit log, security headers, one log
line, metrics.

A request passes through exactly one of two branches (webhooks, application). Whatever a branch lets escape becomes a
500 problem here, unless its answer has begun already; a request that a stopping server no longer waits for, a 503. The
log line holds the route's template, never an address, a query or a body. The lifespan starts and stops the engine when
the server speaks that protocol; ``server.run`` calls the same two methods.
"""

import asyncio
import time
from typing import Any, Final

import structlog

from holdfast.engine.wakeups import EVENTS
from holdfast.http import audit, hooks
from holdfast.http.addresses import trusting
from holdfast.http.body import Gone
from holdfast.http.connections import Doors
from holdfast.http.correlation import HEADER, given
from holdfast.http.errors import NOT_RECORDED, PROBLEM_TYPE, STOPPING, ProblemAnswer, unexpected
from holdfast.http.headers import guarding
from holdfast.http.rates import rate_headers
from holdfast.http.services import Services
from holdfast.ports.behalf import read_for

_log = structlog.get_logger("holdfast.http")

CLIENT_GONE: Final = 499


class Exchange:
    """One request and what became of it; ``send`` goes through here.

    An answer that is recorded is held back until its entry is written. Where it can't be, a 503 takes its place, and
    whatever else the route sends is dropped.
    """

    __slots__ = ("_dropping", "_held", "_scope", "_send", "_services", "correlation_id", "status")

    def __init__(self, services: Services, scope: Any, send: Any) -> None:
        self._services = services
        self._scope = scope
        self._send = send
        self._held: Any = None
        self._dropping = False
        self.correlation_id: str = scope["holdfast.correlation_id"]
        self.status = 0

    async def send(self, message: Any) -> None:
        if self._dropping:
            return
        if message["type"] == "http.response.start":
            if audit.is_recorded(self._scope, message["status"]):
                self._held = message
            else:
                await self._begin(message)
        elif self._held is not None:
            await self._record(message)
        else:
            await self._send(message)

    async def fail(self, answer: ProblemAnswer) -> None:
        """This problem, if nothing was answered yet."""
        if self.status:
            return
        self._held = None
        for message in _messages(answer):
            await self.send(message)

    async def _record(self, message: Any) -> None:
        begin, self._held = self._held, None
        if await audit.record(self._services, self._scope, begin["status"], message.get("body", b"")):
            await self._begin(begin)
            await self._send(message)
            return
        self._dropping = True
        instead, its_body = _messages(NOT_RECORDED)
        await self._begin(instead)
        await self._send(its_body)

    async def _begin(self, message: Any) -> None:
        self.status = message["status"]
        headers = list(message.get("headers", ()))
        headers.append((HEADER, self.correlation_id.encode()))
        headers.extend(guarding(headers, https=self._services.is_https(self._scope)))
        headers.extend(rate_headers(self._scope))
        message["headers"] = headers
        await self._send(message)


class Gateway:
    """The ASGI application."""

    def __init__(self, services: Services, application: Any) -> None:
        self.services = services
        self.application = application
        self.doors = Doors(services.limits.trusted)
        self._hooks = hooks.HookEntrance(services)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def reached_at(self, host: str, port: int) -> None:
        """Lets callback addresses name the port that was taken; before the engine starts. A public URL stands."""
        if self.services.public_url is None:
            name = f"[{host}]" if ":" in host else host
            self.services.engine.callbacks.base = f"http://{name}:{port}"

    async def startup(self) -> None:
        await self.services.engine.start()

    def close_streams(self) -> None:
        """Ends live streams and waiting requests, so that a stopping server needn't wait for them."""
        self.services.closing.set()
        self.services.engine.wakeups.wake({EVENTS})
        self.services.tails.wake()

    async def shutdown(self) -> None:
        self.close_streams()
        await self.services.engine.stop()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.perf_counter()
        read_for(None)  # a pipelined request begins in the task of the one before it
        engine = self.services.engine
        correlation_id = given(scope["headers"]) or engine.entropy.new_id(engine.clock.now())
        scope["holdfast.correlation_id"] = correlation_id
        trusting(scope, self.services.limits.trusted)
        exchange = Exchange(self.services, scope, send)
        is_hook = hooks.is_hook(scope["path"])
        branch = self._hooks if is_hook else self.application
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            try:
                await branch(scope, receive, exchange.send)
            except Gone:
                exchange.status = exchange.status or CLIENT_GONE
            except Exception:
                _log.exception("request failed", method=scope["method"], route=_route(scope, is_hook))
                await exchange.fail(unexpected(correlation_id))
            except asyncio.CancelledError:
                if not self.services.closing.is_set():
                    raise
                await exchange.fail(STOPPING)  # it outlasted the grace of a server that stops
            self._record(scope["method"], _route(scope, is_hook), exchange.status, time.perf_counter() - began)

    def _record(self, method: str, route: str, status: int, seconds: float) -> None:
        self.services.meter.record(method, route, status, seconds)
        _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        try:
            await self.startup()
        except Exception as error:
            _log.exception("the engine could not start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.shutdown()
        await send({"type": "lifespan.shutdown.complete"})


def _messages(answer: ProblemAnswer) -> tuple[Any, Any]:
    """A problem as the two messages of an answer."""
    body = answer.body()
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


def _route(scope: Any, is_hook: bool) -> str:
    """The template of the address; what no route answers to is one label, whatever people try."""
    if is_hook:
        return hooks.ROUTE
    return getattr(scope.get("route"), "path", "unmatched")
