"""Reading one node of a definition by itself, without looking at its edges, its body or its expressions."""

from typing import Final

from holdfast.model.graph import value_at
from holdfast.model.json import JSON, JSONObject, Path
from holdfast.model.node_spec import OUT_PORT, NodeSpec
from holdfast.model.retry import RetryPolicy
from holdfast.model.validate.fields import PRIORITY, Fields
from holdfast.model.validate.marks import Kinds, Marks
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.validate.reading import ReadNode
from holdfast.model.workflow import MAX_EDGES, TASK_TYPE, Join, NodeDef, Settings

_KEYS: Final = (
    "id", "type", "params", "retry", "timeout", "join", "when", "on_error", "queue", "priority", "compensate", "title",
    "notes",
)  # fmt: skip
_RETRY_KEYS: Final = ("max_attempts", "strategy", "base_delay", "max_delay", "jitter", "on_lost")
# Where a kind that nobody knows most likely keeps a graph.
_LIKELY_BODY: Final = Marks(body=("body",), body_or_workflow=True)


def read_node(path: Path, item: JSON, kinds: Kinds, settings: Settings, problems: Problems) -> ReadNode:
    """The node that ``item`` describes, with defaults in the place of what is wrong."""
    fields = Fields(item, path, problems, _KEYS)
    fields.require("id", "type")
    name = fields.text("type")
    spec = _spec(fields, name, kinds)
    basis = spec or NodeSpec(name)
    params = _params(fields, name)
    marks = kinds.marks(name) if spec is not None else _likely_marks(params)
    node = NodeDef(
        id=fields.identifier("id"),
        type=name,
        params=params if marks.body is None else without(params, marks.body),
        ports=tuple(dict.fromkeys((*_case_names(params, marks), *basis.all_ports))) if marks.cases else basis.all_ports,
        bare=marks.bare,
        each=marks.each,
        cases=marks.cases,
        later=tuple(later.path for later in marks.later),
        gathers=basis.gathers,
        retry=read_retry(fields, basis.retry),
        timeout=fields.duration("timeout", basis.timeout, least=1),
        join=_join(fields),
        when=fields.text("when", limit=100_000) if "when" in fields else None,
        on_error=fields.choice("on_error", ("fail", "continue"), "fail"),
        queue=fields.name("queue", settings.queue),
        priority=fields.integer("priority", settings.priority, *PRIORITY),
        compensate=fields.text("compensate") if "compensate" in fields else None,
    )
    fields.text("title", limit=200)
    fields.text("notes")
    if node.on_error == "continue" and OUT_PORT not in node.ports:
        fields.add("on_error", f"a failed {name} can't continue: it has no port out to go on by")
    return ReadNode(path, node, spec, marks, params, joins="join" in fields)


def _likely_marks(params: JSONObject) -> Marks:
    """A graph in a kind that nobody knows is read all the same: the problems in it can be told at once."""
    body = params.get("body")
    return _LIKELY_BODY if isinstance(body, dict) and ("nodes" in body or "steps" in body) else Marks()


def _case_names(params: JSONObject, marks: Marks) -> list[str]:
    cases = [value_at(params, place) for place in marks.cases]
    return [name for named in cases if isinstance(named, dict) for name in named]


def without(value: JSONObject, path: Path) -> JSONObject:
    """``value`` without what stands at a path of keys; nothing is mutated."""
    key = str(path[0])
    inner = value.get(key)
    if len(path) > 1:
        return {**value, key: without(inner, path[1:])} if isinstance(inner, dict) else value
    return {name: part for name, part in value.items() if name != key}


def _spec(fields: Fields, name: str, kinds: Kinds) -> NodeSpec | None:
    spec = kinds.specs.get(name)
    if spec is None and isinstance(fields.raw("type"), str):
        fields.problems.add_unknown(fields.at("type"), "unknown node type", name, kinds.specs)
    return spec


def _params(fields: Fields, name: str) -> JSONObject:
    params = fields.mapping("params")
    task = params.get("name")
    if name == TASK_TYPE and isinstance(task, str) and "{{" in task:
        fields.problems.add((*fields.at("params"), "name"), "the name of a task can't be an expression")
    return params


def read_retry(fields: Fields, default: RetryPolicy, *, with_errors: bool = False) -> RetryPolicy:
    """A policy: what isn't said is the default's. A longer base delay raises an unsaid greatest delay with it.

    ``with_errors``: it may name types of errors that are never retried, as a lone job's can.
    """
    if "retry" not in fields:
        return default
    keys = (*_RETRY_KEYS, "final_errors") if with_errors else _RETRY_KEYS
    inner = Fields(fields.raw("retry"), fields.at("retry"), fields.problems, keys)
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
        final_errors=_final_errors(inner) if with_errors else default.final_errors,
    )


def _final_errors(retry: Fields) -> tuple[str, ...]:
    names: list[str] = []
    for index, given in enumerate(retry.items("final_errors", 50)):
        if isinstance(given, str) and 0 < len(given) <= 200:
            names.append(given)
        else:
            rule = "expected the type of an error, of 1 to 200 characters, such as ValueError"
            retry.problems.add((*retry.at("final_errors"), index), rule)
    return tuple(names)


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
