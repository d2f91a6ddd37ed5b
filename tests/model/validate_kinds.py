"""Definitions with the kinds of control flow and waiting as the library has them, beside those of ``definitions``."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.validate import read_workflow
from holdfast.model.workflow import Workflow
from holdfast.nodes.approval import Approval
from holdfast.nodes.filter import Filter
from holdfast.nodes.loop import Loop
from holdfast.nodes.map_ import Map
from holdfast.nodes.merge import Merge
from holdfast.nodes.switch import Switch
from holdfast.nodes.wait_callback import WaitCallback
from holdfast.nodes.wait_event import WaitEvent
from tests.model.definitions import CRONS, SCHEMAS, SPECS, node

_FLOW: Final = (Approval, Filter, Loop, Map, Merge, Switch, WaitCallback, WaitEvent)
KINDS: Final[Mapping[str, NodeSpec]] = {**SPECS, **{kind.spec.type: kind.spec for kind in _FLOW}}


def read(given: JSON) -> Workflow:
    return read_workflow(given, KINDS, SCHEMAS, CRONS)


def problems(given: JSON) -> dict[str, str]:
    """The problems of an invalid definition: path → message (the messages of one path joined by " | ")."""
    with pytest.raises(Invalid) as caught:
        read(given)
    found: dict[str, str] = {}
    for problem in caught.value.problems:
        found[problem.path] = f"{found[problem.path]} | {problem.message}" if problem.path in found else problem.message
    return found


def say(name: str, text: str, **fields: JSON) -> JSON:
    """A node whose one param is ``text``."""
    return node(name, "log", params={"message": text}, **fields)


def body(nodes: Sequence[JSON], edges: Sequence[JSON] = (), **fields: JSON) -> JSONObject:
    return {"nodes": list(nodes), "edges": list(edges), **fields}


def mapped(name: str, inner: JSON, **params: JSON) -> JSON:
    """A map over three numbers."""
    return node(name, "map", params={"items": [1, 2, 3], "body": inner, **params})


def looped(name: str, inner: JSON, **params: JSON) -> JSON:
    return node(name, "loop", params={"max_iterations": 3, "body": inner, **params})
