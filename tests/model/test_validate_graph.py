"""Edges, ports, cycles, reachability and joins of a definition."""

from itertools import pairwise
from typing import Any

import pytest

from holdfast.model.json import JSON
from tests.model.definitions import arrows, document, edge, node, problems, read

HOT = node("hot", "if", params={"condition": "true"})
A, B, C = node("a"), node("b"), node("c")


@pytest.mark.parametrize(
    ("arrow", "path", "message"),
    [
        (edge("a", "x"), "edges[0].to", 'there is no node "x"'),
        (edge("x", "a"), "edges[0].from", 'there is no node "x"'),
        (edge("a", "a"), "edges[0].to", "can't lead to itself"),
        (edge("a.left", "b"), "edges[0].from", '"a" (noop) has no port "left"; its ports are out, error'),
        (edge("a.", "b"), "edges[0].from", 'has no port ""'),
        (edge("a.error.x", "b"), "edges[0].from", 'has no port "error.x"'),
        (edge("hot", "b"), "edges[0].from", '"hot" (if) has no port "out"; write hot.true or hot.false'),
        (edge("hot.out", "b"), "edges[0].from", 'has no port "out"; its ports are true, false'),
        (edge("hot.error", "b"), "edges[0].from", 'has no port "error"'),
        ({"from": "a"}, "edges[0].to", "to is missing"),
        ({"from": "a", "to": 3}, "edges[0].to", "expected text, not a number"),
        ({"from": "a", "to": "b", "port": "out"}, "edges[0].port", "unknown key"),
    ],
)
def test_a_wrong_edge(arrow: JSON, path: str, message: str) -> None:
    found = problems(document([A, B, HOT], [arrow]))
    assert list(found) == [path]
    assert message in found[path]


def test_a_near_name_is_offered() -> None:
    found = problems(document([node("enrich"), B], [edge("enrhic", "b")]))
    assert found == {"edges[0].from": 'there is no node "enrhic"; did you mean "enrich"?'}


def test_the_same_edge_twice_is_refused_and_out_is_the_default_port() -> None:
    found = problems(document([A, B], arrows("a>b,a.out>b")))
    assert found == {"edges[1]": "is the same edge as edges[0]"}


def test_both_ports_may_lead_to_one_node() -> None:
    assert len(read(document([HOT, A], arrows("hot.true>a,hot.false>a"))).edges) == 2


def test_a_cycle_is_named() -> None:
    found = problems(document([A, B, C, node("d")], arrows("d>a,a>b,b>c,c>a")))
    assert list(found) == ["edges"]
    cycle = found["edges"].removeprefix("the nodes ").split(" are ")[0].split(" → ")
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"a", "b", "c"}
    steps = set(pairwise(cycle))
    assert steps == {("a", "b"), ("b", "c"), ("c", "a")}


def test_what_only_a_cycle_leads_to_is_unreachable() -> None:
    found = problems(document([A, B, C, node("d")], arrows("a>b,b>a,b>c")))
    assert set(found) == {"edges", "nodes[2]"}
    assert "can't be reached" in found["nodes[2]"]


def test_an_unknown_type_doesnt_hide_the_rest_of_the_graph() -> None:
    found = problems(document([node("a", "nop"), B], arrows("a.anything>b,b>x")))
    assert set(found) == {"nodes[0].type", "edges[1].to"}


@pytest.mark.parametrize(
    ("join", "path", "message"),
    [
        ("some", ".join", "must be all, any or an object"),
        (2, ".join", "must be all, any or an object"),
        ({}, ".join.at_least", "at_least is missing"),
        ({"at_least": 0}, ".join.at_least", "between 1 and"),
        ({"at_least": 3}, ".join.at_least", "is more than the 2 edges"),
        ({"atleast": 1}, ".join.atleast", 'did you mean "at_least"?'),
    ],
)
def test_a_wrong_join(join: Any, path: str, message: str) -> None:
    found = problems(document([A, B, node("c", join=join)], arrows("a>c,b>c")))
    assert message in found[f"nodes[2]{path}"]


@pytest.mark.parametrize("join", ["all", "any", {"at_least": 1}])
def test_a_root_has_nothing_to_join(join: JSON) -> None:
    assert "no edge leads to this node" in problems(document([node("a", join=join)]))["nodes[0].join"]


def test_an_error_edge_and_on_error_continue_exclude_each_other() -> None:
    found = problems(document([node("a", on_error="continue"), B], arrows("a.error>b")))
    assert list(found) == ["nodes[0].on_error"]


def test_a_node_without_out_can_not_continue() -> None:
    nodes = [node("hot", "if", params={"condition": "true"}, on_error="continue"), B]
    assert "no port out" in problems(document(nodes, arrows("hot.true>b")))["nodes[0].on_error"]


def test_sizes_are_bounded() -> None:
    many = [node(f"n{index}") for index in range(1001)]
    assert "at most 1000" in problems(document(many))["nodes"]
    edges = [edge("a", "b")] * 5001
    assert "at most 5000" in problems(document([A, B], edges))["edges"]
