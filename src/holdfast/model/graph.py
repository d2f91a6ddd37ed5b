"""A workflow made ready to run: edges indexed both ways, expressions compiled once per version.

Built from a valid definition and immutable as seen from outside. Expressions compile at their first use and stay, so
that a process that only decides about runs never parses params. A stored definition whose expression no longer compiles
(the rules became stricter) raises its error where it is evaluated: that node fails, the run doesn't hang.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

from holdfast.model.expression import CompiledValue, Expression, ExpressionErrors, compile_value, parse
from holdfast.model.graph_scope import scope_of
from holdfast.model.instant import Instant
from holdfast.model.job import NewJob
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.node_spec import ERROR_PORT
from holdfast.model.run import RunView
from holdfast.model.workflow import EdgeDef, NodeDef, Workflow

WEBHOOK: Final = "webhook"


class Graph:
    """The graph of one version. Reads and evaluation raise ``ExpressionError``, never anything else."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.nodes: Mapping[str, NodeDef] = {node.id: node for node in workflow.nodes}
        self.out_edges: Mapping[str, tuple[EdgeDef, ...]] = _grouped(
            self.nodes, ((edge.source, edge) for edge in workflow.edges)
        )
        self.in_edges: Mapping[str, tuple[EdgeDef, ...]] = _grouped(
            self.nodes, ((edge.target, edge) for edge in workflow.edges)
        )
        self.order: tuple[str, ...] = _topological(self)
        self.rank: Mapping[str, int] = {node: place for place, node in enumerate(self.order)}
        self.roots: tuple[str, ...] = tuple(node for node in self.nodes if not self.in_edges[node])
        self._params: dict[str, CompiledParams] = {}
        self._guards: dict[str, Expression] = {}
        self._values: dict[str, CompiledValue] = {}

    @classmethod
    def of(cls, workflow: Workflow) -> "Graph":
        return cls(workflow)

    def edges_from(self, node_id: str, port: str) -> tuple[EdgeDef, ...]:
        return tuple(edge for edge in self.out_edges[node_id] if edge.port == port)

    def handles_error(self, node_id: str) -> bool:
        """Whether the node's failure has an edge to go on by."""
        return any(edge.port == ERROR_PORT for edge in self.out_edges[node_id])

    # -- what is read ------------------------------------------------------------------------------------------------

    def reads_of(self, node_id: str) -> frozenset[str]:
        """The nodes whose output or error the node's params read; load these before ``fill_params``."""
        return self._params_of(node_id).reads

    def guard_reads(self, node_id: str) -> frozenset[str]:
        """The nodes that the node's ``when`` reads."""
        return nodes_in(self._guard_of(node_id).reads)

    @property
    def output_reads(self) -> frozenset[str]:
        """The nodes that the run's output reads."""
        return nodes_in(self._value("output", self.workflow.output).reads)

    # -- evaluation --------------------------------------------------------------------------------------------------

    def fill_params(self, node_id: str, scope: Mapping[str, object]) -> JSON:
        """The node's params with every template and bare expression replaced by its value."""
        return self._params_of(node_id).fill(scope)

    def guard(self, node_id: str, scope: Mapping[str, object]) -> object:
        """The value of the node's ``when``."""
        return self._guard_of(node_id).evaluate(scope)

    def output(self, scope: Mapping[str, object]) -> JSON:
        """The run's output; null without a template."""
        return cast(JSON, self._value("output", self.workflow.output).evaluate(scope))

    def trigger_input(self, trigger_id: str, trigger: JSONObject) -> JSON:
        """The run's input when ``trigger`` fires: the trigger's template, else a webhook's JSON object, else ``{}``."""
        for known in self.workflow.triggers:
            if known.id == trigger_id and known.input is not None:
                scope: dict[str, object] = {"trigger": trigger, "vars": self.workflow.vars}
                return cast(JSON, self._value(f"triggers.{trigger_id}", known.input).evaluate(scope))
        body = trigger.get("body")
        return body if trigger.get("type") == WEBHOOK and isinstance(body, dict) else {}

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
        )

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
        )

    # -- compiling ---------------------------------------------------------------------------------------------------

    def _params_of(self, node_id: str) -> "CompiledParams":
        if node_id not in self._params:
            self._params[node_id] = CompiledParams(self.nodes[node_id])
        return self._params[node_id]

    def _guard_of(self, node_id: str) -> Expression:
        if node_id not in self._guards:
            self._guards[node_id] = parse(self.nodes[node_id].when or "true")
        return self._guards[node_id]

    def _value(self, key: str, value: JSON) -> CompiledValue:
        if key not in self._values:
            self._values[key] = _compiled(value)
        return self._values[key]


class CompiledParams:
    """A node's params: templates compiled in place, bare expressions kept aside with their paths."""

    __slots__ = ("_bare", "_rest", "reads")

    def __init__(self, node: NodeDef) -> None:
        rest: JSON = node.params
        bare: list[tuple[Path, Expression]] = []
        for path in node.bare:
            source = value_at(node.params, path)
            if isinstance(source, str):
                bare.append((path, parse(source)))
                rest = replaced(rest, path, None)
        self._bare = tuple(bare)
        self._rest = _compiled(rest)
        self.reads = nodes_in(self._rest.reads).union(*(nodes_in(e.reads) for _, e in bare))

    def fill(self, scope: Mapping[str, object]) -> JSON:
        filled = cast(JSON, self._rest.evaluate(scope))
        for path, expression in self._bare:
            filled = replaced(filled, path, cast(JSON, expression.evaluate(scope)))
        return filled


def _compiled(value: JSON) -> CompiledValue:
    """A value with its templates compiled; raises the first error in it."""
    try:
        return compile_value(value)
    except ExpressionErrors as errors:
        raise errors.errors[0][1] from None


def nodes_in(reads: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """The ids of the nodes among access paths such as ``("nodes", "a", "output")``."""
    return frozenset(path[1] for path in reads if path[0] == "nodes" and len(path) > 1)


def value_at(value: JSON, path: Path) -> JSON:
    """What stands at a path of object keys; None when there is nothing."""
    for key in path:
        value = value.get(str(key)) if isinstance(value, dict) else None
    return value


def replaced(value: JSON, path: Path, new: JSON) -> JSON:
    """``value`` with ``new`` at a path of object keys; what lies beside the path is shared, nothing is mutated."""
    if not path:
        return new
    if not isinstance(value, dict):
        return value
    key = str(path[0])
    return {**value, key: replaced(value.get(key), path[1:], new)}


def _grouped(nodes: Iterable[str], edges: Iterable[tuple[str, EdgeDef]]) -> dict[str, tuple[EdgeDef, ...]]:
    groups: dict[str, list[EdgeDef]] = {node: [] for node in nodes}
    for key, edge in edges:
        groups[key].append(edge)
    return {key: tuple(group) for key, group in groups.items()}


def _topological(graph: Graph) -> tuple[str, ...]:
    waits = {node: len(edges) for node, edges in graph.in_edges.items()}
    ready = deque(node for node, count in waits.items() if count == 0)
    order: list[str] = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for edge in graph.out_edges[node]:
            waits[edge.target] -= 1
            if waits[edge.target] == 0:
                ready.append(edge.target)
    return tuple(order)
