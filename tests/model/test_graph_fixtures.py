"""The rules of the graph by example, in ``graphs.json``; the console's graph core is tested by the same examples.

Each graph has the ports of some of its nodes, edges that may be added and edges that may not, and which edges are
taken and which are dead once a node has ended.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from holdfast.model.errors import Invalid
from holdfast.model.graph import Graph
from holdfast.model.json import JSON
from holdfast.model.node_spec import NodeSpec
from holdfast.model.run import NodeState
from holdfast.model.validate import read_workflow
from holdfast.model.workflow import Workflow
from tests.model.definitions import CRONS, SCHEMAS, document
from tests.model.driving import Drive

FIXTURES: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("graphs.json").read_text())
SPECS: Final = {
    name: NodeSpec(name, params=kind["params"], ports=tuple(kind["ports"]), has_error=kind["has_error"])
    for name, kind in FIXTURES["kinds"].items()
}
every_graph = pytest.mark.parametrize("example", FIXTURES["graphs"], ids=lambda example: str(example["about"]))


def read(example: dict[str, Any], *more: JSON) -> Workflow:
    return read_workflow(document(example["nodes"], [*example["edges"], *more]), SPECS, SCHEMAS, CRONS)


@every_graph
def test_nodes_have_these_ports(example: dict[str, Any]) -> None:
    nodes = Graph.of(read(example)).nodes
    assert {name: list(nodes[name].ports) for name in example["ports"]} == example["ports"]


@every_graph
def test_these_edges_may_be_added(example: dict[str, Any]) -> None:
    for edge in example["allowed"]:
        assert read(example, edge)


@every_graph
def test_these_edges_may_not(example: dict[str, Any]) -> None:
    for edge in example["refused"]:
        with pytest.raises(Invalid) as refused:
            read(example, edge)
        assert refused.value.problems, edge


@every_graph
def test_an_end_takes_these_edges(example: dict[str, Any]) -> None:
    for decided in example["decided"]:
        graph = Graph.of(read(example))
        drive = Drive(graph)
        drive.start()
        if decided["state"] == "SUCCEEDED":
            drive.succeed(decided["node"], decided["output"], decided["port"])
        else:
            drive.fail(decided["node"], NodeState[decided["state"]])
        ports = drive.view.nodes[decided["node"]].ports
        ends = {(edge.source, edge.port, edge.target): edge.port in ports for edge in graph.out_edges[decided["node"]]}
        assert {edge for edge, taken in ends.items() if taken} == set(map(tuple, decided["taken"]))
        assert {edge for edge, taken in ends.items() if not taken} == set(map(tuple, decided["dead"]))
