"""The biggest definitions: read in time, and without recursion."""

import gc
import time

import pytest

from holdfast.model.graph import Graph
from holdfast.model.json import JSON
from holdfast.model.workflow import MAX_EDGES
from tests.model.definitions import arrows, document, edge, node, problems, read

COUNT = 1_000


def chain(spans: int, count: int = COUNT) -> JSON:
    """``count`` nodes with two expressions each; every node leads to the next ``spans`` ones, up to the most edges."""
    nodes = [node("n0")]
    nodes += [
        node(f"n{i}", "log", params={"message": f"{{{{ nodes.n{i - 1}.output.score }}}} of {{{{ input.id }}}}"})
        for i in range(1, count)
    ]
    edges = [(i, i + step) for step in range(1, spans + 1) for i in range(count - step)][:MAX_EDGES]
    return document(nodes, [edge(f"n{source}", f"n{target}") for source, target in edges])


@pytest.mark.parametrize("spans", [1, pytest.param(6, marks=pytest.mark.chaos)])
def test_reading_takes_as_many_times_longer_as_the_graph_is_bigger(spans: int) -> None:
    """Ten times the nodes may take ten times as long, not a hundred times."""
    assert cost_of(chain(spans)) < 40 * cost_of(chain(spans, COUNT // 10))


def cost_of(given: JSON) -> float:
    """CPU time of the best of several rounds: what else the machine does is no matter of ours."""
    gc.collect()
    taken = []
    for _ in range(5):
        begin = time.process_time()
        read(given)
        taken.append(time.process_time() - begin)
    return min(taken)


def test_the_biggest_graph_is_in_order() -> None:
    made = Graph.of(read(chain(6)))
    assert made.order == tuple(f"n{i}" for i in range(COUNT))
    assert made.roots == ("n0",)


def test_a_long_cycle_is_found_without_recursion() -> None:
    ring = ",".join(f"n{i}>n{(i + 1) % COUNT}" for i in range(COUNT))
    assert list(problems(document([node(f"n{i}") for i in range(COUNT)], arrows(ring)))) == ["edges"]


def test_deep_values_are_refused() -> None:
    deep: JSON = "x"
    for _ in range(200):
        deep = [deep]
    (path,) = problems(document([node("a", "transform", params={"value": deep})]))
    assert path.startswith("nodes[0].params.value[0]")
