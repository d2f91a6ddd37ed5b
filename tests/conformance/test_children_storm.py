"""Runs with children, waits, limits and compensation, whatever people do to them and whoever delivers: every invariant
holds after each step, and in the end every run has ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from holdfast.model.errors import Conflict
from holdfast.model.instant import HOUR, MINUTE, SECOND
from holdfast.model.job import ClaimedJob, JobState
from holdfast.model.json import JSONObject
from holdfast.model.outcome import Cancelled, Outcome, Released, Snoozed, Suspended
from holdfast.model.records import JobFilter
from holdfast.model.run import RUN_ENDED
from holdfast.model.spawn import OnItemError, Spawn
from holdfast.model.wait import Signal, Wait
from tests.conformance.children import body
from tests.conformance.scene import OK, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

pytestmark = pytest.mark.chaos

INNER = node("deep", "map", params={"items": [], "body": body(node("leaf"), node("maybe", when="item != 1"))})
BODY: JSONObject = {"nodes": [node("step"), INNER], "edges": [edge("step", "deep")]}
FAMILIES = document(
    [
        node("first", compensate="undo"),
        node("undo"),
        node("each", "map", params={"items": [], "body": BODY}),
        node("round", "loop", params={"max_iterations": 3, "body": body(node("turn")), "until": "index > 1"}),
        node("ask", "wait.callback"),
        node("call", "workflow.call", params={"workflow": "callee"}, on_error="continue"),
        node("last"),
    ],
    [edge("first", "each"), edge("first", "round"), edge("ask", "last"), edge("each", "call"), edge("call", "last")],
    name="families",
)
CALLEE = document([node("inner"), node("more", "wait.callback")], [edge("inner", "more")], name="callee")


def callee(when_full: str) -> JSONObject:
    return {**CALLEE, "settings": {"max_concurrent_runs": {"limit": 2, "when_full": when_full}}}


class Storm:
    """Random steps on one store, as two processes see it; ``held`` are the worker's jobs that are under way."""

    def __init__(self, scene: Scene, other: Scene, seed: int, worker: str) -> None:
        self.scene = scene
        self.stores = (scene.store, other.store)
        self.random = random.Random(seed)
        self.worker = worker
        self.held: list[ClaimedJob] = []

    async def step(self) -> None:
        often = (self.claim, self.finish, self.finish, self.deliver, self.deliver, self.together)
        await self.random.choice((*often, *often, self.start, self.people, self.people, self.time, self.stop_jobs))()

    async def start(self) -> None:
        options = self.random.choice(({}, {"timeout": 20 * MINUTE}, {"limit": 2}, {"limit": 2, "when_full": "replace"}))
        await self.scene.start("families", {}, **options)

    async def claim(self) -> None:
        self.held += await self.scene.claim(self.worker, self.random.randint(1, 8))

    async def finish(self) -> None:
        self.random.shuffle(self.held)
        some = [self.held.pop() for _ in range(min(len(self.held), self.random.randint(1, 5)))]
        await self.scene.finish(self.worker, *((job, self.outcome(job)) for job in some))

    async def deliver(self) -> None:
        await self.random.choice(self.stores).deliver(self.scene.now, self.random.choice((1, 3, 100)))

    async def together(self) -> None:
        """Both processes at once, on the same runs."""
        now = self.scene.now
        await asyncio.gather(
            self.finish(),
            *(store.deliver(now) for store in self.stores),
            *(store.admit_runs(now) for store in self.stores),
        )

    async def people(self) -> None:
        """Somebody cancels, pauses, resumes or signals a run, a body's too."""
        found = await self.scene.store.list_jobs(TENANT, JobFilter(), self.scene.now, None, 60)
        runs = sorted({job.run_id for job in found.items if job.run_id is not None})
        if not runs:
            return
        run_id, store, now = self.random.choice(runs), self.scene.store, self.scene.now
        wishes: list[Callable[[], Awaitable[object]]] = [
            lambda: store.pause_run(TENANT, run_id, now),
            lambda: store.resume_run(TENANT, run_id, now),
            lambda: store.signal_run(TENANT, run_id, Signal(self.random.choice(("ask", "more")), output=1), now),
            lambda: store.cancel_run(TENANT, run_id, now, compensate=self.random.random() < 0.5),
        ]
        try:
            await self.random.choice((*wishes[:3] * 3, wishes[1], wishes[3]))()
        except Conflict:
            return

    async def stop_jobs(self) -> None:
        live = await self.scene.store.list_jobs(TENANT, JobFilter(JobState.WAITING), self.scene.now, None, 20)
        if live.items and self.random.random() < 0.1:
            await self.scene.store.cancel_jobs(TENANT, [self.random.choice(live.items).id], self.scene.now)

    async def time(self) -> None:
        self.scene.clock.move(self.random.choice((SECOND, 10 * SECOND, MINUTE)))
        store, now = self.scene.store, self.scene.now
        await store.heartbeat(self.worker, {job.id: job.lease for job in self.held}, now, HOUR, 0)
        await store.expire_waits(now)
        await store.expire_runs(now)
        await store.admit_runs(now)

    def outcome(self, job: ClaimedJob) -> Outcome:
        bad = (failed(), failed(), failed(final=True), Snoozed(self.scene.now + SECOND), Released(), Cancelled())
        return self.random.choice(bad) if self.random.random() < 0.06 else self.good(job)

    def good(self, job: ClaimedJob) -> Outcome:
        """As the handler of that kind would answer."""
        dice = self.random
        until = dice.choice((None, None, None, self.scene.now + 5 * MINUTE))
        match job.kind:
            case "map":
                items = tuple(range(dice.choice((0, 1, 3, 6))))
                fails: OnItemError = dice.choice(("fail", "continue"))
                spawn = Spawn("map", items, concurrency=dice.choice((1, 2, 9)), on_item_error=fails)
                return Suspended(until, spawn=spawn)
            case "loop":
                return Suspended(until, spawn=Spawn("loop", max_iterations=dice.choice((1, 4))))
            case "workflow.call":
                return Suspended(until, spawn=Spawn("call", ({},), workflow="callee", detached=dice.random() < 0.3))
            case "wait.callback":
                return Suspended(until, wait=Wait("callback", job.node_id or ""))
            case _:
                return OK

    async def drain(self) -> None:
        """Everything that can go on does, until every run has ended."""
        for _ in range(300):
            await self.set_going()
            while (await self.scene.store.deliver(self.scene.now)).ended:
                pass
            self.held += await self.scene.claim(self.worker, 200)
            jobs, self.held = self.held, []
            await self.scene.finish(self.worker, *((job, self.good(job)) for job in jobs))
            self.scene.clock.move(MINUTE)
            await self.time()
            if not await self.scene.open_runs():
                return
        raise AssertionError("runs are left that never end")

    async def set_going(self) -> None:
        for run_id in await self.scene.open_runs():
            run = await self.scene.run(run_id)
            if run.state == "PAUSED":
                await self.scene.store.resume_run(TENANT, run_id, self.scene.now)
            for waiting in await self.scene.store.list_waits(TENANT, run_id):
                await self.scene.store.signal_run(TENANT, run_id, Signal(waiting.wait.name), self.scene.now)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(1, 4))])
async def test_every_invariant_holds_after_each_step_and_every_run_ends(scene: Scene, other: Scene, seed: int) -> None:
    await scene.save(FAMILIES)
    await scene.save(callee(("queue", "reject", "replace", "queue")[seed]))
    storm = Storm(scene, other, seed, await scene.worker())
    await scene.store.heartbeat(storm.worker, {}, scene.now, HOUR, 0)
    for _ in range(3):
        await storm.start()
    for _ in range(200):
        await storm.step()
        assert await scene.sound()
    await storm.drain()
    assert await scene.sound()
    page = await scene.store.list_runs(TENANT, None, None, scene.now, None, 500)
    assert {run.state for run in page.items} <= RUN_ENDED
