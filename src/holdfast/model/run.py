"""A run as ``advance`` sees it, and the plan that ``advance`` answers.

``RunView`` is a value: what is known of a run under its lock. ``Plan`` is a value: everything that must be written in
that same transaction. The stores load the one, write the other and decide nothing.

A node is *undecided* until it ends: SUCCEEDED, FAILED, DEAD, CANCELLED or SKIPPED. An undecided node either has a live
job (it is *active*) or was not reached yet (no entry in ``RunView.nodes``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


# The version of a run that tries a draft: a definition that has no number, because it isn't a version.
DRAFT: Final = 0


class RunState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    PAUSED = "PAUSED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


RUN_ENDED: Final = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})


class NodeState(StrEnum):
    """What a decided node came to; ACTIVE stands for an undecided node that has a live job."""

    ACTIVE = "ACTIVE"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    DEAD = "DEAD"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"


class NodeView(NamedTuple):
    """A node that was reached. ``ports`` are the output ports taken (empty while active or when none is)."""

    state: NodeState
    ports: frozenset[str] = frozenset()
    job_id: str | None = None


class RunView(NamedTuple):
    """A run under its lock.

    ``outputs`` and ``errors`` hold only what was loaded: every node that ``advance`` asked for by ``OutputsNeeded``.
    ``failure`` is the first unhandled error: once set, the run is failing and nothing new starts. ``ending`` is the
    state that the run will end in once its compensation is through. ``body`` is the id of the map or loop node whose
    body this run executes (None: a whole workflow), ``around`` what that body sees of its surroundings: the node's
    closure with ``item`` and ``index``.
    """

    id: str
    tenant: str
    workflow: str
    version: int
    version_id: str
    state: RunState
    input: JSON
    trigger: JSONObject
    correlation_id: str
    created_at: Instant
    failure: ErrorInfo | None = None
    ending: RunState | None = None
    body: str | None = None
    around: JSONObject | None = None
    nodes: Mapping[str, NodeView] = _NOTHING
    outputs: Mapping[str, JSON] = _NOTHING
    errors: Mapping[str, JSON] = _NOTHING

    def advanced(
        self,
        state: RunState,
        failure: ErrorInfo | None,
        ending: RunState | None,
        nodes: Mapping[str, NodeView],
        outputs: Mapping[str, JSON],
        errors: Mapping[str, JSON],
    ) -> "RunView":
        """The same run further on. Written out because ``_replace`` costs more than the rest of a plan."""
        return RunView(
            self.id,
            self.tenant,
            self.workflow,
            self.version,
            self.version_id,
            state,
            self.input,
            self.trigger,
            self.correlation_id,
            self.created_at,
            failure,
            ending,
            self.body,
            self.around,
            nodes,
            outputs,
            errors,
        )

    @property
    def compensating(self) -> bool:
        """What was done is being undone: compensators start one by one, and are retried."""
        return self.ending is not None and self.state not in RUN_ENDED

    @property
    def failing(self) -> bool:
        """The run failed and waits for running attempts to end: nothing starts, nothing is retried or parked."""
        return self.failure is not None and self.ending is None and self.state not in RUN_ENDED


# Who cancels a run when nobody does: the end of its parent, or a newer run that takes its place.
BY_PARENT: Final = "parent"
BY_NEWER: Final = "replaced"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run was accepted: its roots start. Nodes that the view holds already were kept from an earlier run, or given
    to a test; ``alone``: the one node that a test tries (``pins``)."""

    alone: str | None = None


@dataclass(frozen=True, slots=True)
class NodeSettled:
    """A node's job ended in ``state`` (SUCCEEDED, FAILED, DEAD or CANCELLED)."""

    node_id: str
    state: NodeState
    port: str = "out"
    output: JSON = None
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """The run is to end; ``compensate``: what was done is undone before. ``by`` whom."""

    by: str = "user"
    compensate: bool = False


@dataclass(frozen=True, slots=True)
class RunTimedOut:
    """The run's own timeout passed."""


@dataclass(frozen=True, slots=True)
class RunPaused:
    """Nothing new may be claimed until it is resumed."""

    by: str = "user"


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A paused run goes on."""

    by: str = "user"


RunEvent = RunStarted | NodeSettled | RunCancelled | RunTimedOut | RunPaused | RunResumed


@dataclass(frozen=True, slots=True)
class OutputsNeeded:
    """``advance`` can't decide without these nodes' outputs and errors: load them into the view and ask again."""

    nodes: frozenset[str]


class NodeStart(NamedTuple):
    """A node to start: insert its job (see ``job_of``)."""

    node_id: str


class NodeDecision(NamedTuple):
    """A node that is decided now: write its state, ports, output and error."""

    node_id: str
    state: NodeState
    ports: frozenset[str] = frozenset()
    output: JSON = None
    error: ErrorInfo | None = None


class RunFact(NamedTuple):
    """An event of the run to append: ``workflow.started``, ``node.completed``, …"""

    type: str
    node_id: str | None
    data: JSONObject


class Plan(NamedTuple):
    """Everything that follows from one event, to be written in its transaction, in any order.

    ``stop``: nodes whose live jobs are cancelled with ``stop_reason`` (each also has a decision).
    ``view``: the run as it is after this plan; later events of the same transaction go on from it.
    ``view.state``, ``view.failure`` and ``output`` are the run's new state, failure and (once SUCCEEDED) output.
    """

    view: RunView
    starts: tuple[NodeStart, ...] = ()
    decisions: tuple[NodeDecision, ...] = ()
    stop: tuple[str, ...] = ()
    stop_reason: str = "run_failed"
    output: JSON = None
    facts: tuple[RunFact, ...] = ()

    @property
    def ended(self) -> bool:
        return self.view.state in RUN_ENDED
