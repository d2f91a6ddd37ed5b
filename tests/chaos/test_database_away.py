"""PostgreSQL restarts, crashes and cuts connections under load: no process ends, callers are answered 503 meanwhile,
and everything that was accepted is done afterwards."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.load import Load
from tests.chaos.verdict import judge
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.chaos

DATABASE = "holdfast"
STRIKES = 4


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    with PostgresServer(in_memory=True) as server:
        yield server


def restarted(server: PostgresServer) -> None:
    server.restart()


def crashed(server: PostgresServer) -> None:
    server.kill()
    server.resume()


def cut_off(server: PostgresServer) -> None:
    assert server.terminate_backends(DATABASE) > 0


def cut_one(server: PostgresServer) -> None:
    """One connection at random, as a pooler or a firewall would drop it."""
    server.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}' ORDER BY random() LIMIT 1"
    )


WAYS: list[Callable[[PostgresServer], None]] = [restarted, cut_one, cut_off, crashed]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(10, 14))])
async def test_work_goes_on_after_the_database_came_back(own_server: PostgresServer, tmp_path: Path, seed: int) -> None:
    """Each way of going away strikes once, in a random order and at random moments."""
    url = own_server.create_database(DATABASE)
    chance = random.Random(seed)
    async with Cluster(url, tmp_path) as cluster:
        await cluster.start("one", "two")
        load = Load(cluster.caller, chance)
        for strike in chance.sample(WAYS, STRIKES):
            await load.begin(50)
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            await asyncio.to_thread(strike, own_server)
        await load.settled()
        assert cluster.all_running(), "a process ended because its database went away"
        judged = await judge(url, cluster.ledger, cluster.caller.accepted)
        load.check(judged)
