"""A scene whose workflows may wait, have bodies and compensate: with the node kinds of the library.

The handlers don't run; what a node's attempt comes to is the test's to say (see ``waits`` and ``spawns``).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from holdfast.model.advance import advance
from holdfast.model.event import Event
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Suspended
from holdfast.model.run import NodeView, OutputsNeeded, RunStarted, RunState, RunView
from holdfast.model.spawn import Spawn
from holdfast.model.validate import load_workflow
from holdfast.model.wait import Signal, Wait, WaitKind
from holdfast.nodes import approval, loop, map_, wait_callback, wait_event, workflow_call
from holdfast.ports import ClaimRequest, Finished, NewRun
from holdfast.stores.codec import encode
from tests.conformance.driving import Driver
from tests.conformance.scene import TENANT, Scene, new_id, open_store
from tests.model.definitions import SPECS

FLOW_SPECS: Final[Mapping[str, NodeSpec]] = {
    **SPECS,
    **{part.SPEC.type: part.SPEC for part in (approval, loop, map_, wait_callback, wait_event, workflow_call)},
}
FLOW_KINDS: Final = frozenset(FLOW_SPECS)

_graphs: dict[str, Graph] = {}


def flow_graph_of(version_id: str, definition: JSONObject) -> Graph:
    text = encode(definition)
    if text not in _graphs:
        _graphs[text] = Graph.of(load_workflow(definition, FLOW_SPECS))
    return _graphs[text]


@asynccontextmanager
async def flow_scene(url: str) -> AsyncIterator["FlowScene"]:
    """A fresh, migrated store. At its end nothing may be wrong with it."""
    store = await open_store(url, flow_graph_of)
    await store.migrate()
    try:
        scene = FlowScene(store, url)
        yield scene
        assert await scene.sound()
    finally:
        await store.close()


class FlowScene(Scene):
    async def new_run(self, workflow: str, run_input: JSON = None, **options: object) -> NewRun:
        return await self.new_flow(workflow, run_input)

    async def new_flow(
        self, workflow: str, run_input: JSON = None, *, nodes: Mapping[str, NodeView] | None = None
    ) -> NewRun:
        """A run of the newest version; ``nodes`` are kept from an earlier one."""
        record = await self.store.get_workflow(TENANT, workflow)
        view = RunView(
            id=new_id(self.now),
            tenant=TENANT,
            workflow=record.name,
            version=record.version,
            version_id=record.version_id,
            state=RunState.PENDING,
            input=run_input,
            trigger={"type": "manual"},
            correlation_id="correlated",
            created_at=self.now,
            nodes=nodes or {},
        )
        graph = flow_graph_of(record.version_id, record.definition)
        plan = advance(view, RunStarted(), graph, self.now)
        assert not isinstance(plan, OutputsNeeded)
        jobs = tuple(
            graph.job_of(plan.view, start.node_id, self.now, lambda: new_id(self.now)) for start in plan.starts
        )
        return NewRun(plan, jobs, record.id)

    async def limited(self, workflow: str, limit: int, **options: object) -> NewRun:
        return replace(await self.new_flow(workflow), limit=limit, **options)  # type: ignore[arg-type]

    async def driver(self) -> "FlowDriver":
        return FlowDriver(self, await self.worker())

    async def signal(self, run_id: str, name: str, output: JSON = None, *, port: str = "out") -> Finished:
        return (await self.store.signal_run(TENANT, run_id, Signal(name, port, output), self.now))[1]

    async def events(self, run_id: str, kind: str = "") -> list[Event]:
        """The run's events whose type begins so."""
        events = await self.store.list_events(TENANT, None, run_id=run_id)
        return [event for event in events if event.type.startswith(kind)]

    async def facts(self, run_id: str) -> list[tuple[str, str | None]]:
        """Types and nodes of what the run tells of itself, without its jobs."""
        events = await self.events(run_id)
        return [(event.type, event.node_id) for event in events if not event.type.startswith("job.")]


class FlowDriver(Driver):
    async def claim(self) -> dict[str, ClaimedJob]:
        return {job.node_id or job.id: job for job in await self.claim_all()}

    async def claim_all(self) -> list[ClaimedJob]:
        """All that is ready, of whatever run."""
        request = ClaimRequest(self.worker_id, ("default",), FLOW_KINDS, 1_000)
        return await self.scene.store.claim(request, self.scene.now)


def waits(name: str, until: Instant | None = None, kind: WaitKind = "callback") -> Suspended:
    return Suspended(until, wait=Wait(kind, name))


def spawns(*items: JSON, until: Instant | None = None, **options: object) -> Suspended:
    return Suspended(until, spawn=Spawn("map", tuple(items), **options))  # type: ignore[arg-type]
