"""Whole workflows on a whole engine, for the tests of control flows: a worker, and all that goes on by itself.

``Gate`` is a node kind whose handlers begin, are counted, and go on when the test lets them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo, Failed, Outcome, Succeeded
from holdfast.model.records import RunNodeRecord, RunRecord
from holdfast.ports import NodeContext
from tests.engine.kinds import Kind
from tests.engine.world import TENANT, World, world
from tests.support.waiting import eventually

OPERATOR: Final = "ada"


@asynccontextmanager
async def flows(url: str, *kinds: Kind, concurrency: int = 20) -> AsyncIterator[World]:
    """A world in which everything goes on. At its end the store must find nothing wrong with itself."""
    async with world(*kinds, url=url) as w:
        w.go()
        w.work(concurrency=concurrency)
        yield w


def node(node_id: str, kind: str, /, **params: JSON) -> JSONObject:
    return {"id": node_id, "type": kind, "params": params}


def edges(*arrows: str) -> JSON:
    """``a > b`` for each."""
    return [dict(zip(("from", "to"), arrow.split(" > "), strict=True)) for arrow in arrows]


def body(*nodes: JSON, arrows: tuple[str, ...] = (), output: JSON = None) -> JSON:
    made: JSONObject = {"nodes": list(nodes), "edges": edges(*arrows)}
    return made if output is None else {**made, "output": output}


async def reaches(w: World, run_id: str, node_id: str, state: str) -> RunNodeRecord:
    """The node once it is in that state."""

    async def look() -> RunNodeRecord | None:
        found = (await w.run(run_id)).nodes or {}
        return found[node_id] if node_id in found and found[node_id].state == state else None

    found = await eventually(look, 20.0, f"node {node_id} to be {state}")
    assert found is not None
    return found


async def run_reaches(w: World, run_id: str, state: str) -> RunRecord:
    """The run once it is in that state."""

    async def look() -> RunRecord | None:
        run = await w.run(run_id)
        return run if run.state == state else None

    found = await eventually(look, 20.0, f"run {run_id} to be {state}")
    assert found is not None
    return found


async def states(w: World, run_id: str) -> dict[str, str]:
    """The state of each node that was reached or skipped."""
    return {node_id: record.state for node_id, record in ((await w.run(run_id)).nodes or {}).items()}


async def facts(w: World, run_id: str) -> list[str]:
    """The types of the run's own events and, behind a colon, the node's, without those of jobs."""
    events = await w.real.list_events(TENANT, None, run_id=run_id)
    named = ((event.type, event.node_id) for event in events if not event.type.startswith("job."))
    return [kind if node_id is None else f"{kind}:{node_id}" for kind, node_id in named]


async def children_are(w: World, run_id: str, node_id: str, expected: list[str]) -> None:
    """Until the children of a node are in these states, in order: once the inboxes are read."""

    async def look() -> bool:
        page = await w.runs.children(TENANT, run_id, node_id, limit=500)
        return [child.state.value for child in page.items] == expected

    await eventually(look, 20.0, f"the children of {node_id} to be {expected}")


async def only_run_of(w: World, workflow: str) -> RunRecord:
    """The one run that this workflow has come to."""

    async def look() -> RunRecord | None:
        page = await w.real.list_runs(TENANT, workflow, None, w.clock.now(), None, 10)
        assert len(page.items) < 2
        return page.items[0] if page.items else None

    found = await eventually(look, 20.0, f"a run of {workflow}")
    assert found is not None
    return found


class Gate:
    """``began`` counts executions by what the params' ``as`` says; ``open`` lets the handlers of a name go on.

    A handler whose params say ``fail`` fails for good. ``most`` is how many of them ran at the same time.
    """

    def __init__(self, kind: str = "gate", *, is_open: bool = False) -> None:
        self.kind = Kind(kind, self._handle)
        self.began: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        self.order: list[str] = []
        self.most = 0
        self._running = 0
        self._all = is_open
        self._open: dict[str, asyncio.Event] = {}

    def open(self, name: str | None = None) -> None:
        """Lets the handlers of that name go on, now and later; without one, all of them."""
        if name is not None:
            self._passage(name).set()
            return
        self._all = True
        for passage in self._open.values():
            passage.set()

    async def has_stopped(self, *names: str) -> None:
        await eventually(lambda: all(self.stopped[name] for name in names), 20.0, f"{names} to be stopped")

    async def has_begun(self, name: str, times: int = 1) -> None:
        await eventually(lambda: self.began[name] >= times, 20.0, f"{name} to begin")

    def _passage(self, name: str) -> asyncio.Event:
        return self._open.setdefault(name, asyncio.Event())

    async def _handle(self, context: NodeContext, params: JSONObject) -> Outcome:
        name = str(params.get("as", context.node_id))
        self.began[name] += 1
        self.order.append(name)
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            await asyncio.sleep(0)
            if not self._all:
                await self._passage(name).wait()
        except asyncio.CancelledError:
            self.stopped[name] += 1
            raise
        finally:
            self._running -= 1
        if params.get("fail"):
            return Failed(ErrorInfo("refused", f"{name} was told to fail"), final=True)
        return Succeeded(params.get("value", name))
