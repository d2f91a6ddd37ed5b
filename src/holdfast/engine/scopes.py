"""The names that a step's expressions see, from its run's stored data."""

from collections.abc import Iterable, Mapping

from holdfast.model.graph import Graph
from holdfast.model.graph_scope import scope_of
from holdfast.model.instant import Instant
from holdfast.model.records import RunContext


def step_scope(
    graph: Graph,
    context: RunContext,
    reads: Iterable[str],
    now: Instant,
    callbacks: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """``graph`` is the one that the run executes, ``reads`` nodes of it whose outputs the context holds."""
    return scope_of(
        run_id=context.run_id,
        workflow=context.workflow,
        version=context.version,
        correlation_id=context.correlation_id,
        created_at=context.created_at,
        run_input=context.input,
        trigger=context.trigger,
        variables=graph.workflow.vars,
        reads=reads,
        outputs=context.outputs,
        errors=context.errors,
        now=now,
        around=context.around,
        callbacks=callbacks,
    )
