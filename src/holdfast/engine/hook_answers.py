"""Answers of webhooks that wait for their run: its output, or what a ``webhook.respond`` node of it says.

Whoever runs the run, in this process or another: the caller looks when there is news, and every so often anyhow. What
lasts longer than the trigger's ``wait`` goes on; its caller gets the run's id.
"""

from typing import Final

from holdfast.engine.graphs import Graphs
from holdfast.engine.hook_values import HookAnswer, RunFailed, Taken, Told
from holdfast.engine.wakeups import ENDS, EVENTS, Wakeups
from holdfast.model.errors import NotFound
from holdfast.model.instant import MILLISECOND, SECOND, Instant, Micros
from holdfast.model.job import JobState
from holdfast.model.records import RunNodeRecord, RunRecord
from holdfast.model.run import RUN_ENDED, RunState
from holdfast.model.webhook_answer import RESPOND, answer_of
from holdfast.ports import Clock, Store

# How often a waiting caller looks by itself: where the news of other processes arrive, and where they don't.
_LOOK_AGAIN: Final[Micros] = SECOND
_POLL: Final[Micros] = 200 * MILLISECOND
# A waiting caller learns of its answer by such a share of the run's own time too late, and at most so much.
_SHARE: Final = 20
_LONGEST_REST: Final[Micros] = 100 * MILLISECOND


class HookAnswers:
    """Waits for what runs give."""

    def __init__(self, store: Store, graphs: Graphs, wakeups: Wakeups, clock: Clock) -> None:
        self._store = store
        self._graphs = graphs
        self._wakeups = wakeups
        self._clock = clock

    async def of(self, taken: Taken, run_id: str) -> HookAnswer:
        """The answer as soon as it is there, or the one that waits for nothing once the wait is over."""
        record, spec = taken.hook.record, taken.hook.spec
        wants_node = spec.respond == "node"
        began = self._clock.now()
        until = began + spec.wait
        async with self._wakeups.subscribe(ENDS, EVENTS) if wants_node else self._wakeups.subscribe(ENDS) as news:
            while True:
                now = self._clock.now()
                try:
                    run = await self._store.get_run(record.tenant, run_id, now)
                except NotFound:  # a repeat of what has been pruned since
                    return taken.at_once
                answer = (await self._said(run) if wants_node else None) or _ended(run)
                if answer is not None:
                    return answer
                if now >= until:
                    return taken.at_once
                # Mostly it's what other runs do that is news: the longer it takes, the more is taken together.
                await self._clock.sleep(min((now - began) // _SHARE, _LONGEST_REST, until - now))
                again = _LOOK_AGAIN if self._wakeups.bridged else _POLL
                await news.wait(max(min(again, until - self._clock.now()), 0))

    async def _said(self, run: RunRecord) -> HookAnswer | None:
        """What the first ``webhook.respond`` that succeeded says."""
        graph = await self._graphs.load(run.version_id, self._store)
        nodes = [
            node
            for node in (run.nodes or {}).values()
            if node.state == JobState.SUCCEEDED
            and node.node_id in graph.nodes
            and graph.nodes[node.node_id].type == RESPOND
        ]
        return answer_of(min(nodes, key=_when).output) if nodes else None


def _ended(run: RunRecord) -> HookAnswer | None:
    if run.state is RunState.SUCCEEDED:
        return Told(200, run.output)
    return RunFailed(run.id, run.state) if run.state in RUN_ENDED else None


def _when(node: RunNodeRecord) -> Instant:
    return node.finished_at or 0
