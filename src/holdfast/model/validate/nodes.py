"""Reading the nodes of a definition: each by itself, without looking at its edges or expressions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.node_spec import OUT_PORT, NodeSpec
from holdfast.model.retry import RetryPolicy
from holdfast.model.validate.fields import PRIORITY, Fields
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.workflow import MAX_EDGES, MAX_NODES, TASK_TYPE, Join, NodeDef, Settings

_KEYS: Final = (
    "id", "type", "params", "retry", "timeout", "join", "when", "on_error", "queue", "priority", "title", "notes",
)  # fmt: skip
_LATER_KEYS: Final = ("compensate",)
_RETRY_KEYS: Final = ("max_attempts", "strategy", "base_delay", "max_delay", "jitter", "on_lost")
_LATER_TYPES: Final = frozenset(
    {
        "switch", "filter", "merge", "map", "loop", "wait.until", "wait.event", "wait.callback", "approval",
        "workflow.call", "notify", "webhook.respond", "event.emit", "sql.query", "code.python", "agent", "form.input",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadNode:
    """A node with its place in the document; ``spec`` is None for an unknown type, about which nothing can be said."""

    path: Path
    node: NodeDef
    spec: NodeSpec | None
    joins: bool = False


def read_nodes(top: Fields, specs: Mapping[str, NodeSpec], settings: Settings, problems: Problems) -> list[ReadNode]:
    """All nodes that are objects, in the document's order."""
    items = top.items("nodes", MAX_NODES)
    if "nodes" in top and not items and isinstance(top.raw("nodes"), list):
        top.add("nodes", "a workflow needs at least one node")
    bare = {name: spec.expression_paths for name, spec in specs.items()}
    nodes = [
        _read_node(Fields(item, ("nodes", index), problems, _KEYS, _LATER_KEYS), specs, bare, settings)
        for index, item in enumerate(items)
    ]
    _refuse_twins(nodes, problems)
    return nodes


def _refuse_twins(nodes: list[ReadNode], problems: Problems) -> None:
    first: dict[str, Path] = {}
    for read in nodes:
        if read.node.id and read.node.id in first:
            place = first[read.node.id][1]
            problems.add((*read.path, "id"), f'"{read.node.id}" is already the id of nodes[{place}]')
        first.setdefault(read.node.id, read.path)


def _read_node(
    fields: Fields,
    specs: Mapping[str, NodeSpec],
    bare: Mapping[str, tuple[Path, ...]],
    settings: Settings,
) -> ReadNode:
    fields.require("id", "type")
    name = fields.text("type")
    spec = _spec(fields, name, specs)
    basis = spec or NodeSpec(name)
    node = NodeDef(
        id=fields.identifier("id"),
        type=name,
        params=_params(fields, name),
        ports=basis.all_ports,
        bare=bare.get(name, ()),
        retry=_retry(fields, basis.retry),
        timeout=fields.duration("timeout", basis.timeout, least=1),
        join=_join(fields),
        when=fields.text("when", limit=100_000) if "when" in fields else None,
        on_error=fields.choice("on_error", ("fail", "continue"), "fail"),
        queue=fields.name("queue", settings.queue),
        priority=fields.integer("priority", settings.priority, *PRIORITY),
    )
    fields.text("title", limit=200)
    fields.text("notes")
    if node.on_error == "continue" and OUT_PORT not in node.ports:
        fields.add("on_error", f"a failed {name} can't continue: it has no port out to go on by")
    return ReadNode(fields.path, node, spec, joins="join" in fields)


def _spec(fields: Fields, name: str, specs: Mapping[str, NodeSpec]) -> NodeSpec | None:
    spec = specs.get(name)
    if spec is None and isinstance(fields.raw("type"), str):
        if name in _LATER_TYPES:
            fields.add("type", f"{name} is not available yet")
        else:
            fields.problems.add_unknown(fields.at("type"), "unknown node type", name, specs)
    return spec


def _params(fields: Fields, name: str) -> JSONObject:
    params = fields.mapping("params")
    task = params.get("name")
    if name == TASK_TYPE and isinstance(task, str) and "{{" in task:
        fields.problems.add((*fields.at("params"), "name"), "the name of a task can't be an expression")
    return params


def _retry(fields: Fields, default: RetryPolicy) -> RetryPolicy:
    """A policy: what isn't said is the node type's. A longer base delay raises an unsaid greatest delay with it."""
    if "retry" not in fields:
        return default
    inner = Fields(fields.raw("retry"), fields.at("retry"), fields.problems, _RETRY_KEYS)
    base = inner.duration("base_delay", default.base_delay)
    longest = inner.duration("max_delay", max(default.max_delay, base))
    if longest < base:
        inner.add("max_delay", "must not be shorter than base_delay")
        longest = base
    return RetryPolicy(
        max_attempts=inner.integer("max_attempts", default.max_attempts, 1, 1000),
        strategy=inner.choice("strategy", ("fixed", "linear", "exponential"), default.strategy),
        base_delay=base,
        max_delay=longest,
        jitter=inner.choice("jitter", ("none", "full", "equal"), default.jitter),
        on_lost=inner.choice("on_lost", ("retry", "stop"), default.on_lost),
    )


def _join(fields: Fields) -> Join:
    value: JSON = fields.raw("join") if "join" in fields else "all"
    match value:
        case "all":
            return Join("all")
        case "any":
            return Join("any", 1)
        case dict():
            inner = Fields(value, fields.at("join"), fields.problems, ("at_least",))
            inner.require("at_least")
            return Join("at_least", inner.integer("at_least", 1, 1, MAX_EDGES))
        case _:
            fields.add("join", f"must be all, any or an object {{at_least: n}}, not {kind_of(value)}")
            return Join()
