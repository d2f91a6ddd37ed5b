"""What changed between two definitions: by the names of things, not by their places in the file."""

import pytest

from holdfast.engine.definition_diff import Difference, differences
from holdfast.model.json import JSON

A: JSON = {"id": "a", "type": "noop", "params": {"n": 1}}
B: JSON = {"id": "b", "type": "log", "params": {"message": "hello"}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"name": "x"}, {"name": "x"}, []),
        ({"name": "x"}, {"name": "y"}, [Difference("name", "changed", "x", "y")]),
        ({"vars": {"n": 1}}, {"vars": {"n": True}}, [Difference("vars.n", "changed", 1, True)]),
        ({}, {"title": "T"}, [Difference("title", "added", after="T")]),
        ({"title": None}, {}, [Difference("title", "removed")]),
        ({"nodes": [A, B]}, {"nodes": [B, A]}, []),
        ({"nodes": [A]}, {"nodes": [A, B]}, [Difference("nodes.b", "added", after=B)]),
        ({"nodes": [A, B]}, {"nodes": [B]}, [Difference("nodes.a", "removed", before=A)]),
        (
            {"nodes": [A]},
            {"nodes": [{"id": "a", "type": "noop", "params": {"n": 2}}]},
            [Difference("nodes.a.params.n", "changed", 1, 2)],
        ),
        (
            {"edges": [{"from": "a", "to": "b"}]},
            {"edges": [{"from": "a.error", "to": "b"}, {"from": "a", "to": "b"}]},
            [Difference("edges.a.error -> b", "added", after={"from": "a.error", "to": "b"})],
        ),
        ({"tags": ["x"]}, {"tags": ["x", "y"]}, [Difference("tags", "changed", ["x"], ["x", "y"])]),
        (
            {"nodes": [{"id": "m", "params": {"body": {"nodes": [A]}}}]},
            {"nodes": [{"id": "m", "params": {"body": {"nodes": [A, B]}}}]},
            [Difference("nodes.m.params.body.nodes.b", "added", after=B)],
        ),
        ({"nodes": [A]}, {"nodes": {"a": A}}, []),
        ({"nodes": [A]}, {"nodes": "none"}, [Difference("nodes", "changed", [A], "none")]),
    ],
)
def test_differences(before: JSON, after: JSON, expected: list[Difference]) -> None:
    assert differences(before, after) == expected


def test_both_ways_round_tell_of_the_same_places() -> None:
    before: JSON = {"nodes": [A], "edges": [], "vars": {"x": 1}}
    after: JSON = {"nodes": [A, B], "edges": [{"from": "a", "to": "b"}], "vars": {"x": 2}}
    there, back = differences(before, after), differences(after, before)
    assert [one.path for one in there] == ["nodes.b", "edges.a -> b", "vars.x"]
    assert {one.path for one in there} == {one.path for one in back}
