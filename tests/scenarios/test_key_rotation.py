"""The secret key of a running instance is changed while two real processes work, and nothing fails meanwhile.

As an operator does it: first every process learns the new key, then each is restarted with the two exchanged, then
everything is sealed anew (killed in the middle, and run again), then the old key is forgotten.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from tests.cli.in_process import run_here
from tests.support.process import COMMAND, HoldfastProcess, environment, run_holdfast
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
OLD, NEW = "old-" + "o" * 40, "new-" + "n" * 40
MANY = 230
UP = ("up", "--port", "0", "--tasks", "tests.scenarios.rotation_tasks")


class Keyed:
    """An instance's settings under given keys."""

    def __init__(self, url: str, redis: str) -> None:
        self._more = {"HOLDFAST_DATABASE_URL": url, "HOLDFAST_REDIS_URL": redis, "PYTHONPATH": str(ROOT)}

    def settings(self, key: str, *previous: str) -> dict[str, str]:
        given = {"HOLDFAST_SECRET_KEY_PREVIOUS": ",".join(previous)} if previous else {}
        return {**self._more, "HOLDFAST_SECRET_KEY": key, **given}


async def asked(base: str, method: str, path: str, body: Any = None) -> Any:
    async with aiohttp.request(method, f"{base}/api/v1/{path}", json=body) as response:
        content = await response.text()
        assert response.status < 400, (method, path, response.status, content)
        return json.loads(content) if content else None


async def proven(base: str, name: str, value: str) -> None:
    """A job, run by whichever process takes it, reads that value."""
    job = await asked(base, "POST", "jobs", {"kind": "task:rotation.proves", "payload": {"name": name}})

    async def ended() -> Any:
        found = await asked(base, "GET", f"jobs/{job['id']}")
        return found if found["state"] in ("SUCCEEDED", "FAILED", "DEAD") else None

    found = await eventually(ended, 30, "the end of a job")
    assert found["result"] == sha256(value.encode()).hexdigest(), found


@asynccontextmanager
async def under_load(*bases: str) -> AsyncIterator[list[int]]:
    """Secrets are set and read through each process all the time; how often, so far."""
    rounds = [0] * len(bases)

    async def load(place: int) -> None:
        while True:
            for number in range(3):
                value = f"value-{place}-{rounds[place]}-{number}"
                await asked(bases[place], "PUT", f"secrets/LOAD_{place}_{number}", {"value": value})
                await proven(bases[place], f"LOAD_{place}_{number}", value)
            await proven(bases[place], "KEY_0", "value-0")
            rounds[place] += 1

    tasks = [asyncio.create_task(load(place)) for place in range(len(bases))]
    try:
        yield rounds
    finally:
        failed = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in failed:
            task.result()


async def more(rounds: list[int]) -> None:
    """Until each process went through one more round."""
    wanted = [count + 2 for count in rounds]

    async def done() -> bool:
        return all(count >= least for count, least in zip(rounds, wanted, strict=True))

    await eventually(done, 40, "the load to go on")


def killed_in_the_middle(settings: dict[str, str], folder: Path) -> None:
    """A rotation that gets no further than its first portions."""
    with subprocess.Popen(
        [COMMAND, "secrets", "rotate"], cwd=folder, env=environment(settings), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "sealed anew: 200" in process.stderr.readline()
        process.kill()


async def one_name_in_redis(url: str, server: ValkeyServer) -> None:
    """Whichever key they knew first, all processes met under one name."""
    connection = await asyncpg.connect(url)
    name = await connection.fetchval("SELECT value FROM instance WHERE key = 'namespace'")
    await connection.close()

    def count(pattern: str) -> int:
        return int(server.command("EVAL", "return #redis.call('KEYS', ARGV[1])", "0", pattern).removeprefix(":"))

    assert 0 < count(f"holdfast:{{{name}}}:*") == count("holdfast:*")


async def test_keys_are_changed(postgres_url: str, tmp_path: Path, valkey_server: ValkeyServer) -> None:
    """Without the load, in one process after the other."""
    keyed = Keyed(postgres_url, valkey_server.url)
    both_new, only_new = keyed.settings(NEW, OLD), keyed.settings(NEW)
    with HoldfastProcess(*UP, settings=keyed.settings(OLD), folder=tmp_path) as one:
        await asked(await one.ready(), "PUT", "secrets/KEY", {"value": "value"})
    refused = run_here("secrets", "rotate", settings=keyed.settings(NEW), folder=tmp_path)
    assert refused.returncode != 0
    done = run_here("secrets", "rotate", "--json", settings=both_new, folder=tmp_path)
    assert json.loads(done.stdout)["done"], done
    with HoldfastProcess(*UP, settings=only_new, folder=tmp_path) as two:
        await proven(await two.ready(), "KEY", "value")


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_keys_are_changed_under_load(postgres_url: str, valkey_server: ValkeyServer, tmp_path: Path) -> None:
    keyed = Keyed(postgres_url, valkey_server.url)
    both_old, both_new = keyed.settings(OLD, NEW), keyed.settings(NEW, OLD)
    with HoldfastProcess(*UP, settings=both_old, folder=tmp_path) as one:
        first = await one.ready()
        for number in range(MANY):
            await asked(first, "PUT", f"secrets/KEY_{number}", {"value": f"value-{number}"})
        with HoldfastProcess(*UP, settings=both_new, folder=tmp_path) as two:
            second = await two.ready()
            async with under_load(first, second) as rounds:
                await more(rounds)
                await asyncio.to_thread(killed_in_the_middle, both_new, tmp_path)
                await more(rounds)
                done = await asyncio.to_thread(run_holdfast, "secrets", "rotate", settings=both_new, folder=tmp_path)
                await more(rounds)
            assert done.returncode == 0, done
    left = run_holdfast("secrets", "rotate", "--json", settings=both_new, folder=tmp_path)
    assert json.loads(left.stdout)["done"]
    refused = run_holdfast("up", "--port", "0", settings=keyed.settings(OLD), folder=tmp_path)
    assert refused.returncode != 0
    assert "HOLDFAST_SECRET_KEY" in refused.stderr
    with HoldfastProcess(*UP, settings=keyed.settings(NEW), folder=tmp_path) as three:
        third = await three.ready()
        await proven(third, f"KEY_{MANY - 1}", f"value-{MANY - 1}")
        await one_name_in_redis(postgres_url, valkey_server)
