"""The outermost layer, in front of webhooks and the application: correlation id, security headers, one log line,
metrics.

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
from holdfast.http import hooks
from holdfast.http.body import Gone
from holdfast.http.correlation import HEADER, given
from holdfast.http.errors import PROBLEM_TYPE, STOPPING, ProblemAnswer, unexpected
from holdfast.http.services import Services

_log = structlog.get_logger("holdfast.http")

_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# For answers that don't bring their own.
_DEFAULTS: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_CLIENT_GONE: Final = 499


class Exchange:
    """One request and what became of it; ``send`` goes through here."""

    __slots__ = ("_send", "correlation_id", "status")

    def __init__(self, send: Any, correlation_id: str) -> None:
        self._send = send
        self.correlation_id = correlation_id
        self.status = 0

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._headers(list(message.get("headers", ())))
        await self._send(message)

    def _headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name for name, _ in headers}
        headers.append((HEADER, self.correlation_id.encode()))
        headers.extend(_SECURITY)
        headers.extend(pair for pair in _DEFAULTS if pair[0] not in names)
        return headers

    async def fail(self, answer: ProblemAnswer) -> None:
        """This problem, if nothing was answered yet."""
        if self.status:
            return
        body = answer.body()
        headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", b"%d" % len(body))]
        headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


class Gateway:
    """The ASGI application."""

    def __init__(self, services: Services, application: Any) -> None:
        self.services = services
        self.application = application
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
        engine = self.services.engine
        correlation_id = given(scope["headers"]) or engine.entropy.new_id(engine.clock.now())
        scope["holdfast.correlation_id"] = correlation_id
        exchange = Exchange(send, correlation_id)
        is_hook = hooks.is_hook(scope["path"])
        branch = self._hooks if is_hook else self.application
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            try:
                await branch(scope, receive, exchange.send)
            except Gone:
                exchange.status = exchange.status or _CLIENT_GONE
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


def _route(scope: Any, is_hook: bool) -> str:
    """The template of the address; what no route answers to is one label, whatever people try."""
    if is_hook:
        return hooks.ROUTE
    return getattr(scope.get("route"), "path", "unmatched")
