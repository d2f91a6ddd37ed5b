"""A whole definition: its top level, then everything in it, in an order that lets later checks rely on earlier ones.

Reading comes first and always gives a ``Workflow``, whatever is wrong; then come the checks that need all of it.
Neither stops at the first problem. Every walk is bounded: the document's depth is checked before anything else.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.model.clock import CronPort
from holdfast.model.errors import Invalid, Problem
from holdfast.model.json import JSON, JSONObject, Path, pointer, problems_of
from holdfast.model.node_spec import NodeSpec, SchemaPort
from holdfast.model.trigger import WebhookSpec
from holdfast.model.validate.alone import known_of
from holdfast.model.validate.edges import check_edges
from holdfast.model.validate.expressions import Expressions
from holdfast.model.validate.fields import Fields
from holdfast.model.validate.graphs import GraphReader, refuse_twins
from holdfast.model.validate.inputs import check_input, fields_of, read_input
from holdfast.model.validate.marks import Kinds
from holdfast.model.validate.params import check_node, check_params
from holdfast.model.validate.problems import Problems, kind_of
from holdfast.model.validate.reading import Allowance, ReadGraph
from holdfast.model.validate.scope import Names, Place, Scope, homes_of
from holdfast.model.validate.settings import read_settings
from holdfast.model.validate.steps import STEPS
from holdfast.model.validate.triggers import check_trigger, read_triggers
from holdfast.model.webhook_answer import RESPOND
from holdfast.model.workflow import CALLBACK_TYPE, FORMAT, TriggerDef, Workflow

TITLE: Final = "The workflow is not valid"
_KEYS: Final = (
    "holdfast", "name", "title", "description", "tags", "input", "vars", "settings", "triggers", "nodes", "edges",
    "steps", "output", "layout",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Read:
    workflow: Workflow
    graph: ReadGraph
    triggers: list[tuple[Path, TriggerDef]]


def read_workflow(document: JSON, specs: Mapping[str, NodeSpec], schemas: SchemaPort, cron: CronPort) -> Workflow:
    """The workflow of a definition. Raises ``Invalid`` with every problem, each with its path."""
    if not isinstance(document, dict):
        raise Invalid([Problem("", f"a workflow is an object, not {kind_of(document)}")], TITLE)
    if unfit := problems_of(document):
        raise Invalid([Problem(pointer(path), message) for path, message in unfit], TITLE)
    problems = Problems()
    read = _read(document, specs, problems)
    _check(read, schemas, problems)
    _check_triggers(read, cron, problems)
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
    top = Fields(document, (), problems, _KEYS)
    top.require("holdfast", "name", *(() if STEPS in top else ("nodes",)))
    settings = read_settings(top, problems)
    graph = GraphReader(Kinds(specs), settings, problems, Allowance()).read(top, "a workflow")
    refuse_twins(graph, problems)
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
        nodes=tuple(read.node for read in graph.nodes.values()),
        edges=graph.edges,
        output=graph.output,
        layout=_layout(top, {read.node.id for read in graph.walk()}, problems),
        document=document,
    )
    _check_format(top)
    return _Read(workflow, graph, triggers)


def _check(read: _Read, schemas: SchemaPort, problems: Problems) -> None:
    workflow = read.workflow
    if workflow.input_schema is not None:
        check_input(workflow.input_schema, schemas, problems)
    names = Names(workflow.vars, fields_of(workflow.input_schema), homes_of(read.graph))
    expressions = Expressions(names, problems)
    _check_graph(read.graph, None, schemas, expressions)
    for path, trigger in read.triggers:
        expressions.check_trigger_input(trigger.input, (*path, "input"), known_of(trigger.type))


def _check_triggers(read: _Read, cron: CronPort, problems: Problems) -> None:
    answers = any(node.node.type == RESPOND for node in read.graph.all_nodes)
    for path, trigger in read.triggers:
        check_trigger(trigger, path, cron, problems)
        if isinstance(trigger.spec, WebhookSpec) and trigger.spec.respond == "node" and not answers:
            rule = f"needs a {RESPOND} node in the workflow's own graph, which gives the answer"
            problems.add((*path, "respond"), rule)


def _check_graph(graph: ReadGraph, outer: Place | None, schemas: SchemaPort, expressions: Expressions) -> None:
    """A graph and, right after each node, the graph in its body; ``outer`` is where that node stands."""
    problems = expressions.problems
    callbacks = [name for name, read in graph.nodes.items() if read.node.type == CALLBACK_TYPE]
    scope = Scope(graph, check_edges(graph, problems), outer, callbacks)
    for node in graph.all_nodes:
        check_params(node, schemas, problems)
        check_node(node, scope, expressions)
        if node.body is not None:
            _check_graph(node.body, Place(scope, node.node.id), schemas, expressions)
    expressions.check_value(graph.output, (*graph.path, "output"), Place(scope))


def _check_format(top: Fields) -> None:
    given = top.raw("holdfast")
    if "holdfast" in top and (given != FORMAT or isinstance(given, bool)):
        top.add("holdfast", f"must be {FORMAT}, the version of the definition's format")


def _tags(top: Fields) -> tuple[str, ...]:
    tags: list[str] = []
    for index, tag in enumerate(top.items("tags", 100)):
        if isinstance(tag, str) and 0 < len(tag) <= 100:
            tags.append(tag)
        else:
            top.problems.add(("tags", index), "expected text of 1 to 100 characters")
    return tuple(tags)


def _layout(top: Fields, nodes: Collection[str], problems: Problems) -> Mapping[str, JSON]:
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
