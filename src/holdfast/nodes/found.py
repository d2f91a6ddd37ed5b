"""Node kinds that others bring: by the entry-point group ``holdfast.nodes``, or in the modules of ``--tasks``.

An entry point leads to a marked function or class, a subclass of ``holdfast.Node``, an object or function with a
``spec``, or a module of such kinds. One that can't be used is told by its name; none is left out silently.
"""

import inspect
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any, Final, cast

from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.nodes.own_node import OwnNode
from holdfast.nodes.threads import Threads
from holdfast.ports import NodeContext, NodeType
from holdfast.tasks.node_kinds import node_of, nodes_of

GROUP: Final = "holdfast.nodes"


class FunctionNode:
    """An async function ``(context, params) -> Outcome`` with a ``spec`` attribute, as a node."""

    def __init__(self, spec: NodeSpec, function: Callable[[NodeContext, JSONObject], Any]) -> None:
        self.spec = spec
        self._function = function

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        outcome: Outcome = await self._function(context, params)
        return outcome


def package_nodes(packages: Iterable[EntryPoint], threads: Threads) -> list[NodeType]:
    """The node kinds of other packages. Raises ``Invalid`` naming every entry point that is wrong."""
    nodes: list[NodeType] = []
    problems: list[Problem] = []
    for entry in packages:
        try:
            nodes += [as_node(value, threads) for value in _values(entry.load())]
        except Exception as error:
            problems.append(Problem(f"{GROUP}:{entry.name}", f"can't be loaded: {type(error).__name__}: {error}"))
    if problems:
        raise Invalid(problems, "A package's node kinds can't be loaded")
    return nodes


def module_nodes(values: Iterable[object], threads: Threads) -> list[NodeType]:
    """The node kinds of modules, as ``TaskRegistry.nodes`` has them. Raises ``Invalid`` naming each that is wrong."""
    nodes: list[NodeType] = []
    problems: list[Problem] = []
    for value in values:
        try:
            nodes.append(as_node(value, threads))
        except Exception as error:
            name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__name__)}"
            problems.append(Problem(name, f"can't be a node kind: {type(error).__name__}: {error}"))
    if problems:
        raise Invalid(problems, "The node kinds can't be used")
    return nodes


def as_node(value: Any, threads: Threads) -> NodeType:
    """The node kind that something is. Raises ``TypeError``, ``Unusable``, or what making a class's object raises."""
    kind = node_of(value)
    if kind is not None:
        return OwnNode(kind, threads)
    made: Any = value() if isinstance(value, type) else value
    spec = getattr(made, "spec", None)
    if not isinstance(spec, NodeSpec):
        raise TypeError("a node kind is marked with @holdfast.node, or has a spec, a holdfast.NodeSpec")
    if inspect.iscoroutinefunction(getattr(made, "execute", None)):
        return cast(NodeType, made)
    if inspect.iscoroutinefunction(made):
        return FunctionNode(spec, made)
    raise TypeError("a node kind has async execute(context, params), or is an async function of these")


def _values(loaded: object) -> list[object]:
    if not isinstance(loaded, ModuleType):
        return [loaded]
    found = list(nodes_of(loaded))
    if not found:
        raise TypeError(f"the module {loaded.__name__} has no node kinds")
    return found
