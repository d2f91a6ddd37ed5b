"""A receiver of webhooks: a real server that keeps what comes, and a check of signatures by the specification's text.

The check shares no code with what signs: it is what a receiver would write from Standard Webhooks 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def signatures(self) -> list[str]:
        return self.headers["webhook-signature"].split(" ")

    def signed_by(self, secret: str) -> bool:
        """Whether any of the request's signatures was made with this secret."""
        key = base64.b64decode(secret[len("whsec_") :])
        text = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(f"v1,{wanted}", signature) for signature in self.signatures)


@dataclass
class WebhookServer:
    """Answers each request as ``answers`` say, one after the other, the last one from then on."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def answer(self, *statuses: int, text: str = "", **headers: str) -> None:
        """What the next requests are answered."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers = [web.Response(status=status, text=text, headers=named) for status in statuses]

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path_qs, headers, await request.read()))
        if not self.answers:
            return web.Response()
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=given.status, body=given.body, headers=given.headers)


@asynccontextmanager
async def webhook_server() -> AsyncIterator[WebhookServer]:
    """A receiver on a loopback port."""
    made = WebhookServer()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", made.handle)
    server = TestServer(app)
    await server.start_server()
    made.url = str(server.make_url("/hook?for=tests"))
    try:
        yield made
    finally:
        await server.close()
