"""A workflow's definition as values: what ``validate.read_workflow`` makes of a document.

Everything that a node may leave out is filled in here (retry policy, timeout, queue, priority), so that no reader
asks for defaults again. ``document`` is the definition as it was given: it is what is stored and shown, and the only
form that a round trip needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from holdfast.model.instant import HOUR, Micros
from holdfast.model.job import DEFAULT_QUEUE
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.retry import NODE_POLICY, RetryPolicy
from holdfast.model.trigger import Spec, TriggerType

FORMAT: Final = 1
MAX_NODES: Final = 1_000
MAX_EDGES: Final = 5_000
# How deep the bodies of maps and loops may nest.
MAX_BODY_DEPTH: Final = 5
TASK_TYPE: Final = "task"
CALLBACK_TYPE: Final = "wait.callback"

OnError = Literal["fail", "continue"]
OnFailure = Literal["cancel", "drain"]
# What becomes of a run that finds all of its workflow's places taken.
WhenFull = Literal["queue", "reject", "replace"]


@dataclass(frozen=True, slots=True)
class Join:
    """When a node with edges into it runs; ``needed`` is the least number of taken edges (``at_least`` only)."""

    mode: Literal["all", "any", "at_least"] = "all"
    needed: int = 1


@dataclass(frozen=True, slots=True)
class NodeDef:
    """A step. ``ports`` are all that an edge may leave from, a ``switch``'s cases among them.

    Places in ``params`` that the node type marks (``node_spec``): ``bare`` hold one expression each; ``each`` are pairs
    of an expression's place and that of the list it goes over; ``cases`` hold an object of named expressions; ``later``
    hold an expression that the handler gets as text. ``gathers``: the handler gets the outputs before it as ``inputs``.

    ``compensate``: the node that undoes it. ``undoes``: the node that this one undoes; it has no edges and runs only
    then. ``body``: the graph inside a map or loop; it stands in the document's params, but not in ``params``.
    """

    id: str
    type: str
    params: JSONObject = field(default_factory=dict)
    ports: tuple[str, ...] = ("out", "error")
    bare: tuple[Path, ...] = ()
    each: tuple[tuple[Path, Path], ...] = ()
    cases: tuple[Path, ...] = ()
    later: tuple[Path, ...] = ()
    gathers: bool = False
    retry: RetryPolicy = NODE_POLICY
    timeout: Micros = HOUR
    join: Join = Join()
    when: str | None = None
    on_error: OnError = "fail"
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    compensate: str | None = None
    undoes: str | None = None
    body: "Body | None" = None

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        if self.type == TASK_TYPE:
            return f"{TASK_TYPE}:{self.params.get('name', '')}"
        return self.type


@dataclass(frozen=True, slots=True)
class EdgeDef:
    """An arrow from the port ``port`` of ``source`` to ``target``."""

    source: str
    port: str
    target: str


@dataclass(frozen=True, slots=True)
class Body:
    """The graph inside a map or loop. Its node ids are unique in the whole definition; ``output`` may hold templates
    (null: an object of the outputs of its last nodes, or the last one's if there is one)."""

    nodes: tuple[NodeDef, ...]
    edges: tuple[EdgeDef, ...] = ()
    output: JSON = None


@dataclass(frozen=True, slots=True)
class TriggerDef:
    """What starts the workflow, or a rule; ``input`` is a template over ``trigger``, None for the default.

    ``spec`` says what its type needs (None: manual). ``document`` is the trigger as it was given.
    """

    id: str
    type: TriggerType
    input: JSON = None
    spec: Spec | None = None
    document: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """``timeout`` bounds a whole run (None: unbounded); queue and priority are the default of its nodes.

    ``max_concurrent_runs`` (None: unbounded) counts runs that have started and not ended; ``when_full`` is what becomes
    of another: it waits, is refused, or cancels the older ones.
    """

    timeout: Micros | None = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    on_failure: OnFailure = "cancel"
    max_concurrent_runs: int | None = None
    when_full: WhenFull = "queue"


@dataclass(frozen=True, slots=True)
class Workflow:
    """A valid definition. ``input_schema`` is None when any input will do; ``output`` may hold templates."""

    name: str
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    input_schema: JSONObject | None = None
    vars: JSONObject = field(default_factory=dict)
    settings: Settings = Settings()
    triggers: tuple[TriggerDef, ...] = ()
    nodes: tuple[NodeDef, ...] = ()
    edges: tuple[EdgeDef, ...] = ()
    output: JSON = None
    layout: Mapping[str, JSON] = field(default_factory=dict)
    document: JSONObject = field(default_factory=dict)
