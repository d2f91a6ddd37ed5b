"""Marked params: what the handler gets in their place."""

import pytest

from holdfast.model.expression import ExpressionError
from holdfast.model.graph import Graph
from holdfast.model.json import JSON
from holdfast.model.workflow import NodeDef
from tests.model.driving import NOW, new_view
from tests.model.flows import flow, steps


def fill(node: NodeDef, outputs: dict[str, JSON] | None = None, before: str = "") -> JSON:
    graph = flow([*steps("a", "b", "c"), node], before)
    return filled(graph, node.id, outputs or {})


def filled(graph: Graph, name: str, outputs: dict[str, JSON]) -> JSON:
    reads = graph.reads_of(name)
    loaded = {node: output for node, output in outputs.items() if node in reads}
    view = new_view(graph, {"limit": 2})._replace(outputs=loaded)
    return graph.fill_params(name, graph.scope(view, reads, NOW))


FILTER = NodeDef(
    "f",
    "filter",
    {"items": "nodes.a.output", "condition": "item.n > input.limit && index < 2"},
    bare=(("items",),),
    each=((("condition",), ("items",)),),
)


def test_an_expression_for_each_element_gives_the_list_of_its_values() -> None:
    items: JSON = [{"n": 3}, {"n": 1}, {"n": 5}]
    assert fill(FILTER, {"a": items}) == {"items": items, "condition": [True, False, False]}
    assert fill(FILTER, {"a": []}) == {"items": [], "condition": []}


def test_items_that_are_no_list_are_left_to_the_schema() -> None:
    assert fill(FILTER, {"a": "text"}) == {"items": "text", "condition": []}


def test_an_error_for_one_element_names_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        fill(FILTER, {"a": [{"n": 3}, {}]})
    assert caught.value.path == ("condition", 1)


def test_all_elements_share_one_budget() -> None:
    many: JSON = [{"n": 3}] * 50_000
    assert isinstance(fill(FILTER, {"a": many}), dict)
    costly = NodeDef("f", "filter", {"items": [1] * 1_000, "c": EACH_COSTS}, each=((("c",), ("items",)),))
    with pytest.raises(ExpressionError) as caught:
        fill(costly)
    assert caught.value.kind == "limit"


EACH_COSTS = "[1,2,3,4,5,6,7,8,9].all(x, [1,2,3,4,5,6,7,8,9].all(y, [1,2,3,4,5,6,7,8,9].all(z, x + y + z > 0)))"


def switch(**cases: JSON) -> NodeDef:
    return NodeDef("s", "switch", {"cases": cases}, cases=(("cases",),))


def test_cases_give_the_name_of_the_first_that_is_true() -> None:
    node = switch(big="nodes.a.output > 10", middle="nodes.a.output > input.limit", broken="input.nothing.at.all")
    assert fill(node, {"a": 11}) == {"cases": "big"}
    assert fill(node, {"a": 5}) == {"cases": "middle"}
    assert fill(switch(never="false"), {}) == {"cases": None}


@pytest.mark.parametrize("case", ["1 + 1", "input.nothing.at.all"])
def test_a_case_that_fails_or_is_no_bool_raises_with_its_name(case: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        fill(switch(no="false", wrong=case))
    assert caught.value.path == ("cases", "wrong")


def test_an_expression_for_later_stays_a_text() -> None:
    node = NodeDef(
        "w",
        "wait.event",
        {"event": "{{ 'order' }}.paid", "condition": 'event.data.text == "{{ ( }}" && nodes.a.output == 1'},
        later=(("condition",),),
    )
    expected: JSON = {"event": "order.paid", "condition": node.params["condition"]}
    assert fill(node, {}) == expected
    assert flow([*steps("a"), node]).later_reads("w") == {"a"}


def test_a_marked_param_that_is_left_out_stays_out() -> None:
    node = NodeDef(
        "x",
        "x",
        {"items": [1], "other": True},
        bare=(("b",), ("other",)),
        each=((("e",), ("items",)),),
        cases=(("c",),),
        later=(("l",),),
    )
    assert fill(node) == {"items": [1], "other": True}


def test_a_gathering_node_gets_the_outputs_before_it() -> None:
    node = NodeDef("m", "merge", gathers=True)
    assert fill(node, {"a": 1, "b": None, "c": 3}, "a > m, b > m, a.error > m") == {"inputs": {"a": 1, "b": None}}
    assert fill(node, {}) == {}


def test_what_marks_read_is_read_by_the_node() -> None:
    node = NodeDef(
        "n",
        "n",
        {"items": "{{ nodes.a.output }}", "e": "item == nodes.b.output", "c": {"x": "nodes.c.error == null"}},
        each=((("e",), ("items",)),),
        cases=(("c",),),
    )
    assert flow([*steps("a", "b", "c"), node]).reads_of("n") == {"a", "b", "c"}
