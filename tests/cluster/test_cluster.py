"""Servers, workers and relays on one machine under load and under every fault, and the proof that nothing was lost or
doubled. By default a small cluster and a few faults on each path; with ``-m chaos`` the whole one and all faults.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Size
from tests.cluster.faults import DATABASE, PROCESSES
from tests.cluster.scenario import Course, endures
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are harmed by means that only Linux has")

SMALL = Size(servers=2, workers=3)
FULL = Size(servers=3, workers=8)
FEW = ["worker killed", "server killed", "database crashed", "one stalled", "commits' answers lost", "one cut off"]
SECONDS_UNTIL_BACK = 60.0


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    with PostgresServer(in_memory=True) as server:
        yield server


@pytest.mark.timeout(180)
async def test_a_cluster_endures_faults(own_postgres: PostgresServer, tmp_path: Path) -> None:
    course = Course(SMALL, FEW, rate=15, before=2, during=6, after=2, pace=0.5, lease="2s")
    await endures(own_postgres.create_database("holdfast"), tmp_path, course, 1, postgres=own_postgres)


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 6))
async def test_a_whole_cluster_endures_every_fault(own_postgres: PostgresServer, tmp_path: Path, seed: int) -> None:
    course = Course(FULL, [*PROCESSES, *DATABASE], rate=20, before=10, during=90, after=65)
    url = own_postgres.create_database("holdfast")
    figures = await endures(url, tmp_path, course, seed, postgres=own_postgres)
    sys.stdout.write(f"seed {seed}: {figures}\n")
    assert figures.back_after is not None
    assert figures.back_after <= SECONDS_UNTIL_BACK, str(figures)
