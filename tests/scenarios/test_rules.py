"""Rules and event triggers in real processes that are killed: every event starts what it should, once.

Two processes share a store. One follows the events; it is killed while events are posted to the other, which takes
over.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

RULE: Final[dict[str, Any]] = {
    "name": "orders",
    "trigger": {"type": "event", "event": "order.*", "condition": "event.data.n >= 0"},
    "conditions": ["event.data.n % 2 == 0"],
    "jobs": [{"kind": "billed", "payload": "{{ event.data.n }}"}, {"kind": "packed", "payload": "{{ event.data.n }}"}],
}
FLOW: Final[dict[str, Any]] = {
    "holdfast": 1,
    "name": "ordered",
    "triggers": [{"id": "order", "type": "event", "event": "order.created"}],
    "nodes": [{"id": "only", "type": "noop"}],
}
EVENTS: Final = 120


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_each_event_starts_what_it_should_once_though_its_follower_is_killed(
    store_url: str, tmp_path: Path
) -> None:
    settings = {"HOLDFAST_DATABASE_URL": store_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    with ExitStack() as stack:
        first = await started(stack, settings, tmp_path)
        async with aiohttp.ClientSession(await first.ready()) as session:
            await answer(session, "POST", "/api/v1/automation-rules", json=RULE)
            await answer(session, "POST", "/api/v1/workflows", json=FLOW)
            await post(session, 0, 40)
        second = await started(stack, settings, tmp_path)
        async with aiohttp.ClientSession(await second.ready()) as session:
            await post(session, 40, 60)
            first.kill()
            await post(session, 60, EVENTS)

            async def done() -> bool:
                return len(await firings(session)) >= 2 * EVENTS

            await eventually(done, 60, "the firings of all events")
            found = await firings(session)
            billed, packed = await payloads(session, "billed"), await payloads(session, "packed")
            runs = await every(session, "/api/v1/runs?workflow=ordered")
    even = list(range(0, EVENTS, 2))
    assert (sorted(billed), sorted(packed)) == (even, even)
    assert len(runs) == EVENTS
    assert len(found) == 2 * EVENTS
    assert sorted({firing["verdict"] for firing in found}) == ["not_met", "started"]
    assert sum(firing["verdict"] == "not_met" for firing in found) == EVENTS // 2


async def started(stack: ExitStack, settings: Mapping[str, str], folder: Path) -> HoldfastProcess:
    process = stack.enter_context(HoldfastProcess("up", "--port", "0", settings=settings, folder=folder))
    await process.ready()
    return process


async def post(session: aiohttp.ClientSession, first: int, end: int) -> None:
    for n in range(first, end):
        await answer(session, "POST", "/api/v1/events", json={"type": "order.created", "data": {"n": n}})


async def payloads(session: aiohttp.ClientSession, kind: str) -> list[int]:
    return [job["payload"] for job in await every(session, f"/api/v1/jobs?kind={kind}")]


async def firings(session: aiohttp.ClientSession) -> list[dict[str, Any]]:
    return await every(session, "/api/v1/firings?")


async def every(session: aiohttp.ClientSession, path: str) -> list[dict[str, Any]]:
    """All items of a list."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await answer(session, "GET", f"{path}&limit=100{cursor}")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def answer(session: aiohttp.ClientSession, method: str, path: str, **named: Any) -> Any:
    async with session.request(method, path, **named) as response:
        response.raise_for_status()
        return await response.json()
