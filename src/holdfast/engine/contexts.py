"""What the steps of runs may read before their attempts begin: the run's data, and the outputs that their params name.

Loaded for all steps of a claim at once, and tried until the store answers, since the jobs are held already. When the
store refuses the batch, each step is loaded alone: one whose run can't be read goes without and fails by itself.
"""

from collections.abc import Sequence

import structlog

from holdfast.engine.graphs import Graphs
from holdfast.engine.loop import jittered
from holdfast.model.errors import Unavailable
from holdfast.model.expression import ExpressionError, ExpressionErrors
from holdfast.model.instant import SECOND
from holdfast.model.job import ClaimedJob
from holdfast.model.records import RunContext
from holdfast.ports import Clock, Entropy, Store

_log = structlog.get_logger("holdfast.engine.contexts")


class Contexts:
    """Loads contexts until told to stop."""

    def __init__(self, graphs: Graphs, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._graphs = graphs
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._stopping = False

    def stop(self) -> None:
        """A store that is away is waited for no longer."""
        self._stopping = True

    async def load(self, steps: Sequence[ClaimedJob]) -> dict[str, RunContext]:
        """The contexts by job id; a step that can't have one is left out.

        Raises ``Unavailable`` only when the worker stops meanwhile.
        """
        while not self._stopping:
            try:
                return await self._read(steps)
            except Unavailable as error:
                _log.warning("store unavailable, waiting for run contexts", reason=str(error))
                await self._clock.sleep(jittered(SECOND, self._entropy.random()))
        raise Unavailable("the worker stopped before the contexts of its jobs were read")

    async def _read(self, steps: Sequence[ClaimedJob]) -> dict[str, RunContext]:
        try:
            return await self._read_together(steps)
        except Unavailable:
            raise
        except Exception:
            if len(steps) == 1:
                _log.exception("a step's run can't be read", job=steps[0].id, run=steps[0].run_id)
                return {}
        contexts: dict[str, RunContext] = {}
        for step in steps:
            contexts |= await self._read([step])
        return contexts

    async def _read_together(self, steps: Sequence[ClaimedJob]) -> dict[str, RunContext]:
        reads = [(step, await self._reads(step)) for step in steps]
        wanted = [(step, nodes) for step, nodes in reads if nodes is not None]
        loaded = await self._store.run_contexts([(step.run_id or "", nodes) for step, nodes in wanted])
        return {step.id: context for (step, _), context in zip(wanted, loaded, strict=True)}

    async def _reads(self, step: ClaimedJob) -> frozenset[str] | None:
        """The nodes that the step's params read; None without a usable graph, which then fails this attempt alone."""
        if step.version_id is None or step.node_id is None:
            return None
        try:
            graph = await self._graphs.load(step.version_id, self._store)
            return graph.containing(step.node_id).reads_of(step.node_id)
        except Unavailable:
            raise
        except (ExpressionError, ExpressionErrors):
            return frozenset()  # filling the params will raise it again, where it becomes the attempt's failure
        except Exception:
            _log.exception("a version's graph can't be used", version=step.version_id, job=step.id)
            return None
