"""The builder by itself: what each of its words writes, and what it refuses."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from holdfast import Invalid, Workflow


def edges(wf: Workflow) -> list[tuple[str, str]]:
    return [(edge["from"], edge["to"]) for edge in wf.to_dict()["edges"]]


def three(wf: Workflow) -> Any:
    return wf.noop("a"), wf.noop("b"), wf.noop("c")


def test_a_workflow_is_what_was_set_and_nothing_else() -> None:
    assert Workflow("empty").to_dict() == {"holdfast": 1, "name": "empty"}
    wf = Workflow("w", title="T", vars={"n": 1})
    wf.trigger("hook", "webhook", respond="now").trigger("hand", "manual")
    wf.log("told", message="hi").set(title="Tell", retry={"max_attempts": 2}).at(0, 80)
    wf.set(output="{{ nodes.told.output }}")
    assert list(wf.to_dict().items()) == [
        ("holdfast", 1),
        ("name", "w"),
        ("title", "T"),
        ("vars", {"n": 1}),
        ("triggers", [{"id": "hook", "type": "webhook", "respond": "now"}, {"id": "hand", "type": "manual"}]),
        (
            "nodes",
            [
                {
                    "id": "told",
                    "type": "log",
                    "params": {"message": "hi"},
                    "title": "Tell",
                    "retry": {"max_attempts": 2},
                }
            ],
        ),
        ("layout", {"told": {"x": 0, "y": 80}}),
        ("output", "{{ nodes.told.output }}"),
    ]


def test_kinds_are_attributes_and_words_of_python_end_with_an_underscore() -> None:
    wf = Workflow("w")
    wf.http.request("call", url="https://example.com")
    wf.if_("check", condition="true")
    wf.delay("soon", for_="5s")
    wf.email.send("mail", {"from": "a@example.com"}, to="b@example.com")
    wf.noop("free", {"for_": 1, "a b": 2})
    wf.node("own", "acme.send-mail", title="Own", params={})
    assert [(node["type"], node.get("params")) for node in wf.to_dict()["nodes"]] == [
        ("http.request", {"url": "https://example.com"}),
        ("if", {"condition": "true"}),
        ("delay", {"for": "5s"}),
        ("email.send", {"from": "a@example.com", "to": "b@example.com"}),
        ("noop", {"for_": 1, "a b": 2}),
        ("acme.send-mail", {}),
    ]


def test_edges_lead_from_nodes_ports_and_groups() -> None:
    wf = Workflow("w")
    a, b, c = three(wf)
    d = wf.approval("d")
    assert (a >> [b, c] >> d) is d
    d.approved >> wf.noop("e")
    d.port("timeout") >> c
    [d.rejected, d.error] >> wf.noop("f")
    assert edges(wf) == [
        ("a", "b"),
        ("a", "c"),
        ("b", "d"),
        ("c", "d"),
        ("d.approved", "e"),
        ("d.timeout", "c"),
        ("d.rejected", "f"),
        ("d.error", "f"),
    ]


def test_then_is_the_same_in_words() -> None:
    wf = Workflow("w")
    a, b, c = three(wf)
    a.then(b, c).then(wf.noop("d"))
    a.error.then(wf.noop("e"))
    assert edges(wf) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("a.error", "e")]


def test_bodies_are_graphs_of_their_own() -> None:
    wf = Workflow("w")
    body = wf.body()
    check = body.if_("check", condition="item > 0")
    body.set(output="{{ item }}")
    each = wf.map("each", items=[1, 2], body=body)
    check.true >> body.noop("fine")  # a body may grow after it was given away
    assert wf.to_dict()["nodes"][0]["params"]["body"] == {
        "nodes": [{"id": "check", "type": "if", "params": {"condition": "item > 0"}}, {"id": "fine", "type": "noop"}],
        "output": "{{ item }}",
        "edges": [{"from": "check.true", "to": "fine"}],
    }
    with pytest.raises(ValueError, match="another graph"):
        check.false >> each
    with pytest.raises(ValueError, match="no places"):
        check.at(0, 0)


def test_a_node_names_the_one_that_undoes_it() -> None:
    wf = Workflow("w")
    release = wf.log("release", message="back")
    wf.noop("reserve").set(compensate=release)
    assert wf.to_dict()["nodes"][1]["compensate"] == "release"


def test_nodes_are_found_again_those_of_steps_too() -> None:
    wf = Workflow("w", steps=[{"id": "a", "type": "noop"}, {"parallel": [{"steps": [{"id": "b", "type": "noop"}]}]}])
    wf["b"].error >> wf.log("told", message="b failed")
    wf["b"].set(timeout="5s")
    assert wf["told"].id == "told"
    assert edges(wf) == [("b.error", "told")]
    assert wf.to_dict()["steps"][1]["parallel"][0]["steps"][0]["timeout"] == "5s"
    with pytest.raises(KeyError):
        wf["c"]


def test_what_cannot_be_a_graph_is_refused() -> None:
    wf = Workflow("w")
    a = wf.noop("a")
    with pytest.raises(ValueError, match="there is a node a already"):
        wf.log("a", message="again")
    with pytest.raises(TypeError, match="leads to a node"):
        a >> [a.error]  # type: ignore[list-item]
    with pytest.raises(ValueError, match="not its fields"):
        wf.reorder("name")
    with pytest.raises(ValueError, match="an object with a name"):
        Workflow.from_dict({"holdfast": 1})
    with pytest.raises(Invalid, match="line 2"):
        Workflow.from_yaml("name: x\nname: y\n")


def test_documents_and_values_are_copied() -> None:
    given: dict[str, Any] = {"holdfast": 1, "name": "w", "nodes": [{"id": "a", "type": "noop", "params": {"n": [1]}}]}
    wf = Workflow.from_dict(given)
    given["nodes"][0]["params"]["n"].append(2)
    wf.to_dict()["nodes"].clear()
    assert wf.to_dict()["nodes"] == [{"id": "a", "type": "noop", "params": {"n": [1]}}]
    assert wf.name == "w"


def test_names_with_an_underscore_first_are_no_kinds_or_ports() -> None:
    wf = Workflow("w")
    node = wf.noop("a")
    name = "_nothing"
    for thing in (wf, node, wf.noop):
        with pytest.raises(AttributeError):
            getattr(thing, name)
    assert (repr(node), repr(node.error), repr(wf.http.request)) == (
        "<node a (noop)>",
        "<port a.error>",
        "<kind http.request>",
    )
    assert pickle.loads(pickle.dumps(wf)).to_dict() == wf.to_dict()


def test_the_source_says_it_as_one_would() -> None:
    wf = Workflow("w", title='Say "it"')
    a, b, c = three(wf)
    check = wf.if_("check", condition='input.word == "it"')
    a >> [b, c] >> check
    check.true >> wf.delay("for_a_while", for_="5s") >> wf.noop("print").set(title="Print")
    assert (
        wf.to_python()
        == """\
from holdfast import Workflow

wf = Workflow("w", title='Say "it"')
a = wf.noop("a")
b = wf.noop("b")
c = wf.noop("c")
check = wf.if_("check", condition='input.word == "it"')
for_a_while = wf.delay("for_a_while", for_="5s")
print_ = wf.noop("print").set(title="Print")
a >> [b, c] >> check
check.true >> for_a_while >> print_
"""
    )


def test_the_yaml_says_it_as_one_would() -> None:
    wf = Workflow("w", tags=["a", "b"], vars={"version": "1.0", "on": "on", "none": "null"})
    wf.log("told", message="two\nlines")
    assert (
        wf.to_yaml()
        == """\
holdfast: 1
name: w
tags: [a, b]
vars:
  version: "1.0"
  'on': 'on'
  none: "null"
nodes:
  - id: told
    type: log
    params:
      message: |-
        two
        lines
"""
    )
