"""Children of a run's nodes, as both stores keep them: rows of ``run_children`` and ``inbox``, runs, results. Pure.

``model.spawn`` decides how a family goes on; this module makes what must be written of it. A map's or a call's rows
are written when the node parks, a loop's when an iteration starts. A child tells its end by mail to its parent, in the
transaction of that end. Mail of a child whose node has ended meanwhile is recorded with the child and changes nothing
else (``recorded``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from holdfast.model.advance import advance
from holdfast.model.errors import Invalid
from holdfast.model.graph import Graph
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import Plan, RunStarted, RunState, RunView
from holdfast.model.spawn import MAX_DEPTH, ChildEnd, ChildState, Family, FamilyStep, Spawn
from holdfast.ports import NewRun
from holdfast.stores.codec import decode, encode_error, encode_or_null
from holdfast.stores.planning import Parent, RunFold
from holdfast.stores.rows import Row
from holdfast.stores.run_rows import Place

# (run_id, node_id, idx, item, child_id, state, output, error)
ChildRow = tuple[str, str, int, str | None, str | None, str, str | None, str | None]
# (run_id, kind, node_id, idx, state, output, error)
MailRow = tuple[str, str, str | None, int | None, str | None, str | None, str | None]

CANCEL: Final = "cancel"
PAUSE: Final = "pause"
RESUME: Final = "resume"
SPAWN: Final = "spawn"
CHILD: Final = "child"
# What a paused run reads of its mail.
WHILE_PAUSED: Final = frozenset({CANCEL, PAUSE, RESUME})

_CANCELLED: Final = ErrorInfo("cancelled", "the run was cancelled")


class ParentRun(NamedTuple):
    """What child runs take from their parent."""

    view: RunView
    workflow_id: str
    depth: int
    now: Instant
    new_id: Callable[[], str]


class Called(NamedTuple):
    """The newest version of the workflow that children run."""

    workflow_id: str
    workflow: str
    version: int
    version_id: str
    enabled: bool
    graph: Graph


@dataclass(frozen=True, slots=True)
class Child:
    """A child that begins: a run to insert, or why there is none."""

    index: int
    item: JSON
    place: Place
    run: NewRun | None
    error: ErrorInfo | None = None

    def row(self, parent: RunView, node_id: str) -> ChildRow:
        """The child as it begins; one without a run, or whose run ended at once, tells its end by mail as any other."""
        run_id = None if self.run is None else self.run.plan.view.id
        state = ChildState.LIVE.value
        return (parent.id, node_id, self.index, encode_or_null(self.item), run_id, state, None, None)

    def end_mail(self, parent: RunView, node_id: str) -> MailRow | None:
        """The end of a child that never went on."""
        if self.run is None:
            return _mail(Parent(parent.id, node_id, self.index), RunState.FAILED, None, self.error)
        plan = self.run.plan
        if not plan.ended:
            return None
        return _mail(Parent(parent.id, node_id, self.index), plan.view.state, plan.output, plan.view.failure)


# -- rows ------------------------------------------------------------------------------------------------------------


def child_rows(run_id: str, node_id: str, spawn: Spawn) -> list[ChildRow]:
    """All children of a map or a call, none of which has begun."""
    state = ChildState.NEW.value
    return [
        (run_id, node_id, index, encode_or_null(item), None, state, None, None)
        for index, item in enumerate(spawn.items)
    ]


def spawn_mail(run_id: str, node_id: str) -> MailRow:
    """A run's mail to itself: begin with the children of the node."""
    return (run_id, SPAWN, node_id, None, None, None, None)


def end_mail(fold: RunFold) -> MailRow | None:
    """What a run that ended tells its parent."""
    if not fold.ended or fold.parent is None:
        return None
    return _mail(fold.parent, fold.view.state, fold.output, fold.view.failure)


def _mail(parent: Parent, state: RunState, output: JSON, error: ErrorInfo | None) -> MailRow:
    if state is RunState.CANCELLED and error is None:
        error = _CANCELLED
    told = encode_or_null(output) if state is RunState.SUCCEEDED else None
    failure = None if state is RunState.SUCCEEDED else encode_error(error)
    return (parent.run_id, CHILD, parent.node_id, parent.index, state.value, told, failure)


def ends_of(rows: Iterable[Row]) -> list[ChildEnd]:
    """The ends that mail (``idx, state, output, error``) tells of, in index order."""
    ends = (ChildEnd(row["idx"], ChildState(row["state"]), decode(row["output"]), decode(row["error"])) for row in rows)
    return sorted(ends, key=lambda end: end.index)


def recorded(family: Family, ends: Sequence[ChildEnd]) -> Family:
    """A family whose node has ended, once ends of children that still went on are known."""
    bad = sum(1 for end in ends if end.state is not ChildState.SUCCEEDED)
    return replace(family, live=family.live - len(ends), failed=family.failed + bad)


def has_room(taken: FamilyStep) -> bool:
    """Whether more children may begin than one transaction starts: the run reminds itself by ``spawn_mail``."""
    family = taken.family
    return not taken.done and taken.start > 0 and family.new > 0 and family.live < family.concurrency


# -- child runs ------------------------------------------------------------------------------------------------------


def next_iteration(family: Family) -> int:
    """The index of a loop's iteration that has just been counted as live."""
    return family.total - family.new - 1


def body_child(
    parent: ParentRun,
    node_id: str,
    kind: str,
    index: int,
    item: JSON,
    around: JSONObject,
    graph: Graph,
    like: Child | None = None,
) -> Child:
    """A run of a map's or loop's own body; ``graph`` is the body's.

    ``like``: a child of the same node that begins in the same transaction. Where no guard looks at the item before the
    first nodes start, all children begin alike, and ``advance`` is asked once for all of them.
    """
    if like is not None and like.run is not None and _begins_without_looking(graph):
        return Child(index, item, Place(node_id, index, parent.depth), _begun_like(like.run, parent, around))
    above = parent.view
    view = RunView(
        id=parent.new_id(),
        tenant=above.tenant,
        workflow=above.workflow,
        version=above.version,
        version_id=above.version_id,
        state=RunState.PENDING,
        input=None,
        trigger={"type": kind, "run": above.id, "node": node_id},
        correlation_id=above.correlation_id,
        created_at=parent.now,
        body=node_id,
        around=around,
    )
    run = _opened(view, graph, parent, parent.workflow_id)
    return Child(index, item, Place(node_id, index, parent.depth), run)


_BEGUN: Final = RunStarted()


def _begins_without_looking(graph: Graph) -> bool:
    return bool(graph.roots) and all(graph.nodes[root].when is None for root in graph.roots)


def _begun_like(run: NewRun, parent: ParentRun, around: JSONObject) -> NewRun:
    """Written out: ``dataclasses.replace`` would cost more than all the rest."""
    plan, was = run.plan, run.plan.view
    view = RunView(
        parent.new_id(),
        was.tenant,
        was.workflow,
        was.version,
        was.version_id,
        was.state,
        was.input,
        was.trigger,
        was.correlation_id,
        was.created_at,
        was.failure,
        was.ending,
        was.body,
        around,
        was.nodes,
        was.outputs,
        was.errors,
    )
    jobs = tuple(job._replace(id=parent.new_id(), run_id=view.id) for job in run.jobs)
    begun = Plan(view, plan.starts, plan.decisions, plan.stop, plan.stop_reason, plan.output, plan.facts)
    return NewRun(begun, jobs, run.workflow_id, run.parent)


def called_child(
    parent: ParentRun,
    node_id: str,
    index: int,
    item: JSON,
    run_input: JSON,
    called: Called | None,
    checked_input: Callable[[Graph, JSON], JSON],
    at: JSON,
) -> Child:
    """A run of another workflow; why there is none when it can't be started."""
    place = Place(node_id, index, parent.depth + 1)
    refused = _refusal(parent, called)
    if called is None or refused is not None:
        return Child(index, item, place, None, refused)
    try:
        checked = checked_input(called.graph, run_input)
    except Invalid as error:
        return Child(index, item, place, None, ErrorInfo("invalid_input", "; ".join(map(str, error.args))))
    above = parent.view
    view = RunView(
        id=parent.new_id(),
        tenant=above.tenant,
        workflow=called.workflow,
        version=called.version,
        version_id=called.version_id,
        state=RunState.PENDING,
        input=checked,
        trigger={"type": "workflow", "id": None, "run": above.id, "node": node_id, "at": at},
        correlation_id=above.correlation_id,
        created_at=parent.now,
    )
    settings = called.graph.workflow.settings
    run = _opened(view, called.graph, parent, called.workflow_id)
    timeout = settings.timeout
    run = replace(
        run,
        deadline_at=None if timeout is None else parent.now + timeout,
        limit=settings.max_concurrent_runs,
        when_full=settings.when_full,
    )
    return Child(index, item, place, run)


def _refusal(parent: ParentRun, called: Called | None) -> ErrorInfo | None:
    if parent.depth >= MAX_DEPTH:
        return ErrorInfo("too_deep", f"workflows call each other {MAX_DEPTH} deep; a call further down is refused")
    if called is None:
        return ErrorInfo("not_found", "there is no workflow of that name")
    if not called.enabled:
        return ErrorInfo("switched_off", f"the workflow {called.workflow} is switched off")
    return None


def _opened(view: RunView, graph: Graph, parent: ParentRun, workflow_id: str) -> NewRun:
    plan = advance(view, _BEGUN, graph, parent.now)
    if not isinstance(plan, Plan):
        raise TypeError("a run without decided nodes can't need their outputs")
    jobs = tuple(graph.job_of(plan.view, start.node_id, parent.now, parent.new_id) for start in plan.starts)
    return NewRun(plan, jobs, workflow_id, parent=parent.view.id)


def called_input(kind: str, index: int, item: JSON) -> JSON:
    """The input of a workflow that is a child: an item that isn't an object is wrapped."""
    return item if kind == "call" or isinstance(item, dict) else {"item": item, "index": index}


# -- results ---------------------------------------------------------------------------------------------------------


def result_of(family: Family, outputs: Sequence[JSON], run_id: str | None) -> JSON:
    """The node's output: all outputs in index order (map), the last child's (loop, call), or which run was started."""
    if family.detached:
        return {"run_id": run_id}
    if family.kind == "map":
        return list(outputs)
    return outputs[-1] if outputs else None


# Bytes of JSON; far below what one value of a store may hold.
MAX_RESULTS: Final = 256 * 1024 * 1024


def too_large(size: int) -> ErrorInfo | None:
    """The error of a map whose results are too large together, ``size`` bytes; None while they aren't."""
    if size <= MAX_RESULTS:
        return None
    bound = MAX_RESULTS // (1024 * 1024)
    return ErrorInfo("too_large", f"the results of all items are larger than {bound} MiB together; give smaller ones")


_FAILED_AS: Final = {"map": "item_failed", "loop": "iteration_failed", "call": "child_failed"}
_NAMED: Final = {"map": "item {}", "loop": "iteration {}", "call": "the called workflow"}


def failure_of(family: Family, end: ChildEnd, run_id: str | None) -> ErrorInfo:
    """The node's error because of this child."""
    error = end.error if isinstance(end.error, dict) else {}
    what = _NAMED[family.kind].format(end.index)
    message = f"{what} ended {end.state.value}: {error.get('type', '')}: {error.get('message', '')}"
    details: dict[str, JSON] = {"run": run_id}
    details |= {"error": end.error} if family.kind == "call" else {"index": end.index}
    return ErrorInfo(_FAILED_AS[family.kind], message, details)
