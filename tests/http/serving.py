"""A real server in this process: the engine on SQLite in memory, uvicorn on a free loopback port, aiohttp as client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp

from holdfast.compose import Role, build
from holdfast.http.app import CONSOLE_DIR, create_app
from holdfast.http.gateway import Gateway
from holdfast.http.limits import Limits
from holdfast.http.local_access import LocalAccess
from holdfast.http.server import run
from holdfast.model.access import ApiKey
from holdfast.model.errors import Conflict
from holdfast.model.job import ALL_QUEUES
from holdfast.ports import NewTenant
from holdfast.settings import load
from tests.http.sparing import spare_repeats

# Tests call as fast as they can.
UNLIMITED = Limits(rate=0)
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """An answer, its body read."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def paths(self) -> list[str]:
        """The paths of a problem's errors."""
        return [error["path"] for error in self.json["errors"]]


@dataclass
class Api:
    """Calls one server."""

    base: str
    app: Gateway
    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        async with self.session.request(method, self.base + path, allow_redirects=False, **options) as response:
            return Reply(response.status, response.headers, (await response.read()).decode())

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return await self.call("POST", path, json={} if body is None else body, **options)

    async def create(self, document: dict[str, Any]) -> dict[str, Any]:
        """Saves a workflow and gives its JSON."""
        reply = await self.post("/api/v1/workflows", document)
        assert reply.status == 201, reply.text
        created: dict[str, Any] = reply.json
        return created

    async def key(
        self,
        role: str,
        *,
        tenant: str = "default",
        instance_admin: bool = False,
        expires_at: int | None = None,
        revoked_at: int | None = None,
        scopes: frozenset[str] | None = None,
    ) -> dict[str, str]:
        """The header of a new API key, put straight into the store; so is its tenant, if there is none."""
        engine = self.app.services.engine
        now = engine.clock.now()
        with suppress(Conflict):
            await engine.store.create_tenant(NewTenant(tenant, tenant), now)
        secret = f"hf_test_{role}_{engine.entropy.new_id(now)}"
        key = ApiKey(
            engine.entropy.new_id(now), tenant, role, role, instance_admin, now, expires_at, revoked_at, scopes
        )
        await engine.store.add_api_key(key, sha256(secret.encode()).digest())
        return {"Authorization": f"Bearer {secret}"}


@asynccontextmanager
async def serving(
    *,
    local: bool = True,
    console_dir: Path = CONSOLE_DIR,
    url: str = "memory:",
    role: Role = "all",
    queues: tuple[str, ...] = (ALL_QUEUES,),
    redis: str | None = None,
    limits: Limits = UNLIMITED,
    public_url: str | None = None,
    **settings: Any,
) -> AsyncIterator[Api]:
    """A running server; ``local``: whether the local user may be signed in."""
    spare_repeats()
    loaded = load(database_url=url, secret_key="k" * 40, redis_url=redis, **settings)
    engine = await build(loaded, role=role, queues=queues)
    access = LocalAccess(local)
    app = create_app(engine, local_access=access, console_dir=console_dir, public_url=public_url, limits=limits)
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    server = asyncio.create_task(run(app, "127.0.0.1", 0, stop=stop, on_ready=ready.set_result, grace=2))
    try:
        server.add_done_callback(lambda done: ready.done() or ready.cancel())
        await ready
        async with aiohttp.ClientSession() as session:
            yield Api(f"http://127.0.0.1:{ready.result()}", app, session)
    finally:
        stop.set()
        await server


def workflow(name: str = "greet", **more: Any) -> dict[str, Any]:
    """A small valid definition: a webhook, two nodes in a row."""
    return {
        "holdfast": 1,
        "name": name,
        "triggers": [{"id": "hook", "type": "webhook"}, {"id": "hand", "type": "manual"}],
        "nodes": [
            {"id": "second", "type": "transform", "params": {"value": "{{ nodes.first.output }}"}},
            {"id": "first", "type": "noop", "params": {"word": "hello"}},
        ],
        "edges": [{"from": "first", "to": "second"}],
        "output": "{{ nodes.second.output }}",
        **more,
    }


def parked(name: str = "parked") -> dict[str, Any]:
    """A definition whose run stays: its only node waits an hour, another follows."""
    nodes = [{"id": "later", "type": "delay", "params": {"for": "1h"}}, {"id": "end", "type": "noop"}]
    return {"holdfast": 1, "name": name, "nodes": nodes, "edges": [{"from": "later", "to": "end"}]}
