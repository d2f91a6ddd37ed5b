"""What changed between two definitions: by names, not by places, and nothing that means the same."""

import copy

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from holdfast.model.diff import Difference, differences
from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, problems_of
from holdfast.model.validate import read_workflow
from holdfast.model.workflow import Workflow
from tests.model.definitions import CRONS, SCHEMAS, arrows, document, edge, node
from tests.model.random_definitions import RICH, change
from tests.model.validate_kinds import KINDS, body, looped, mapped, say
from tests.support.examples import examples

A, B, C = node("a"), node("b"), node("c")
HOOK: JSON = {"id": "hook", "type": "webhook"}
HAND: JSON = {"id": "hand", "type": "manual"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (document([A, B]), document([B, A]), []),
        (document([A]), document([A, B]), [Difference("nodes.b", "added", after=B)]),
        (document([A, B]), document([A]), [Difference("nodes.b", "removed", before=B)]),
        (
            document([node("a", timeout="1s", queue="x")]),
            document([node("a", timeout="2s", priority=1)]),
            [
                Difference("nodes.a.timeout", "changed", "1s", "2s"),
                Difference("nodes.a.queue", "removed", before="x"),
                Difference("nodes.a.priority", "added", after=1),
            ],
        ),
        (document([A, B], arrows("a>b")), document([A, B], arrows("a.out>b")), []),
        (
            document([A, B], arrows("a>b")),
            document([A, B], arrows("a.error>b,b>a")),
            [
                Difference("edges.a -> b", "removed", before=edge("a", "b")),
                Difference("edges.a.error -> b", "added", after=edge("a.error", "b")),
                Difference("edges.b -> a", "added", after=edge("b", "a")),
            ],
        ),
        (document(triggers=[HOOK, HAND]), document(triggers=[HAND, HOOK]), []),
        (document(), document(triggers=[HAND]), [Difference("triggers.hand", "added", after=HAND)]),
        (
            document(vars={"a": 1, "b": 1, "c": [1, {"d": 1}], "e": None}),
            document(vars={"a": True, "b": 1.0, "c": [1, {"d": 1}], "e": None}),
            [Difference("vars.a", "changed", 1, True), Difference("vars.b", "changed", 1, 1.0)],
        ),
        (
            document(vars={"c": [1, {"d": 1}]}),
            document(vars={"c": [1, {"d": True}]}),
            [Difference("vars.c", "changed", [1, {"d": 1}], [1, {"d": True}])],
        ),
        (
            document([node("a", "transform", params={"value": [{"id": 1}, {"id": 2}]})]),
            document([node("a", "transform", params={"value": [{"id": 2}, {"id": 1}]})]),
            [Difference("nodes.a.params.value", "changed", [{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 1}])],
        ),
        (
            document([mapped("m", body([A, B]))]),
            document([mapped("m", body([B, say("c", "x")], arrows("b>c")))]),
            [
                Difference("nodes.m.params.body.nodes.a", "removed", before=A),
                Difference("nodes.m.params.body.nodes.c", "added", after=say("c", "x")),
                Difference("nodes.m.params.body.edges.b -> c", "added", after=edge("b", "c")),
            ],
        ),
        (
            document([mapped("m", body([looped("l", body([say("a", "x")]))]))]),
            document([mapped("m", body([looped("l", body([say("a", "y")]))]))]),
            [Difference("nodes.m.params.body.nodes.l.params.body.nodes.a.params.message", "changed", "x", "y")],
        ),
        (
            document([node("s", "switch", params={"cases": {"x": "true", "y": "true"}})]),
            document([node("s", "switch", params={"cases": {"y": "true", "x": "true"}})]),
            [Difference("nodes.s.params.cases", "changed", {"x": "true", "y": "true"}, {"y": "true", "x": "true"})],
        ),
        (document(vars={"x": 1, "y": 1}), document(vars={"y": 1, "x": 1}), []),
        ({"nodes": "?"}, {"nodes": [A, A]}, [Difference("nodes", "changed", "?", [A, A])]),
    ],
)
def test_differences(before: JSON, after: JSON, expected: list[Difference]) -> None:
    assert differences(before, after) == expected


def test_steps_are_compared_by_what_they_give() -> None:
    steps: JSON = {"holdfast": 1, "name": "sample", "steps": [A, {"parallel": [B, C]}]}
    plain = document([A, B, C], arrows("a>b,a>c"))
    assert differences(steps, plain) == []
    assert differences(steps, document([A, B], arrows("a>b"))) == [
        Difference("nodes.c", "removed", before=C),
        Difference("edges.a -> c", "removed", before=edge("a", "c")),
    ]
    inner: JSON = {"steps": [A, B]}
    assert differences(document([looped("l", inner)]), document([looped("l", body([A, B], arrows("a>b")))])) == []


def valid(given: JSON) -> Workflow:
    try:
        return read_workflow(given, KINDS, SCHEMAS, CRONS)
    except Invalid:
        assume(False)
        raise


@given(st.data())
@settings(max_examples=examples(200), suppress_health_check=list(HealthCheck))
def test_definitions_without_a_difference_are_the_same_workflow(data: st.DataObject) -> None:
    changed = copy.deepcopy(RICH)
    change(data, changed)
    assume(not problems_of(changed))  # such as NaN, which is not even like itself
    found = differences(RICH, changed)
    assert differences(changed, changed) == []
    assert sorted(one.path for one in found) == sorted(one.path for one in differences(changed, RICH))
    if not found:
        before, after = valid(RICH), valid(changed)
        assert {made.id: made for made in before.nodes} == {made.id: made for made in after.nodes}
        assert set(before.edges) == set(after.edges)
        assert (before.settings, before.output, before.vars) == (after.settings, after.output, after.vars)
