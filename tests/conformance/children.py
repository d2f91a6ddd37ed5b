"""Nodes with children, driven by hand: what their handlers would answer, and reading what became of it."""

from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Released, Succeeded, Suspended
from holdfast.model.records import ChildRecord, RunNodeRecord
from holdfast.model.spawn import Spawn
from holdfast.ports import Finished
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene
from tests.model.definitions import document, node


def body(*nodes: JSON, **fields: JSON) -> JSONObject:
    return {"nodes": list(nodes), "edges": [], **fields}


def mapped(*inner: JSON, name: str = "sample", **fields: JSON) -> JSONObject:
    """A workflow whose only node is a map over a body of these nodes, and gives the map's output."""
    params: JSONObject = {"items": [], "body": body(*(inner or (node("step"),)))}
    return document([node("each", "map", params=params, **fields)], name=name, output="{{ nodes.each.output }}")


def calling(workflow: str = "callee", kind: str = "workflow.call", name: str = "sample") -> JSONObject:
    """A workflow whose only node, ``each``, runs another workflow."""
    params: JSONObject = {"workflow": workflow} | ({"items": []} if kind == "map" else {})
    return document([node("each", kind, params=params)], name=name, output="{{ nodes.each.output }}")


def over(*items: JSON, concurrency: int = 10, **fields: JSON) -> Suspended:
    """What a map's handler answers."""
    return Suspended(spawn=Spawn("map", items, concurrency=concurrency, **fields))  # type: ignore[arg-type]


def call(run_input: JSON = None, workflow: str = "callee", *, detached: bool = False) -> Suspended:
    """What the handler of a ``workflow.call`` answers."""
    return Suspended(spawn=Spawn("call", (run_input,), workflow=workflow, detached=detached))


async def parked(scene: Scene, run_id: str, outcome: Suspended, node_id: str = "each") -> Driver:
    """The run's node has answered ``outcome``; what else was ready stays claimed by nobody."""
    driver = await Driver.of(scene)
    await park(driver, run_id, outcome, node_id)
    return driver


async def park(driver: Driver, run_id: str, outcome: Suspended, node_id: str = "each") -> Finished:
    kind = {"map": ("map",), "loop": ("loop",), "call": ("workflow.call", "map")}
    kinds = kind[outcome.spawn.kind] if outcome.spawn else ("wait.callback", "wait.event", "approval")
    claimed = await driver.scene.claim(driver.worker_id, kinds=kinds)
    (job,) = [job for job in claimed if job.run_id == run_id]
    assert job.node_id == node_id
    given_back = [(other, Released()) for other in claimed if other is not job]
    return await driver.scene.finish(driver.worker_id, (job, outcome), *given_back)


async def deliver(scene: Scene) -> int:
    """Until no run has mail that it may read; how many calls found some."""
    rounds = 0
    while (await scene.store.deliver(scene.now)).ended:
        rounds += 1
        assert rounds < 1000
    return rounds


async def steps(driver: Driver, limit: int = 100) -> dict[int, ClaimedJob]:
    """Claims what is ready of children's bodies, by the index of the child."""
    jobs: dict[int, ClaimedJob] = {}
    for job in await driver.scene.claim(driver.worker_id, limit):
        run = await driver.scene.run(job.run_id or "")
        assert run.parent_index is not None
        jobs[run.parent_index] = job
    return jobs


async def work(driver: Driver) -> int:
    """Ends everything that is ready, of all children, with ``Succeeded(<node id>)``; how many jobs."""
    jobs = await driver.scene.claim(driver.worker_id, 1000)
    await driver.scene.finish(driver.worker_id, *((job, Succeeded(job.node_id)) for job in jobs))
    return len(jobs)


async def children(scene: Scene, run_id: str, node_id: str = "each") -> list[ChildRecord]:
    return list((await scene.store.list_children(TENANT, run_id, node_id, None, None, 1000)).items)


async def child_states(scene: Scene, run_id: str, node_id: str = "each") -> list[str]:
    return [child.state.value for child in await children(scene, run_id, node_id)]


async def node_of(scene: Scene, run_id: str, node_id: str = "each") -> RunNodeRecord:
    nodes = (await scene.run(run_id)).nodes
    assert nodes is not None
    return nodes[node_id]


def error_of(error: JSON) -> JSONObject:
    assert isinstance(error, dict)
    return error
