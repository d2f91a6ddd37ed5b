"""``steps:``, the short way to write a graph: a list of nodes that run one after the other.

``{parallel: [step, …]}`` stands for steps that run beside each other; one of them may be ``{steps: [step, …]}``, a
list of its own. Each step leads, by its port ``out``, to all that begin the next one. Steps may stand beside ``nodes``
and ``edges``, which add what a list can't say: other ports, and nodes that undo.

Pure: the document keeps its steps as they were written. What can't be compiled is told and left out. The depth of the
recursion is that of the document, which is bounded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.workflow import MAX_EDGES

PARALLEL: Final = "parallel"
STEPS: Final = "steps"


@dataclass(slots=True)
class Compiled:
    """The nodes of steps, each with its place, and (from, to) of the edges between them."""

    nodes: list[tuple[Path, JSON]] = field(default_factory=list)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)
    problems: list[tuple[Path, str]] = field(default_factory=list)


def compile_steps(steps: list[JSON], path: Path) -> Compiled:
    """The graph of ``steps``, which stand at ``path``."""
    compiled = Compiled()
    _sequence(compiled, steps, path, [])
    if len(compiled.edges) > MAX_EDGES:
        message = f"gives more than {MAX_EDGES} edges; a step between two wide groups spares most of them"
        compiled.problems.append((path, message))
    return compiled


def expanded(graph: JSONObject) -> JSONObject:
    """A valid definition, or a body, with nodes and edges in the place of its steps, on every level."""
    made = {key: value for key, value in graph.items() if key != STEPS}
    steps, nodes, edges = graph.get(STEPS), graph.get("nodes"), graph.get("edges")
    compiled = compile_steps(steps if isinstance(steps, list) else [], (STEPS,))
    listed = [*(nodes if isinstance(nodes, list) else ()), *(node for _, node in compiled.nodes)]
    made["nodes"] = [_with_expanded_body(node) for node in listed]
    if compiled.edges:
        arrows: list[JSON] = [{"from": source, "to": target} for source, target in compiled.edges]
        made["edges"] = [*(edges if isinstance(edges, list) else ()), *arrows]
    return made


def _with_expanded_body(node: JSON) -> JSON:
    params = node.get("params") if isinstance(node, dict) else None
    body = params.get("body") if isinstance(params, dict) else None
    if not isinstance(node, dict) or not isinstance(params, dict) or not isinstance(body, dict):
        return node
    if not isinstance(body.get("nodes", body.get(STEPS)), list):
        return node  # a param of that name which is no graph
    return {**node, "params": {**params, "body": expanded(body)}}


def _sequence(compiled: Compiled, steps: Iterable[JSON], path: Path, before: list[str]) -> list[str]:
    """The nodes that the sequence ends with."""
    for index, step in enumerate(steps):
        here = (*path, index)
        if isinstance(step, dict) and STEPS in step:
            compiled.problems.append((here, "steps can stand only inside parallel; write its steps here"))
        else:
            before = _step(compiled, step, here, before) or before
    return before


def _step(compiled: Compiled, step: JSON, path: Path, before: list[str]) -> list[str]:
    if isinstance(step, dict) and PARALLEL in step:
        return _group(compiled, step, path, before)
    return _node(compiled, step, path, before)


def _group(compiled: Compiled, group: JSONObject, path: Path, before: list[str]) -> list[str]:
    ends: list[str] = []
    for index, branch in enumerate(_list(compiled, group, PARALLEL, path)):
        here = (*path, PARALLEL, index)
        if isinstance(branch, dict) and STEPS in branch:
            ends += _sequence(compiled, _list(compiled, branch, STEPS, here), (*here, STEPS), before)
        else:
            ends += _step(compiled, branch, here, before)
    return ends


def _list(compiled: Compiled, value: JSONObject, key: str, path: Path) -> list[JSON]:
    """The one field of a group or a branch."""
    compiled.problems += [((*path, other), f"can't stand beside {key}") for other in value if other != key]
    inner = value[key]
    if isinstance(inner, list) and inner:
        return inner
    compiled.problems.append(((*path, key), "must be a list of at least one step"))
    return []


def _node(compiled: Compiled, step: JSON, path: Path, before: list[str]) -> list[str]:
    compiled.nodes.append((path, step))
    name = step.get("id") if isinstance(step, dict) else None
    if not isinstance(name, str):
        return []
    for source in before:
        if len(compiled.edges) > MAX_EDGES:
            break
        compiled.edges[source, name] = None
    return [name]
