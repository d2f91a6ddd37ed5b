"""Random workflows under a storm of outcomes, cancels, dead workers and rescues: every run ends, and all invariants
hold after each step. Seeded: a failure names its seed."""

import random
from typing import Any, Final

import pytest

from holdfast.model.errors import Conflict, WorkerGone
from holdfast.model.instant import MINUTE, SECOND
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Cancelled, Outcome, Released, Snoozed, Succeeded
from holdfast.model.run import RUN_ENDED
from tests.conformance.scene import LEASE, TENANT, Scene, failed
from tests.model.definitions import document, edge, node

pytestmark = pytest.mark.chaos

GUARDS: Final = ("true", "false", "nodes.n0.output == null", "nodes.n0.output.missing > 1")
STEPS: Final = 120


def random_definition(dice: random.Random, name: str) -> JSONObject:
    size = dice.randint(1, 8)
    nodes = [_random_node(dice, index) for index in range(size)]
    branching = {index for index, made in enumerate(nodes) if isinstance(made, dict) and made["type"] == "if"}
    edges: list[JSON] = []
    for target in range(1, size):
        for source in dice.sample(range(target), min(target, dice.randint(0, 2))):
            port = "." + dice.choice(["true", "false"]) if source in branching else ""
            edges.append(edge(f"n{source}{port}", f"n{target}"))
    settings: JSONObject = {"on_failure": dice.choice(["cancel", "drain"])}
    return {**document(nodes, edges, settings=settings, output="{{ nodes.n0.output }}"), "name": name}


def _random_node(dice: random.Random, index: int) -> JSON:
    if dice.random() < 0.2:
        return node(f"n{index}", "if", params={"condition": "true"})
    fields: dict[str, Any] = {"retry": {"max_attempts": 2, "base_delay": "1s", "jitter": "none"}}
    if dice.random() < 0.3:
        fields["on_error"] = "continue"
    if index and dice.random() < 0.3:
        fields["when"] = dice.choice(GUARDS)
    return node(f"n{index}", **fields)


def random_outcome(dice: random.Random, job: ClaimedJob, now: int) -> Outcome:
    port = dice.choice(["true", "false"]) if job.kind == "if" else "out"
    outcomes: list[Outcome] = [
        Succeeded({"n": 1}, port),
        failed(),
        failed(final=True),
        Snoozed(now + SECOND),
        Released(),
        Cancelled(),
    ]
    return dice.choices(outcomes, weights=[70, 10, 5, 5, 5, 5])[0]


class Storm:
    """One seeded storm over one scene."""

    def __init__(self, scene: Scene, dice: random.Random) -> None:
        self.scene = scene
        self.dice = dice
        self.runs: list[str] = []
        self.worker = ""

    async def begin(self) -> None:
        self.worker = await self.scene.worker()
        for number in range(8):
            definition = random_definition(self.dice, f"w{number}")
            await self.scene.save(definition)
            self.runs += [await self.scene.start(f"w{number}") for _ in range(2)]

    async def step(self) -> None:
        self.scene.clock.move(self.dice.choice([0, SECOND, 5 * SECOND]))
        if self.dice.random() < 0.05:
            await self.cancel(self.dice.choice(self.runs))
        if self.dice.random() < 0.05:
            await self.scene.store.rescue(self.scene.now, hung_grace=MINUTE, gone=[self.worker])
        try:
            jobs = await self.scene.claim(self.worker, self.dice.randint(1, 12))
        except WorkerGone:
            self.worker = await self.scene.worker()
            return
        self.dice.shuffle(jobs)
        kept = jobs[: self.dice.randint(0, len(jobs))]
        outcomes = ((job, random_outcome(self.dice, job, self.scene.now)) for job in kept)
        await self.scene.finish(self.worker, *outcomes)
        # What was claimed and forgotten is given back by the next heartbeat.
        await self.scene.store.heartbeat(self.worker, {}, self.scene.now, LEASE, self.scene.now + 1)

    async def cancel(self, run_id: str) -> None:
        try:
            await self.scene.store.cancel_run(TENANT, run_id, self.scene.now)
        except Conflict:
            assert (await self.scene.run(run_id)).state in RUN_ENDED

    async def settle(self) -> None:
        """Calm: everything that is left succeeds."""
        worker = await self.scene.worker()
        await self.scene.store.rescue(self.scene.now, hung_grace=MINUTE, gone=[self.worker])
        for _ in range(200):
            self.scene.clock.move(SECOND)
            await self.scene.store.heartbeat(worker, {}, self.scene.now, LEASE, 0)
            jobs = await self.scene.claim(worker)
            port = {"if": "true"}
            await self.scene.finish(worker, *((job, Succeeded(1, port.get(job.kind, "out"))) for job in jobs))


@pytest.mark.parametrize("seed", range(4))
async def test_every_run_ends_right_whatever_happens(scene: Scene, seed: int) -> None:
    storm = Storm(scene, random.Random(seed))
    await storm.begin()
    assert await scene.sound()
    for _ in range(STEPS):
        await storm.step()
        assert await scene.sound()
    await storm.settle()
    assert await scene.sound()
    states = [(await scene.run(run_id)).state for run_id in storm.runs]
    assert set(states) <= RUN_ENDED
    assert len(set(states)) > 1, "a storm that only one kind of end survives tests little"
