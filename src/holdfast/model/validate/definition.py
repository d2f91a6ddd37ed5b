"""A whole definition: its top level, then everything in it, in an order that lets later checks rely on earlier ones.

Reading comes first and always gives a ``Workflow``, whatever is wrong; then come the checks that need all of it.
Neither stops at the first problem. Every walk is bounded: the document's depth is checked before anything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON, JSONObject, Path, pointer, problems_of
from holdfast.model.node_spec import NodeSpec, SchemaPort
from holdfast.model.validate.edges import check_edges, read_edges
from holdfast.model.validate.expressions import Expressions, Names
from holdfast.model.validate.fields import PRIORITY, Fields
from holdfast.model.validate.inputs import check_input, fields_of, read_input
from holdfast.model.validate.nodes import ReadNode, read_nodes
from holdfast.model.validate.params import check_node, check_params
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.validate.triggers import read_triggers
from holdfast.model.workflow import FORMAT, Settings, TriggerDef, Workflow

TITLE: Final = "The workflow is not valid"
_KEYS: Final = (
    "holdfast", "name", "title", "description", "tags", "input", "vars", "settings", "triggers", "nodes", "edges",
    "output", "layout",
)  # fmt: skip
_SETTINGS: Final = ("timeout", "queue", "priority", "on_failure")


@dataclass(frozen=True, slots=True)
class _Read:
    workflow: Workflow
    nodes: Mapping[str, ReadNode]
    all_nodes: list[ReadNode]
    triggers: list[tuple[Path, TriggerDef]]


def read_workflow(document: JSON, specs: Mapping[str, NodeSpec], schemas: SchemaPort) -> Workflow:
    """The workflow of a definition. Raises ``Invalid`` with every problem, each with its path."""
    if not isinstance(document, dict):
        raise Invalid([Problem("", f"a workflow is an object, not {kind_of(document)}")], TITLE)
    if unfit := problems_of(document):
        raise Invalid([Problem(pointer(path), message) for path, message in unfit], TITLE)
    problems = Problems()
    read = _read(document, specs, problems)
    _check(read, schemas, problems)
    if problems:
        raise Invalid(problems.all(), TITLE)
    return read.workflow


def load_workflow(document: JSONObject, specs: Mapping[str, NodeSpec]) -> Workflow:
    """The workflow of a definition that was valid when it was saved.

    Rules may have become stricter since, or a node type may be unknown to this process: a run under way goes on all the
    same, with defaults in the place of what can't be understood.
    """
    return _read(document, specs, Problems()).workflow


def _read(document: JSONObject, specs: Mapping[str, NodeSpec], problems: Problems) -> _Read:
    top = Fields(document, (), problems, _KEYS, ("steps",))
    top.require("holdfast", "name", *(() if "steps" in top else ("nodes",)))
    settings = _settings(top, problems)
    all_nodes = read_nodes(top, specs, settings, problems)
    nodes = {read.node.id: read for read in reversed(all_nodes)}
    nodes = {read.node.id: nodes[read.node.id] for read in all_nodes}
    triggers = read_triggers(top, problems)
    workflow = Workflow(
        name=top.name("name", ""),
        title=top.text("title", limit=200),
        description=top.text("description"),
        tags=_tags(top),
        input_schema=read_input(top),
        vars=top.mapping("vars"),
        settings=settings,
        triggers=tuple(trigger for _, trigger in triggers),
        nodes=tuple(read.node for read in nodes.values()),
        edges=tuple(read_edges(top, nodes, problems)),
        output=top.raw("output"),
        layout=_layout(top, nodes, problems),
        document=document,
    )
    _check_format(top)
    return _Read(workflow, nodes, all_nodes, triggers)


def _check(read: _Read, schemas: SchemaPort, problems: Problems) -> None:
    workflow = read.workflow
    if workflow.input_schema is not None:
        check_input(workflow.input_schema, schemas, problems)
    order = check_edges(read.nodes, workflow.edges, problems)
    names = Names(read.nodes, order, workflow.vars, fields_of(workflow.input_schema))
    expressions = Expressions(names, problems)
    secrets = {spec.type: spec.secret_paths for _, spec in _specs_of(read)}
    for node in read.all_nodes:
        check_params(node, schemas, problems)
        check_node(node, secrets.get(node.node.type, ()), expressions)
    expressions.check_value(workflow.output, ("output",))
    for path, trigger in read.triggers:
        expressions.check_trigger_input(trigger.input, (*path, "input"))


def _specs_of(read: _Read) -> list[tuple[str, NodeSpec]]:
    return list({node.node.type: node.spec for node in read.all_nodes if node.spec is not None}.items())


def _check_format(top: Fields) -> None:
    given = top.raw("holdfast")
    if "holdfast" in top and (given != FORMAT or isinstance(given, bool)):
        top.add("holdfast", f"must be {FORMAT}, the version of the definition's format")


def _settings(top: Fields, problems: Problems) -> Settings:
    if "settings" not in top:
        return Settings()
    inner = Fields(top.raw("settings"), ("settings",), problems, _SETTINGS, ("max_concurrent_runs",))
    default = Settings()
    return Settings(
        timeout=inner.duration("timeout", 0, least=1) or None,
        queue=inner.name("queue", default.queue),
        priority=inner.integer("priority", default.priority, *PRIORITY),
        on_failure=inner.choice("on_failure", ("cancel", "drain"), "cancel"),
    )


def _tags(top: Fields) -> tuple[str, ...]:
    tags: list[str] = []
    for index, tag in enumerate(top.items("tags", 100)):
        if isinstance(tag, str) and 0 < len(tag) <= 100:
            tags.append(tag)
        else:
            top.problems.add(("tags", index), "expected text of 1 to 100 characters")
    return tuple(tags)


def _layout(top: Fields, nodes: Mapping[str, ReadNode], problems: Problems) -> Mapping[str, JSON]:
    layout = top.mapping("layout")
    for name, position in layout.items():
        if name not in nodes:
            problems.add_unknown(("layout", name), "there is no node", name, nodes)
            continue
        place = Fields(position, ("layout", name), problems, ("x", "y"))
        for axis in ("x", "y"):
            value = place.raw(axis)
            if isinstance(value, bool) or not isinstance(value, int | float):
                place.add(axis, "expected a number")
    return layout
