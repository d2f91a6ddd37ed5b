"""Deliveries at webhooks, for tests: a request comes through the same steps as from the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from holdfast.engine.hook_values import Delivery, Taken, Told
from holdfast.model.json import JSON, JSONObject
from holdfast.model.signatures import Message
from tests.engine.world import World

NODE: list[JSON] = [{"id": "only", "type": "noop"}]


async def hooked(w: World, *, trigger: Mapping[str, JSON] | None = None, **document: JSON) -> str:
    """Saves a workflow with a webhook ``hook``; its key."""
    triggers: list[JSON] = [{"id": "hook", "type": "webhook", **(trigger or {})}]
    hooks = await w.save(**{"triggers": triggers, "nodes": NODE, **document})
    return str(hooks["hook"])


def delivery(body: JSON = None, *, headers: Mapping[str, str] | None = None, **query: JSON) -> Delivery:
    known: JSONObject = {"content-type": "application/json", **(headers or {})}
    digest = sha256(json.dumps(body).encode()).hexdigest()
    return Delivery("POST", "/hooks/x/a", "/a", dict(query), known, body, digest)


async def deliver(
    w: World, key: str, body: JSON = None, *, headers: Mapping[str, str] | None = None, **query: JSON
) -> Taken:
    """One delivery; ``headers`` are both what signatures see and what the trigger is told."""
    given = headers or {}
    hook = await w.hooks.find(key)
    raw = b"" if body is None else json.dumps(body).encode()
    message = Message([(name.lower().encode(), value.encode()) for name, value in given.items()], raw)
    admitted = await w.hooks.admit(hook, message)
    sent = delivery(body, headers={name.lower(): value for name, value in given.items()}, **query)
    return await w.hooks.accept(admitted, sent, "request-9")


def run_of(taken: Taken) -> str:
    assert taken.started.run_id is not None
    return taken.started.run_id


def status_of(taken: Taken) -> int:
    assert isinstance(taken.at_once, Told)
    return taken.at_once.status
