"""Definitions whose runs wait, fail and have children, and what tests of runs over HTTP do with them."""

from __future__ import annotations

from typing import Any

from tests.http.serving import Api, Reply
from tests.support.waiting import eventually

RUNS = "/api/v1/runs"


def definition(name: str, *nodes: dict[str, Any], edges: str = "", **more: Any) -> dict[str, Any]:
    """A definition; ``edges`` as in ``"a>b b.error>c"``."""
    pairs = [edge.split(">") for edge in edges.split()]
    return {
        "holdfast": 1,
        "name": name,
        "nodes": list(nodes),
        "edges": [{"from": source, "to": target} for source, target in pairs],
        **more,
    }


def asking(name: str = "asking", **params: Any) -> dict[str, Any]:
    """An approval, and what follows a yes."""
    return definition(
        name,
        {"id": "ask", "type": "approval", "params": {"title": "Pay 900 EUR?", **params}},
        {"id": "pay", "type": "noop"},
        edges="ask.approved>pay",
        output="{{ nodes.ask.output }}",
    )


def failing(name: str = "failing") -> dict[str, Any]:
    """A first node that succeeds, a second that fails when the input says so."""
    return definition(
        name,
        {"id": "first", "type": "noop", "params": {"n": "{{ input.n }}"}},
        {"id": "broken", "type": "fail", "params": {"message": "it broke"}},
        edges="first>broken",
    )


async def started(api: Api, document: dict[str, Any], run_input: Any = None) -> str:
    """Saves the workflow and starts a run; its id."""
    await api.create(document)
    return await started_again(api, document["name"], run_input)


async def started_again(api: Api, name: str, run_input: Any = None) -> str:
    reply = await api.post(f"/api/v1/workflows/{name}/runs", {"input": run_input or {}})
    assert reply.status == 201, reply.text
    run_id: str = reply.json["id"]
    return run_id


async def run_of(api: Api, run_id: str) -> Any:
    return (await api.get(f"{RUNS}/{run_id}")).json


async def in_state(api: Api, run_id: str, *states: str) -> Any:
    """The run once it is in one of these states."""

    async def there() -> Any:
        run = await run_of(api, run_id)
        return run if run["state"] in states else None

    return await eventually(there, 20)


async def node_in_state(api: Api, run_id: str, node: str, state: str) -> Any:
    """The node once it is in this state."""

    async def there() -> Any:
        shown = (await run_of(api, run_id))["nodes"][node]
        return shown if shown["state"] == state else None

    return await eventually(there, 20)


async def told(api: Api, run_id: str, what: str, body: Any = None, **options: Any) -> Reply:
    """Posts to an address of the run."""
    return await api.post(f"{RUNS}/{run_id}/{what}", body, **options)
