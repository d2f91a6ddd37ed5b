"""Definitions for the model's tests: a few node kinds with real schemas, and short ways to write a graph."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from holdfast.cron import Crons
from holdfast.model.errors import Invalid
from holdfast.model.graph import Graph
from holdfast.model.instant import SECOND
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.retry import RetryPolicy
from holdfast.model.validate import read_workflow
from holdfast.model.workflow import Workflow
from holdfast.schema import JsonSchemas

SCHEMAS: Final = JsonSchemas()
CRONS: Final = Crons()

_ANY: Final[JSONObject] = {}
_TEXT: Final[JSONObject] = {"type": "string"}


def _object(required: Sequence[str], **properties: JSON) -> JSONObject:
    return {
        "type": "object",
        "required": list(required),
        "properties": dict(properties),
        "additionalProperties": False,
    }


SPECS: Final[Mapping[str, NodeSpec]] = {
    spec.type: spec
    for spec in (
        NodeSpec("noop"),
        NodeSpec("log", params=_object(["message"], message=_TEXT)),
        NodeSpec("transform", params=_object(["value"], value=_ANY)),
        NodeSpec("fail", params=_object(["message"], message=_TEXT, retryable={"type": "boolean"})),
        NodeSpec("task", params=_object(["name"], name=_TEXT, args={"type": "object"})),
        NodeSpec(
            "if",
            params=_object(["condition"], condition={"type": "boolean", "x-holdfast-expression": True}),
            ports=("true", "false"),
            has_error=False,
        ),
        NodeSpec(
            "http.request",
            params=_object(
                ["url"],
                url={"type": "string", "minLength": 8},
                method={"enum": ["GET", "POST"]},
                json=_ANY,
                headers={"type": "object", "x-holdfast-secret": True},
                options=_object(
                    [], only_if={"type": "boolean", "x-holdfast-expression": True}, limit={"type": "integer"}
                ),
            ),
            retry=RetryPolicy(max_attempts=4),
            timeout=30 * SECOND,
        ),
    )
}

NODE: Final[JSONObject] = {"id": "a", "type": "noop"}


def node(name: str, kind: str = "noop", **fields: JSON) -> JSON:
    return {"id": name, "type": kind, **fields}


def edge(source: str, target: str) -> JSON:
    return {"from": source, "to": target}


def document(nodes: Sequence[JSON] = (NODE,), edges: Sequence[JSON] = (), **fields: JSON) -> JSONObject:
    """A definition; ``fields`` are its other top-level fields."""
    return {"holdfast": 1, "name": "sample", "nodes": list(nodes), "edges": list(edges), **fields}


def read(given: JSON) -> Workflow:
    return read_workflow(given, SPECS, SCHEMAS, CRONS)


def graph(nodes: Sequence[JSON] = (NODE,), edges: Sequence[JSON] = (), **fields: JSON) -> Graph:
    return Graph.of(read(document(nodes, edges, **fields)))


def arrows(text: str) -> list[JSON]:
    """Edges as ``a > b, hot.true > c``."""
    pairs = (arrow.split(">") for arrow in text.split(",") if arrow.strip())
    return [edge(source.strip(), target.strip()) for source, target in pairs]


def problems(given: JSON) -> dict[str, str]:
    """The problems of an invalid definition: path → message (the messages of one path joined by " | ")."""
    with pytest.raises(Invalid) as caught:
        read(given)
    found: dict[str, str] = {}
    for problem in caught.value.problems:
        found[problem.path] = f"{found[problem.path]} | {problem.message}" if problem.path in found else problem.message
    return found
