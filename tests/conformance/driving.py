"""Driving a run by hand: claim what is ready and say what each node's attempt came to."""

from holdfast.model.job import ClaimedJob
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import Finished
from tests.conformance.scene import Scene


class Driver:
    """One worker that executes nothing: the test names each node's outcome (``Succeeded(<node id>)`` unless told)."""

    def __init__(self, scene: Scene, worker_id: str) -> None:
        self.scene = scene
        self.worker_id = worker_id

    @classmethod
    async def of(cls, scene: Scene) -> "Driver":
        return cls(scene, await scene.worker())

    async def claim(self) -> dict[str, ClaimedJob]:
        """Claims all that is ready, by node id."""
        return {job.node_id or job.id: job for job in await self.scene.claim(self.worker_id)}

    async def settle(self, jobs: dict[str, ClaimedJob], **outcomes: Outcome) -> Finished:
        """Finishes these jobs in one batch."""
        moves = [(job, outcomes.get(node, Succeeded(node))) for node, job in jobs.items()]
        return await self.scene.finish(self.worker_id, *moves)

    async def step(self, **outcomes: Outcome) -> set[str]:
        """Claims all that is ready and finishes it; the nodes that were."""
        jobs = await self.claim()
        await self.settle(jobs, **outcomes)
        return set(jobs)

    async def drain(self, **outcomes: Outcome) -> list[set[str]]:
        """Steps until nothing is ready."""
        steps = []
        while nodes := await self.step(**outcomes):
            steps.append(nodes)
        return steps
