"""SIGKILL at any moment of a run, and a restart: the run ends right, no finished step runs again, nothing is lost.

Real processes on both stores. Webhooks are sent with delivery ids and repeated until they are answered, while
processes are killed and started again. A ledger outside of the store says what handlers did; the job histories say
what the store believes; the two must agree.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.chaos.caller import Caller
from tests.chaos.cluster import Cluster
from tests.chaos.stores import usually
from tests.chaos.verdict import judge
from tests.support.waiting import eventually

ENDED = {"SUCCEEDED", "FAILED", "CANCELLED"}
RUNS = 60
FEW = 20
WORKERS = ("one", "two")

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

Strike = Callable[[], Awaitable[None]]


@usually("postgres")
@pytest.mark.timeout(180)
async def test_a_killed_instance_loses_and_doubles_nothing(store_url: str, tmp_path: Path) -> None:
    await kills_of_everything(store_url, tmp_path, seed=7, kills=1, runs=FEW)


@usually("sqlite")
@pytest.mark.timeout(180)
async def test_killed_workers_lose_and_double_nothing(store_url: str, tmp_path: Path) -> None:
    await kills_of_workers(store_url, tmp_path, seed=7, kills=2, runs=2 * FEW)


@pytest.mark.chaos
@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(1, 7))
async def test_an_instance_killed_at_other_moments(store_url: str, tmp_path: Path, seed: int) -> None:
    await kills_of_everything(store_url, tmp_path, seed, kills=6)


@pytest.mark.chaos
@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", range(1, 7))
async def test_workers_killed_at_other_moments(store_url: str, tmp_path: Path, seed: int) -> None:
    await kills_of_workers(store_url, tmp_path, seed, kills=6)


async def kills_of_everything(store_url: str, folder: Path, seed: int, kills: int, runs: int = RUNS) -> None:
    """Everything in one process, which is killed again and again while webhooks arrive."""
    async with Cluster(store_url, folder) as cluster:
        await cluster.up()

        async def strike() -> None:
            cluster["up"].kill()
            await cluster.up()

        await under_fire(cluster, random.Random(seed), kills, runs, strike)


async def kills_of_workers(store_url: str, folder: Path, seed: int, kills: int, runs: int = RUNS) -> None:
    """A server and two workers; one or the other worker is killed again and again, and the rest rescues its jobs."""
    chance = random.Random(seed)
    async with Cluster(store_url, folder) as cluster:
        await cluster.start(*WORKERS)

        async def strike() -> None:
            name = chance.choice(WORKERS)
            cluster[name].kill()
            cluster.launch_worker(name)

        await under_fire(cluster, chance, kills, runs, strike)


async def under_fire(cluster: Cluster, chance: random.Random, kills: int, runs: int, strike: Strike) -> None:
    """Sends webhooks between strikes, waits until all runs have ended, and holds them against the ledger."""
    caller = cluster.caller
    status, saved = await caller.attempt("POST", "/api/v1/workflows", FLOW)
    assert status == 201, saved
    hook = urlsplit(saved["triggers"][0]["url"]).path
    deliveries: list[asyncio.Task[str]] = []
    for kill in range(kills):
        numbers = range(kill * runs // kills, (kill + 1) * runs // kills)
        deliveries += [asyncio.create_task(deliver(caller, hook, number)) for number in numbers]
        await asyncio.sleep(chance.uniform(0.02, 0.6))
        await strike()
    accepted = await asyncio.gather(*deliveries)
    assert len(set(accepted)) == runs

    async def all_ended() -> bool:
        return all(run["state"] in ENDED for run in await runs_of(caller))

    await eventually(all_ended, timeout=60)
    assert sorted(run["id"] for run in await runs_of(caller)) == sorted(accepted)
    jobs = [await check_run(caller, run_id) for run_id in accepted]
    await judge(cluster.url, cluster.ledger, {job_id for of_run in jobs for job_id in of_run})


async def deliver(caller: Caller, hook: str, number: int) -> str:
    """Sends one webhook until it is answered, with the same delivery id; the run's id."""
    while True:
        headers = {"webhook-id": f"delivery-{number}"}
        status, answer = await caller.attempt("POST", hook, {"number": number % 11}, headers)
        if status in (200, 202):
            return str(answer["run_id"])
        assert status in (0, 503), answer
        await asyncio.sleep(0.05)


async def runs_of(caller: Caller) -> list[dict[str, Any]]:
    return await caller.listed("/api/v1/runs?workflow=ledgered")


async def check_run(caller: Caller, run_id: str) -> list[str]:
    """The run took the right way through its graph; the ids of its jobs, which the verdict looks at."""
    run = await caller.get(f"/api/v1/runs/{run_id}")
    assert run["state"] == "SUCCEEDED", run
    assert run["output"] == "last"
    taken, skipped = ("high", "low") if run["input"]["number"] > 5 else ("low", "high")
    nodes = run["nodes"]
    assert nodes[skipped]["state"] == "SKIPPED"
    assert {nodes[name]["state"] for name in ("first", "left", "right", "choose", "last", taken)} == {"SUCCEEDED"}
    return [str(node["job_id"]) for node in nodes.values() if node["job_id"] is not None]
