"""SIGKILL at any moment of a run, and a restart: the run ends right, no finished step runs again, nothing is lost.

Real processes on both stores. Webhooks are sent with delivery ids and repeated until they are answered, while
processes are killed and started again. A ledger outside of the store says what handlers
did; the job histories say what the store believes; the two must agree.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.scenarios.ledger import VARIABLE, begun
from tests.support.ports import free_port
from tests.support.process import HoldfastProcess
from tests.support.waiting import eventually

ENDED = {"SUCCEEDED", "FAILED", "CANCELLED"}
RUNS, KILLS = 60, 6

FLOW: dict[str, Any] = {
    "holdfast": 1,
    "name": "ledgered",
    "triggers": [{"id": "hook", "type": "webhook"}],
    "nodes": [
        {"id": "first", "type": "task", "params": {"name": "record", "args": {"step": "first", "pause": 0.02}}},
        {"id": "left", "type": "task", "params": {"name": "record", "args": {"step": "left", "pause": 0.03}}},
        {"id": "right", "type": "task", "params": {"name": "record", "args": {"step": "right", "pause": 0.01}}},
        {"id": "choose", "type": "if", "params": {"condition": "input.number > 5"}},
        {"id": "high", "type": "task", "params": {"name": "record", "args": {"step": "high"}}},
        {"id": "low", "type": "noop", "params": {}},
        {"id": "last", "type": "task", "params": {"name": "record", "args": {"step": "last", "pause": 0.02}}},
    ],
    "edges": [
        {"from": "first", "to": "left"},
        {"from": "first", "to": "right"},
        {"from": "left", "to": "choose"},
        {"from": "right", "to": "choose"},
        {"from": "choose.true", "to": "high"},
        {"from": "choose.false", "to": "low"},
        {"from": "high", "to": "last"},
        {"from": "low", "to": "last"},
    ],
    "output": "{{ nodes.last.output.step }}",
}


class Instance:
    """Processes on one store: `up` alone, or a server and workers; each can be killed and started again."""

    def __init__(self, url: str, folder: Path) -> None:
        self._settings = {
            "HOLDFAST_DATABASE_URL": url,
            "HOLDFAST_LEASE": "2s",
            "HOLDFAST_SECRET_KEY": "k" * 40,
            VARIABLE: str(folder / "ledger"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        self._folder = folder
        self._port = free_port()
        self._processes: dict[str, HoldfastProcess] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self, command: str, name: str = "") -> None:
        """Starts `holdfast COMMAND` under a name of its own; answers when it is ready."""
        tasks = ("--tasks", "tests.scenarios.ledger")
        arguments = {
            "up": ("up", "--port", str(self._port), *tasks),
            "server": ("server", "--port", str(self._port)),
            "worker": ("worker", *tasks),
            "migrate": ("migrate",),
        }[command]
        process = HoldfastProcess(*arguments, settings=self._settings, folder=self._folder)
        self._processes[name or command] = process
        if command in ("up", "server"):
            await process.ready()
        elif command == "migrate":
            assert await process.ended() == 0, process.output()

    def kill(self, name: str) -> None:
        self._processes[name].kill()

    def kill_all(self) -> None:
        for process in self._processes.values():
            process.kill()


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


async def deliver(session: aiohttp.ClientSession, hook: str, number: int) -> str:
    """Sends one webhook until it is answered, with the same delivery id; the run's id."""
    while True:
        try:
            headers = {"webhook-id": f"delivery-{number}"}
            async with session.post(hook, json={"number": number % 11}, headers=headers) as response:
                if response.status in (200, 202):
                    return str((await response.json())["run_id"])
                assert response.status in (503,), await response.text()
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            pass
        await asyncio.sleep(0.05)


async def runs_of(session: aiohttp.ClientSession, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        async with session.get(f"{address}/api/v1/runs?workflow=ledgered&limit=500{cursor}") as response:
            page = await response.json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as response:
        assert response.status == 200, await response.text()
        return await response.json()


SEEDS = [7, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(1, 7))]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_killed_instance_loses_and_doubles_nothing(store_url: str, tmp_path: Path, seed: int) -> None:
    """Everything in one process, which is killed six times while webhooks arrive."""
    instance = Instance(store_url, tmp_path)
    await instance.start("up")

    async def strike() -> None:
        instance.kill("up")
        await instance.start("up")

    await _under_fire(instance, random.Random(seed), strike, tmp_path)
    await _check_store(store_url)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", SEEDS)
async def test_killed_workers_lose_and_double_nothing(store_url: str, tmp_path: Path, seed: int) -> None:
    """A server and two workers; one or the other worker is killed six times, and the rest rescues its jobs."""
    chance = random.Random(seed)
    instance = Instance(store_url, tmp_path)
    await instance.start("migrate")
    await instance.start("server")
    for name in ("one", "two"):
        await instance.start("worker", name)

    async def strike() -> None:
        name = chance.choice(("one", "two"))
        instance.kill(name)
        await instance.start("worker", name)

    await _under_fire(instance, chance, strike, tmp_path)
    await _check_store(store_url)


async def _under_fire(
    instance: Instance, chance: random.Random, strike: Callable[[], Awaitable[None]], folder: Path
) -> None:
    """Sends webhooks between strikes, waits until all runs have ended, and holds them against the ledger."""
    try:
        async with client() as session:
            async with session.post(f"{instance.address}/api/v1/workflows", json=FLOW) as response:
                assert response.status == 201, await response.text()
                hook = (await response.json())["triggers"][0]["url"]
            deliveries: list[asyncio.Task[str]] = []
            for kill in range(KILLS):
                numbers = range(kill * RUNS // KILLS, (kill + 1) * RUNS // KILLS)
                deliveries += [asyncio.create_task(deliver(session, hook, number)) for number in numbers]
                await asyncio.sleep(chance.uniform(0.02, 0.6))
                await strike()
            accepted = await asyncio.gather(*deliveries)
            assert len(set(accepted)) == RUNS

            async def all_ended() -> bool:
                return all(run["state"] in ENDED for run in await runs_of(session, instance.address))

            await eventually(all_ended, timeout=60)
            listed = await runs_of(session, instance.address)
            assert sorted(run["id"] for run in listed) == sorted(accepted)
            counted = begun(folder / "ledger")
            for run_id in accepted:
                await _check_run(session, instance.address, run_id, counted)
    finally:
        instance.kill_all()


async def _check_run(session: aiohttp.ClientSession, address: str, run_id: str, counted: dict[str, int]) -> None:
    run = await get(session, f"{address}/api/v1/runs/{run_id}")
    assert run["state"] == "SUCCEEDED", run
    assert run["output"] == "last"
    taken, skipped = ("high", "low") if run["input"]["number"] > 5 else ("low", "high")
    assert run["nodes"][skipped]["state"] == "SKIPPED"
    for node_id in {"first", "left", "right", "choose", "last", taken}:
        node = run["nodes"][node_id]
        assert node["state"] == "SUCCEEDED", (node_id, node)
        job = await get(session, f"{address}/api/v1/jobs/{node['job_id']}")
        outcomes = [attempt["outcome"] for attempt in job["attempts"]]
        assert outcomes[-1] == "succeeded", outcomes
        assert outcomes.count("succeeded") == 1, outcomes
        # An execution that no attempt tells of would be one after the step had finished, or one without a lease.
        assert counted.get(job["id"], 0) <= len(outcomes)


async def _check_store(url: str) -> None:
    """What `doctor` checks at the end of every such test."""
    from holdfast.compose import open_store
    from holdfast.settings import load

    store = await open_store(load(database_url=url))
    try:
        assert await store.check_invariants(await store.clock()) == []
    finally:
        await store.close()
