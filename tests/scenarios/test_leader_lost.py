"""The process that looks after time for all of an instance dies, or stands still: another one goes on with it.

Real processes on PostgreSQL. Which of them leads is in its log. A wait whose time comes while nobody leads ends late
by no more than a lead lasts, and once, though the process that stood still goes on in the end. Within one process
`tests/engine/test_leading.py` shows the same, in the whole gate.
"""

import signal
from pathlib import Path
from typing import Any

import pytest

from holdfast.compose import open_store
from holdfast.model.records import RunRecord
from holdfast.settings import load
from tests.chaos.cluster import Cluster
from tests.support.waiting import eventually

TENANT = "default"
PROCESSES = ("server", "one", "two")
WAITS: dict[str, Any] = {
    "holdfast": 1,
    "name": "waits",
    "nodes": [
        {"id": "call", "type": "wait.callback", "params": {"timeout": "3s"}},
        {"id": "late", "type": "noop", "params": {}},
    ],
    "edges": [{"from": "call.timeout", "to": "late"}],
}
RUNS = 5


@pytest.mark.chaos
@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", [pytest.param(signal.SIGSTOP, id="stopped"), pytest.param(signal.SIGKILL, id="killed")])
async def test_another_process_goes_on(postgres_url: str, tmp_path: Path, how: signal.Signals) -> None:
    async with Cluster(postgres_url, tmp_path) as cluster:
        await cluster.start("one", "two")
        leader = await eventually(lambda: leaders(cluster))
        runs = await begun(cluster)
        if how is signal.SIGSTOP:
            await cluster.freeze(leader[0])
        else:
            cluster[leader[0]].kill()
        ended = await ends(postgres_url, runs)
        assert len(leaders(cluster)) == 2
        if how is signal.SIGSTOP:
            cluster.thaw(leader[0])
            assert await ends(postgres_url, runs) == ended


def leaders(cluster: Cluster) -> list[str]:
    """The processes that have led so far."""
    return [name for name in PROCESSES if "leads maintenance" in cluster[name].output()]


async def begun(cluster: Cluster) -> list[str]:
    """Runs that wait for what nobody will tell them."""
    status, answer = await cluster.caller.attempt("POST", "/api/v1/workflows", WAITS)
    assert status == 201, answer
    runs = []
    for _ in range(RUNS):
        status, answer = await cluster.caller.attempt("POST", "/api/v1/workflows/waits/runs", {"input": {}})
        assert status in (200, 201, 202), answer
        runs.append(str(answer["id"]))
    return runs


async def ends(url: str, runs: list[str]) -> list[RunRecord]:
    """How the runs ended, as the store tells: the process that was stopped may be the server."""
    store = await open_store(load(database_url=url, secret_key="k" * 40))
    try:

        async def all_ended() -> list[RunRecord] | None:
            now = await store.clock()
            found = [await store.get_run(TENANT, run, now) for run in runs]
            return found if all(run.state == "SUCCEEDED" for run in found) else None

        found = await eventually(all_ended, 40, "the ends of all waits")
        assert found is not None
        assert await store.check_invariants(await store.clock()) == []
        return found
    finally:
        await store.close()
