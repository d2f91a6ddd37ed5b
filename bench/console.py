"""The console in a real browser: what a first load costs, and a graph of 500 nodes while it is panned and changes.

*First load*: a browser that has nothing cached opens the list pages; the scripts that it then asks for are counted as
gzip makes them, and the time is from the navigation to the page's rows. *Graph*: a run of 500 nodes, of which 50 a
second end, is dragged about all the while; frames are counted by the page itself. There is no graphics card here: the
browser draws with the processor, beside the server and the worker. *Pages of jobs*: the API's answers among 100,000.
"""

import asyncio
import gzip
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, Final

import aiohttp
from playwright.async_api import Browser, Page, async_playwright

from bench.bench import Bench
from bench.instance import process_settings
from bench.noise import Meter
from scripts.chromium import HOW_TO_GET_IT, find
from tests.support.process import HoldfastProcess

LISTS: Final = ("/", "/runs", "/jobs")
LOADS: Final = 5
NODES: Final = 500
ENDS_PER_SECOND: Final = 50
JOBS: Final = 100_000
BATCH: Final = 1_000
PAGES: Final = 200
_ROWS: Final = """() => document.querySelector('main h1') && !document.querySelector('[aria-label="Loading"]')
  && performance.now()"""
_FRAMES: Final = """() => {
  window.frames_seen = []
  let last = performance.now()
  const next = (now) => { window.frames_seen.push(now - last); last = now; requestAnimationFrame(next) }
  requestAnimationFrame(next)
}"""


async def measure(store: str, bench: Bench) -> None:
    async def pages(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, folder):
            async with _server(url, folder) as address:
                return await _pages_of_jobs(address, bench.scale.of(JOBS, BATCH), meter)

    units = {"p50": "ms", "p95": "ms"}
    await bench.repeat(store, f"a page of 50 among {JOBS:,} jobs", units, pages, times=1)
    if store == "postgres":  # what follows is the browser's work, the same on any store
        return

    async def first(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, folder):
            async with _server(url, folder, "--samples") as address, _browser() as browser:
                return await _first_loads(address, browser, meter)

    async def graph(meter: Meter) -> dict[str, float]:
        with bench.stores.fresh(store) as (url, folder):
            async with _server(url, folder) as address, _browser() as browser:
                return await _graph(address, browser, meter)

    await bench.repeat(store, "first load of a list page", {"scripts": "KB gzip", "rows": "ms"}, first, times=1)
    units = {"frames": "/s", "p95": "ms a frame", "late": "ms"}
    await bench.repeat(store, f"a run of {NODES} nodes, {ENDS_PER_SECOND} ends/s, panned", units, graph)


@asynccontextmanager
async def _server(url: str, folder: Any, *more: str) -> AsyncIterator[str]:
    with HoldfastProcess("up", "--port", "0", *more, settings=process_settings(url), folder=folder) as process:
        yield await process.ready()


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    program = find()
    if program is None:
        raise RuntimeError(HOW_TO_GET_IT)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _first_loads(address: str, browser: Browser, meter: Meter) -> dict[str, float]:
    """The largest of the lists' medians."""
    sizes, times = [], []
    with meter.timing():
        for path in LISTS:
            loads = [await _first_load(f"{address}/app{path}", browser) for _ in range(LOADS)]
            sizes.append(statistics.median(size for size, _ in loads))
            times.append(statistics.median(time for _, time in loads))
    return {"scripts": max(sizes), "rows": max(times)}


async def _first_load(address: str, browser: Browser) -> tuple[float, float]:
    context = await browser.new_context()
    page = await context.new_page()
    scripts: list[Any] = []
    page.on("response", lambda response: scripts.append(response) if ".js" in response.url else None)
    await page.goto(address)
    shown = await page.wait_for_function(_ROWS, polling="raf")
    time = float(await shown.json_value())
    bodies = [await script.body() for script in scripts]
    await context.close()
    return sum(len(gzip.compress(body)) for body in bodies) / 1024, time


async def _graph(address: str, browser: Browser, meter: Meter) -> dict[str, float]:
    async with aiohttp.ClientSession(address) as session:
        run = await _start(session)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(f"{address}/app/runs/{run}")
        await page.wait_for_selector(".react-flow__node")
        with meter.timing():
            await page.evaluate(_FRAMES)
            began = perf_counter()
            while perf_counter() - began < NODES / ENDS_PER_SECOND:
                await _drag(page)
            frames = sorted(await page.evaluate("() => window.frames_seen"))
            took = perf_counter() - began
        return {
            "frames": len(frames) / took,
            "p95": frames[int(len(frames) * 0.95)],
            "late": await _late(session, page, run),
        }


async def _start(session: aiohttp.ClientSession) -> str:
    """A run whose nodes end one after the other."""
    first = 2_000
    nodes = [
        {"id": f"n{index}", "type": "delay", "params": {"for": f"{first + index * 1000 // ENDS_PER_SECOND}ms"}}
        for index in range(NODES)
    ]
    layout = {f"n{index}": {"x": index % 25 * 260, "y": index // 25 * 120} for index in range(NODES)}
    document = {"holdfast": 1, "name": "wide", "nodes": nodes, "layout": layout}
    async with session.post("/api/v1/workflows", json=document) as response:
        response.raise_for_status()
    async with session.post("/api/v1/workflows/wide/runs", json={}) as response:
        response.raise_for_status()
        started: str = (await response.json())["id"]
    return started


async def _drag(page: Page) -> None:
    """Across the graph and back, as a hand does it."""
    x, y = 700, 330
    await page.mouse.move(x, y)
    await page.mouse.down(button="middle")
    await page.mouse.move(x - 300, y - 80, steps=30)
    await page.mouse.move(x, y, steps=30)
    await page.mouse.up(button="middle")


async def _late(session: aiohttp.ClientSession, page: Page, run: str) -> float:
    """Milliseconds from the run's end, by the server's word, to its being shown."""
    while True:
        async with session.get(f"/api/v1/runs/{run}") as response:
            if (await response.json())["state"] == "SUCCEEDED":
                break
        await asyncio.sleep(0.02)
    ended = perf_counter()
    await page.wait_for_function("() => document.querySelector('main header')?.innerText.includes('Succeeded')")
    return (perf_counter() - ended) * 1000


async def _pages_of_jobs(address: str, jobs: int, meter: Meter) -> dict[str, float]:
    """Of every list that the jobs page asks for: by state, by queue, by kind, and one page after the other."""
    async with aiohttp.ClientSession(address) as session:
        async with session.patch("/api/v1/queues/later", json={"paused": True}) as response:
            response.raise_for_status()
        batch = {"jobs": [{"kind": "noop", "payload": {}, "queue": "later"}] * BATCH}
        for _ in range(jobs // BATCH):
            async with session.post("/api/v1/jobs/batch", json=batch) as response:
                response.raise_for_status()
        times: list[float] = []
        with meter.timing():
            for filters in ({}, {"state": "PENDING"}, {"queue": "later"}, {"kind": "noop", "state": "PENDING"}):
                cursor: str | None = None
                for _ in range(PAGES // 4):
                    asked = {**filters, "limit": "50", **({"cursor": cursor} if cursor else {})}
                    began = perf_counter()
                    async with session.get("/api/v1/jobs", params=asked) as response:
                        response.raise_for_status()
                        cursor = (await response.json())["next"]
                    times.append((perf_counter() - began) * 1000)
        times.sort()
        return {"p50": statistics.median(times), "p95": times[int(len(times) * 0.95)]}
