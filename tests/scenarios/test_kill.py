"""SIGKILL at any moment of a run, and a restart: the run ends right, no finished step runs again, nothing is lost.

Real processes on both stores. Webhooks are sent with delivery ids and repeated until they are answered, while the
whole process (server and worker in one) is killed and started again. A ledger outside of the store says what handlers
did; the job histories say what the store believes; the two must agree.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
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
    """`holdfast up` on one store and one port, started again after each kill."""

    def __init__(self, url: str, folder: Path, port: int) -> None:
        self._settings = {
            "HOLDFAST_DATABASE_URL": url,
            "HOLDFAST_LEASE": "2s",
            "HOLDFAST_SECRET_KEY": "k" * 40,
            VARIABLE: str(folder / "ledger"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        self._folder = folder
        self._port = port
        self.process: HoldfastProcess | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        arguments = ("up", "--port", str(self._port), "--tasks", "tests.scenarios.ledger")
        self.process = HoldfastProcess(*arguments, settings=self._settings, folder=self._folder)
        await self.process.ready()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()


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


@pytest.mark.timeout(180)
async def test_a_killed_instance_loses_and_doubles_nothing(store_url: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "7"))
    chance = random.Random(seed)
    runs, kills = 40, 6
    instance = Instance(store_url, tmp_path, free_port())
    await instance.start()
    try:
        async with client() as session:
            async with session.post(f"{instance.address}/api/v1/workflows", json=FLOW) as response:
                assert response.status == 201, await response.text()
                hook = (await response.json())["triggers"][0]["url"]
            deliveries = [asyncio.create_task(deliver(session, hook, number)) for number in range(runs // 2)]
            for kill in range(kills):
                await asyncio.sleep(chance.uniform(0.02, 0.6))
                instance.kill()
                deliveries += [
                    asyncio.create_task(deliver(session, hook, number))
                    for number in range(runs // 2, runs)
                    if number % kills == kill
                ]
                await instance.start()
            accepted = await asyncio.gather(*deliveries)
            assert len(set(accepted)) == runs

            async def all_ended() -> bool:
                return all(run["state"] in ENDED for run in await runs_of(session, instance.address))

            await eventually(all_ended, timeout=60)
            listed = await runs_of(session, instance.address)
            assert sorted(run["id"] for run in listed) == sorted(accepted)
            counted = begun(tmp_path / "ledger")
            for run_id in accepted:
                await _check_run(session, instance.address, run_id, counted)
    finally:
        instance.kill()
    await _check_store(store_url)


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
