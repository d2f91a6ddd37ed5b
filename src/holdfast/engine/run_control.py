"""What callers do to runs that exist, and what they look at: cancel, pause, resume, signals; waits, children, timeline.

Each change is one transaction under the run's lock; the first of two that exclude each other wins, the other is a
conflict. Who is woken by a change (workers, whoever reads inboxes) is told after its commit.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from holdfast.engine.callbacks import Callback
from holdfast.engine.graphs import Graphs
from holdfast.engine.signals import APPROVAL, CALLBACK, check_approver, check_open, receivers, signal_of, takers
from holdfast.engine.wakeups import CANCEL, Wakeups
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.event import Event
from holdfast.model.json import JSON
from holdfast.model.records import ChildRecord, Page, RunRecord, WaitRecord
from holdfast.model.run import RUN_ENDED
from holdfast.model.spawn import ChildState
from holdfast.model.timeline import Segment, timeline_of
from holdfast.model.workflow import NodeDef
from holdfast.ports import Clock, Finished, Store

_BY_ADDRESS: Final = "callback"
_PAGE: Final = 500


class RunControl:
    """The part of ``Runs`` that is about runs that were started already."""

    def __init__(self, store: Store, clock: Clock, wakeups: Wakeups, graphs: Graphs) -> None:
        self._store = store
        self._clock = clock
        self._wakeups = wakeups
        self._graphs = graphs

    # -- changes -----------------------------------------------------------------------------------------------------

    async def cancel(self, tenant: str, run_id: str, *, compensate: bool = False) -> RunRecord:
        """Ends the run, with ``compensate`` after undoing what its nodes did. A second cancel ends it at once.

        Raises ``NotFound``, or ``Conflict`` when the run has ended.
        """
        record, done = await self._store.cancel_run(tenant, run_id, self._clock.now(), compensate=compensate)
        self._tell(done)
        self._wakeups.notify({CANCEL})
        return record

    async def pause(self, tenant: str, run_id: str) -> RunRecord:
        """What runs now ends normally, nothing else begins. Raises ``NotFound``; ``Conflict`` when it can't be paused
        (ended, paused already, or still waiting for its place)."""
        record, done = await self._store.pause_run(tenant, run_id, self._clock.now())
        self._tell(done)
        return record

    async def resume(self, tenant: str, run_id: str) -> RunRecord:
        """Goes on where it stood. Raises ``NotFound``, or ``Conflict`` when it isn't paused."""
        record, done = await self._store.resume_run(tenant, run_id, self._clock.now())
        self._tell(done)
        return record

    async def signal(
        self, tenant: str, run_id: str, name: str, payload: JSON = None, *, by: str, roles: Collection[str] = ()
    ) -> RunRecord:
        """Ends the node that waits under ``name``, or is kept until one does. ``by`` and ``roles`` say who sends it.

        Raises ``NotFound`` (run, or no node takes that name), ``Invalid`` (payload), ``Forbidden`` (not an approver),
        ``Conflict`` (the run or the node has ended).
        """
        run, nodes = await self._going(tenant, run_id)
        targets = receivers(nodes, name)
        node = targets[0]
        signal = replace(signal_of(node, name, payload, by), takers=takers(nodes, name))
        if node.type == APPROVAL:
            check_approver(node, await self._store.list_waits(tenant, run_id), by, roles)
        check_open(targets, run)
        record, done = await self._store.signal_run(tenant, run_id, signal, self._clock.now())
        self._tell(done)
        return record

    async def call_back(self, callback: Callback, payload: JSON = None) -> RunRecord:
        """Ends the node of a callback address. Raises as ``signal`` does."""
        _, nodes = await self._going(callback.tenant, callback.run_id)
        if receivers(nodes, callback.node_id)[0].type != CALLBACK:
            raise NotFound("nothing waits for a callback at this address")
        return await self.signal(callback.tenant, callback.run_id, callback.node_id, payload, by=_BY_ADDRESS)

    async def _going(self, tenant: str, run_id: str) -> tuple[RunRecord, Collection[NodeDef]]:
        """A run that hasn't ended, and the nodes of its graph."""
        run = await self._store.get_run(tenant, run_id, self._clock.now())
        if run.state in RUN_ENDED:
            raise Conflict(f"the run has ended ({run.state}); it takes no signal any more")
        graph = await self._graphs.load(run.version_id, self._store)
        return run, graph.of_body(run.body).nodes.values()

    def _tell(self, done: Finished) -> None:
        self._wakeups.tell(done)

    # -- looks -------------------------------------------------------------------------------------------------------

    async def waits(self, tenant: str, run_id: str) -> list[WaitRecord]:
        """What the run's parked nodes wait for. Raises ``NotFound``."""
        await self._store.get_run(tenant, run_id, self._clock.now())
        return await self._store.list_waits(tenant, run_id)

    async def children(
        self,
        tenant: str,
        run_id: str,
        node_id: str,
        state: ChildState | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ChildRecord]:
        """The children of a map, loop or call, by index. Raises ``NotFound``."""
        return await self._store.list_children(tenant, run_id, node_id, state, cursor, limit)

    async def timeline(self, tenant: str, run_id: str) -> list[Segment]:
        """When each of the run's nodes waited, ran, was parked or retried, from its events. Raises ``NotFound``."""
        await self._store.get_run(tenant, run_id, self._clock.now())
        events: list[Event] = []
        after = None
        while page := await self._store.list_events(tenant, after, run_id=run_id, limit=_PAGE):
            events += page
            after = page[-1].cursor
            if len(page) < _PAGE:
                break
        return timeline_of(events, self._clock.now())
