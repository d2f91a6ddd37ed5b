"""Servers, workers and relays on one machine under load and under every fault, and the proof that nothing was lost or
doubled: with Redis and without, and on one SQLite file. By default a small cluster and a few faults; with ``-m chaos``
the whole one, every fault and several seeds, and its rate must be back soon after the last of them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.cluster.cluster import Size
from tests.cluster.faults import DATABASE, PROCESSES, REDIS
from tests.cluster.scenario import Course, Figures, endures
from tests.support.postgres import PostgresServer
from tests.support.valkey import ValkeyServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are harmed by means that only Linux has")

KILLS: Final = ("worker killed", "server killed", "half of all killed")
FEW: Final = ("worker killed", "server killed", "database crashed", "one stalled", "commits' answers lost")
FEW_OF_REDIS: Final = (
    "worker killed",
    "relay killed",
    "redis restarted empty",
    "one stalled to redis",
    "any answers lost",
)
SECONDS_UNTIL_BACK: Final = 60.0
SEEDS: Final = range(1, 4)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    with PostgresServer(in_memory=True) as server:
        yield server


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


def small(size: Size, *faults: str) -> Course:
    return Course(size, faults, rate=12, before=1, during=5, after=1, pace=0.5, lease="2s")


def whole(size: Size, *faults: str) -> Course:
    return Course(size, faults, rate=12, before=15, during=90, after=65)


def is_back(seed: int, figures: Figures) -> None:
    sys.stdout.write(f"seed {seed}: {figures}\n")
    assert figures.back_after is not None, str(figures)
    assert figures.back_after <= SECONDS_UNTIL_BACK, str(figures)


# -- a few faults --


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_a_cluster_endures_faults(own_postgres: PostgresServer, tmp_path: Path) -> None:
    course = small(Size(servers=2, workers=3), *FEW)
    figures = await endures(own_postgres.create_database("holdfast"), tmp_path, course, 1, postgres=own_postgres)
    assert figures.answers_lost > 0, "no commit's answer was lost"


@pytest.mark.timeout(180)
async def test_a_cluster_with_redis_endures_faults(
    own_postgres: PostgresServer, own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    course = small(Size(servers=2, workers=2, relays=1), *FEW_OF_REDIS)
    url = own_postgres.create_database("holdfast")
    figures = await endures(url, tmp_path, course, 1, postgres=own_postgres, valkey=own_valkey)
    assert figures.answers_lost > 0
    assert_streams_were_used(own_valkey)


def assert_streams_were_used(server: ValkeyServer) -> None:
    """Workers read offers after the server had come back, not only before."""
    assert "cmdstat_xreadgroup" in server.command("INFO", "commandstats")


# -- the whole cluster --


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_whole_cluster_endures_every_fault(own_postgres: PostgresServer, tmp_path: Path, seed: int) -> None:
    course = whole(Size(servers=3, workers=8), *PROCESSES, *DATABASE)
    url = own_postgres.create_database("holdfast")
    is_back(seed, await endures(url, tmp_path, course, seed, postgres=own_postgres))


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_whole_cluster_with_redis_endures_every_fault(
    own_postgres: PostgresServer, own_valkey: ValkeyServer, tmp_path: Path, seed: int
) -> None:
    course = whole(Size(servers=3, workers=8, relays=2), *PROCESSES, *DATABASE, *REDIS)
    url = own_postgres.create_database("holdfast")
    is_back(seed, await endures(url, tmp_path, course, seed, postgres=own_postgres, valkey=own_valkey))
    assert_streams_were_used(own_valkey)


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_a_cluster_goes_on_when_redis_is_gone_for_good(
    own_postgres: PostgresServer, own_valkey: ValkeyServer, tmp_path: Path
) -> None:
    course = Course(
        Size(3, 8, 2), ["redis gone", "worker killed", "rolling restart"], 12, before=15, during=5, after=65
    )
    url = own_postgres.create_database("holdfast")
    is_back(1, await endures(url, tmp_path, course, 1, postgres=own_postgres, valkey=own_valkey))


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
async def test_processes_on_one_file_endure_kills(sqlite_url: str, tmp_path: Path, seed: int) -> None:
    course = Course(Size(servers=0, workers=2, ups=1), KILLS * 2, rate=8, before=10, during=15, after=30)
    is_back(seed, await endures(sqlite_url, tmp_path, course, seed))
