"""A workflow made ready to run: edges indexed both ways, expressions compiled once per version.

Built from a valid definition and immutable as seen from outside. Expressions compile at their first use and stay, so
that a process that only decides about runs never parses params. A stored definition whose expression no longer compiles
(the rules became stricter) raises its error where it is evaluated: that node fails, the run doesn't hang.

A map or a loop has a body: a graph of its own, which runs of their own execute. Node ids are unique in the whole
definition, so ``containing`` finds the graph of any node, and ``of_body`` the graph that a run executes. A body reads
nodes around it through its run's ``around`` (``graph_scope``): ``reads_of`` and the like name own nodes only.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final, cast

from holdfast.model.expression import CompiledValue, Expression, parse
from holdfast.model.graph_params import CompiledParams, Read, compiled, nodes_in, replaced, truth, value_at
from holdfast.model.graph_scope import scope_of
from holdfast.model.graph_shape import Edges, following, grouped, topological
from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import ERROR_PORT
from holdfast.model.run import RunState, RunView
from holdfast.model.workflow import CALLBACK_TYPE, EdgeDef, NodeDef, Workflow

__all__ = ["WEBHOOK", "Graph", "nodes_in", "replaced", "value_at"]

WEBHOOK: Final = "webhook"


class Graph:
    """The graph of one version, or of a body in it. Evaluation raises ``ExpressionError``, never anything else.

    ``owner``: the node whose body this is (None: the workflow's own graph). ``compensators``: what undoes a node, by
    that node's id; these, the ``undoing`` nodes, are no part of the flow, which has ``flow_size`` nodes.
    """

    def __init__(self, workflow: Workflow, owner: NodeDef | None = None, root: "Graph | None" = None) -> None:
        body = None if owner is None else owner.body
        edges = workflow.edges if body is None else body.edges
        self.workflow = workflow
        self.owner: str | None = None if owner is None else owner.id
        self.nodes: Mapping[str, NodeDef] = {node.id: node for node in (body or workflow).nodes}
        self.out_edges: Edges = grouped(self.nodes, ((edge.source, edge) for edge in edges))
        self.in_edges: Edges = grouped(self.nodes, ((edge.target, edge) for edge in edges))
        self.order: tuple[str, ...] = topological(self.in_edges, self.out_edges)
        self.rank: Mapping[str, int] = {node: place for place, node in enumerate(self.order)}
        # One with edges would be part of the flow after all, and its run could never be told complete.
        apart = {node for node in self.nodes if not self.in_edges[node] and not self.out_edges[node]}
        self.compensators: Mapping[str, str] = {
            node.id: node.compensate for node in self.nodes.values() if node.compensate in apart
        }
        self.undoing = frozenset(self.compensators.values())
        self.flow_size = len(self.nodes) - len(self.undoing)
        self.roots: tuple[str, ...] = tuple(
            node for node in self.nodes if not self.in_edges[node] and node not in self.undoing
        )
        self._root = self if root is None else root
        self.bodies: Mapping[str, Graph] = {
            node.id: Graph(workflow, node, self._root) for node in self.nodes.values() if node.body is not None
        }
        self._result: JSON = (body or workflow).output
        self._params: dict[str, CompiledParams] = {}
        self._reads: dict[str, frozenset[str]] = {}
        self._guards: dict[str, Expression] = {}
        self._values: dict[str, CompiledValue] = {}

    @classmethod
    def of(cls, workflow: Workflow) -> "Graph":
        return cls(workflow)

    # -- shape -------------------------------------------------------------------------------------------------------

    def of_body(self, node_id: str | None) -> "Graph":
        """The graph that a run executes: the body of that map or loop node, or (None) the workflow's own."""
        return self._root if node_id is None else self._root.containing(node_id).bodies[node_id]

    def containing(self, node_id: str) -> "Graph":
        """The graph in the definition that the node belongs to. Raises ``KeyError`` for an unknown node."""
        return self._root._homes[node_id]

    @cached_property
    def _homes(self) -> dict[str, "Graph"]:
        homes = dict.fromkeys(self.nodes, self)
        for body in self.bodies.values():
            homes |= body._homes
        return homes

    def edges_from(self, node_id: str, port: str) -> tuple[EdgeDef, ...]:
        return tuple(edge for edge in self.out_edges[node_id] if edge.port == port)

    def handles_error(self, node_id: str) -> bool:
        """Whether the node's failure has an edge to go on by."""
        return any(edge.port == ERROR_PORT for edge in self.out_edges[node_id])

    def descendants(self, nodes: Iterable[str]) -> frozenset[str]:
        """Every node that a path of edges leads to from one of ``nodes``."""
        return following(self.out_edges, nodes)

    @cached_property
    def undo_order(self) -> tuple[tuple[str, str], ...]:
        """(node, its compensator), in the order in which they are undone: the last in the flow first."""
        undone = (node for node in reversed(self.order) if node in self.compensators)
        return tuple((node, self.compensators[node]) for node in undone)

    @cached_property
    def callback_nodes(self) -> frozenset[str]:
        """The nodes that an outsider ends at an address of their own."""
        return frozenset(node.id for node in self.nodes.values() if node.type == CALLBACK_TYPE)

    # -- what is read ------------------------------------------------------------------------------------------------

    def reads_of(self, node_id: str) -> frozenset[str]:
        """The nodes of this graph whose output or error the node's params, or its body, read.

        Load these before ``fill_params`` and ``closure_of``.
        """
        if node_id not in self._reads:
            self._reads[node_id] = self._own(self._params_of(node_id).reads | self._inner_reads(node_id))
        return self._reads[node_id]

    def outer_reads(self, node_id: str) -> frozenset[str]:
        """The nodes outside of this graph that the node reads: they come from the run's ``around``."""
        return nodes_in(self._params_of(node_id).reads | self._inner_reads(node_id)) - self.nodes.keys()

    def later_reads(self, node_id: str) -> frozenset[str]:
        """The nodes of this graph that the node's expressions for later read."""
        return self._own(self._params_of(node_id).later_reads)

    def guard_reads(self, node_id: str) -> frozenset[str]:
        """The nodes of this graph that the node's ``when`` reads."""
        return self._own(self._guard_of(node_id).reads)

    def callback_reads(self, node_id: str) -> frozenset[str]:
        """The nodes whose address the node's params read."""
        if not self.callback_nodes:
            return self.callback_nodes
        reads = {read[1:] for read in self._params_of(node_id).reads if read[0] == "run"}
        if () in reads or ("callbacks",) in reads:
            return self.callback_nodes
        return self.callback_nodes & {read[1] for read in reads if read[0] == "callbacks"}

    def secret_reads(self, node_id: str) -> frozenset[str]:
        """The secrets that the node's params read."""
        return frozenset(read[1] for read in self._params_of(node_id).reads if read[0] == "secrets" and len(read) > 1)

    @cached_property
    def output_reads(self) -> frozenset[str]:
        """The nodes of this graph that the run's output reads."""
        return self._own(self._value("output", self._result).reads) | frozenset(self._last_nodes)

    @cached_property
    def _last_nodes(self) -> tuple[str, ...]:
        """The nodes whose outputs are what a body without an output of its own gives."""
        if self.owner is None or self._result is not None:
            return ()
        return tuple(node for node in self.order if not self.out_edges[node] and node not in self.undoing)

    @cached_property
    def _all_reads(self) -> frozenset[Read]:
        """Every path that something in this graph reads, unless it leads to a node of this graph."""
        reads: set[Read] = set(self._value("output", self._result).reads)
        for node_id in self.nodes:
            reads |= self._params_of(node_id).reads | self._guard_of(node_id).reads | self._inner_reads(node_id)
        return frozenset(read for read in reads if read[0] != "nodes" or read[1:2] == () or read[1] not in self.nodes)

    def _inner_reads(self, node_id: str) -> frozenset[Read]:
        """What a node reads while it is parked: by its expressions for later, and in its body."""
        later = self._params_of(node_id).later_reads
        return later if node_id not in self.bodies else later | self.bodies[node_id]._all_reads

    def _own(self, reads: Iterable[Read]) -> frozenset[str]:
        return nodes_in(reads) & self.nodes.keys()

    # -- evaluation --------------------------------------------------------------------------------------------------

    def fill_params(self, node_id: str, scope: Mapping[str, object]) -> JSON:
        """The node's params as its handler gets them: each expression is replaced by its value (see ``node_spec``)."""
        return self._params_of(node_id).fill(scope)

    def guard(self, node_id: str, scope: Mapping[str, object]) -> object:
        """The value of the node's ``when``."""
        return self._guard_of(node_id).evaluate(scope)

    def output(self, scope: Mapping[str, object]) -> JSON:
        """The run's output."""
        if self.has_template:
            return cast(JSON, self._value("output", self._result).evaluate(scope))
        nodes = cast(Mapping[str, JSONObject], scope["nodes"])
        return self.collected({node: nodes[node]["output"] for node in self._last_nodes})

    @property
    def has_template(self) -> bool:
        """Whether the definition says what the run's output is; if not, it is what ``collected`` says."""
        return self._result is not None

    def collected(self, outputs: Mapping[str, JSON]) -> JSON:
        """The output without a template: null, and for a body what its last nodes, or its only one, gave."""
        given: JSONObject = {node: outputs.get(node) for node in self._last_nodes}
        if len(given) > 1:
            return given
        return given[self._last_nodes[0]] if given else None

    def closure_of(self, node_id: str, scope: Mapping[str, object]) -> JSONObject:
        """What the node's body, and its expressions for later, read of what surrounds them; nothing else."""
        reads = self._inner_reads(node_id)
        nodes = cast(Mapping[str, JSON], scope["nodes"])
        closure: JSONObject = {"nodes": {node: nodes[node] for node in sorted(nodes_in(reads)) if node in nodes}}
        for root in ("input", "trigger"):
            if any(read[0] == root for read in reads):
                closure[root] = cast(JSON, scope[root])
        return closure

    def loop_over(self, node_id: str, scope: Mapping[str, object]) -> bool:
        """Whether a loop's ``until`` came true; ``scope`` has its child's output as ``item`` (``scope_within``)."""
        return any(truth(until, scope, path) for path, until in self._params_of(node_id).later.items())

    def scope(self, view: RunView, reads: Iterable[str], now: Instant) -> dict[str, object]:
        """The scope for a run under its lock; ``reads`` must be loaded in the view."""
        return scope_of(
            run_id=view.id,
            workflow=view.workflow,
            version=view.version,
            correlation_id=view.correlation_id,
            created_at=view.created_at,
            run_input=view.input,
            trigger=view.trigger,
            variables=self.workflow.vars,
            reads=reads,
            outputs=view.outputs,
            errors=view.errors,
            now=now,
            around=view.around,
        )

    def scope_within(
        self, view: RunView, closure: JSONObject, item: JSON, index: int, now: Instant
    ) -> dict[str, object]:
        """The scope of what a parked node of the run evaluates for one of its children."""
        return scope_of(
            run_id=view.id,
            workflow=view.workflow,
            version=view.version,
            correlation_id=view.correlation_id,
            created_at=view.created_at,
            run_input=None,
            trigger={},
            variables=self.workflow.vars,
            reads=(),
            outputs={},
            errors={},
            now=now,
            around={**closure, "item": item, "index": index},
        )

    # -- input -------------------------------------------------------------------------------------------------------

    def trigger_input(self, trigger_id: str, trigger: JSONObject) -> JSON:
        """The run's input when ``trigger`` fires: the trigger's template, else what the trigger brings."""
        for known in self.workflow.triggers:
            if known.id == trigger_id and known.input is not None:
                scope: dict[str, object] = {"trigger": trigger, "vars": self.workflow.vars}
                return cast(JSON, self._value(f"triggers.{trigger_id}", known.input).evaluate(scope))
        return _brought(trigger)

    def with_defaults(self, given: JSON) -> JSON:
        """The run's input with the schema's defaults for the top-level fields that were left out."""
        schema = self.workflow.input_schema or {}
        properties = schema.get("properties")
        if not isinstance(given, dict) or not isinstance(properties, dict):
            return given
        defaults = {
            name: field["default"]
            for name, field in properties.items()
            if isinstance(field, dict) and "default" in field and name not in given
        }
        return {**given, **defaults} if defaults else given

    # -- jobs --------------------------------------------------------------------------------------------------------

    def job_of(self, view: RunView, node_id: str, now: Instant, new_id: Callable[[], str]) -> NewJob:
        """The job that executes the node; its payload is empty because the executing worker fills the params."""
        node = self.nodes[node_id]
        return NewJob(
            id=new_id(),
            tenant=view.tenant,
            kind=node.kind,
            created_at=now,
            due_at=now,
            correlation_id=view.correlation_id,
            queue=node.queue,
            priority=node.priority,
            retry=node.retry,
            timeout=node.timeout,
            run_id=view.id,
            node_id=node_id,
            paused=view.state is RunState.PAUSED,
        )

    # -- compiling ---------------------------------------------------------------------------------------------------

    def _params_of(self, node_id: str) -> CompiledParams:
        if node_id not in self._params:
            before = (edge.source for edge in self.in_edges[node_id])
            self._params[node_id] = CompiledParams(self.nodes[node_id], before)
        return self._params[node_id]

    def _guard_of(self, node_id: str) -> Expression:
        if node_id not in self._guards:
            self._guards[node_id] = parse(self.nodes[node_id].when or "true")
        return self._guards[node_id]

    def _value(self, key: str, value: JSON) -> CompiledValue:
        if key not in self._values:
            self._values[key] = compiled(value)
        return self._values[key]


def _brought(trigger: JSONObject) -> JSONObject:
    """A webhook's JSON object, an event's data, gathered events as ``events``; else nothing."""
    match trigger:
        case {"type": "webhook", "body": dict() as body}:
            return body
        case {"type": "event", "events": list() as events}:
            return {"events": events}
        case {"type": "event", "event": {"data": dict() as data}}:
            return data
        case _:
            return {}
