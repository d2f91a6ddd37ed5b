"""Processes that are killed and started again while a clock goes: no second is missed, none fires twice.

Real processes on both stores, in real time. The first two run beside each other, so that one takes over from the other;
then nothing runs for a while; then a third one makes up for it.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from holdfast.model.instant import SECOND, parse_instant
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

FLOW: Final[dict[str, Any]] = {
    "holdfast": 1,
    "name": "ticking",
    "triggers": [{"id": "clock", "type": "every", "every": "1s", "misfire": "all"}],
    "nodes": [{"id": "only", "type": "noop"}],
}
DOWN: Final = 3.0


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_no_second_is_missed_or_doubled(store_url: str, tmp_path: Path) -> None:
    settings = {"HOLDFAST_DATABASE_URL": store_url, "HOLDFAST_SECRET_KEY": "k" * 40}
    with ExitStack() as stack:
        first = await started(stack, settings, tmp_path)
        async with aiohttp.ClientSession(await first.ready()) as session:
            await answer(session, "POST", "/api/v1/workflows", json=FLOW)
        second = await started(stack, settings, tmp_path)
        await until(second, 3)
        first.kill()
        before = len(await firings(second))
        await until(second, before + 8)  # whichever led: the other does now
        second.kill()
        killed = time.monotonic()
        await eventually(lambda: time.monotonic() - killed > DOWN)
        third = await started(stack, settings, tmp_path)
        missed = len(await firings(third)) + int(DOWN)
        await until(third, missed + 3)
        async with aiohttp.ClientSession(await third.ready()) as session:
            await answer(session, "POST", "/api/v1/workflows/ticking/disable")
        await sound(third)


async def started(stack: ExitStack, settings: Mapping[str, str], folder: Path) -> HoldfastProcess:
    process = stack.enter_context(HoldfastProcess("up", "--port", "0", settings=settings, folder=folder))
    await process.ready()
    return process


async def answer(session: aiohttp.ClientSession, method: str, path: str, **named: Any) -> Any:
    async with session.request(method, path, **named) as response:
        response.raise_for_status()
        return await response.json()


async def firings(process: HoldfastProcess) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession(await process.ready()) as session:
        page = await answer(session, "GET", "/api/v1/firings?workflow=ticking&limit=200")
    assert page["next"] is None
    found: list[dict[str, Any]] = page["items"]
    return found


async def until(process: HoldfastProcess, count: int) -> None:
    async def seen() -> bool:
        return len(await firings(process)) >= count

    await eventually(seen, 40, f"{count} firings")


async def sound(process: HoldfastProcess) -> None:
    """Each second of the whole time fired once, and each firing has a run of its own."""
    found = await firings(process)
    assert {firing["verdict"] for firing in found} == {"started"}
    times = sorted(parse_instant(firing["fire_at"]) for firing in found)
    assert times == list(range(times[0], times[0] + len(times) * SECOND, SECOND))
    runs = {firing["run"] for firing in found}
    async with aiohttp.ClientSession(await process.ready()) as session:
        page = await answer(session, "GET", "/api/v1/runs?workflow=ticking&limit=200")
    assert {run["id"] for run in page["items"]} == runs
    assert len(runs) == len(found)
