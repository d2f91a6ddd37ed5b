"""Two processes work on the same runs with children while others pause, resume and cancel them: nothing gets stuck."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from holdfast.model.errors import Conflict
from holdfast.model.job import ClaimedJob
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.run import RUN_ENDED, RunState
from holdfast.ports import ClaimRequest
from tests.conformance.flow_scene import FLOW_KINDS, FlowScene, flow_graph_of, flow_scene, spawns, waits
from tests.conformance.scene import TENANT, failed, open_store
from tests.model.definitions import document, edge, node

pytestmark = pytest.mark.chaos

RUNS, ITEMS = 8, 12
FLOW = document(
    [
        node("each", "map", params={"items": [], "body": {"nodes": [node("step")], "edges": []}}),
        node("ask", "wait.callback"),
        node("last"),
    ],
    [edge("each", "last"), edge("ask", "last")],
    output="{{ nodes.each.output }}",
)


@pytest.fixture
async def flow(store_url: str) -> AsyncIterator[FlowScene]:
    async with flow_scene(store_url) as scene:
        yield scene


class Storm:
    def __init__(self, flow: FlowScene, runs: list[str]) -> None:
        self.flow = flow
        self.runs = runs
        self.over = False

    async def watch(self) -> None:
        """Until every run has ended; what is paused at the end goes on."""
        for _ in range(2_000):
            states = [(await self.flow.run(run_id)).state for run_id in self.runs]
            if all(state in RUN_ENDED for state in states):
                break
            await asyncio.sleep(0)
        self.over = True

    async def work(self, scene: FlowScene) -> None:
        worker = await scene.worker()
        while not self.over:
            jobs = await scene.store.claim(ClaimRequest(worker, ("default",), FLOW_KINDS, 20), scene.now)
            await scene.finish(worker, *((job, self.outcome(job)) for job in jobs))
            await asyncio.sleep(0)

    def outcome(self, job: ClaimedJob) -> Outcome:
        if job.node_id == "each":
            return spawns(*range(ITEMS), concurrency=5, on_item_error="continue")
        if job.node_id == "ask":
            return waits("ask")
        return failed() if job.attempt == 1 and random.random() < 0.2 else Succeeded(job.node_id)

    async def deliver(self, scene: FlowScene) -> None:
        while not self.over:
            await scene.store.deliver(scene.now)
            await asyncio.sleep(0)

    async def disturb(self, scene: FlowScene) -> None:
        store, now = scene.store, scene.now
        for run_id in self.runs * 4:
            with contextlib.suppress(Conflict):
                await store.pause_run(TENANT, run_id, now)
            await asyncio.sleep(0.005)
            with contextlib.suppress(Conflict):
                await store.resume_run(TENANT, run_id, now)
        await store.cancel_run(TENANT, self.runs[0], now)
        for run_id in self.runs[1:]:
            await scene.signal(run_id, "ask")
        for _ in range(1_000):  # retries come due
            scene.clock.move(1_000_000)
            self.flow.clock.now = scene.now
            await asyncio.sleep(0.01)
            if self.over:
                return


async def test_runs_with_children_end_whatever_is_done_to_them_meanwhile(flow: FlowScene, store_url: str) -> None:
    await flow.save(FLOW)
    storm = Storm(flow, [await flow.start("sample") for _ in range(RUNS)])
    store = await open_store(store_url, flow_graph_of)
    other = FlowScene(store, store_url, flow.clock)
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(
                *(storm.work(scene) for scene in (flow, other)),
                *(storm.deliver(scene) for scene in (flow, other)),
                storm.disturb(other),
                storm.watch(),
            )
    finally:
        await store.close()
    while (await flow.store.deliver(flow.now)).ended:
        pass
    states = [(await flow.run(run_id)).state for run_id in storm.runs]
    assert states == [RunState.CANCELLED, *[RunState.SUCCEEDED] * (RUNS - 1)]
    for run_id in storm.runs[1:]:
        assert (await flow.run(run_id)).output == ["step"] * ITEMS
