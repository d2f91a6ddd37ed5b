"""YAML as the same document that JSON would be, and strict JSON itself."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from holdfast.definition_yaml import MAX_REPEATED, read_yaml
from holdfast.http.node_order import NodeOrders, node_order
from holdfast.model.errors import Invalid
from holdfast.model.json import JSON, JSONObject
from holdfast.strict_json import Malformed, parse_json, read_json

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(("text", "value"), [
    ("on: yes", {"on": "yes"}), ("off: no", {"off": "no"}), ("a: true", {"a": True}), ("a: FALSE", {"a": False}),
    ("a: ~", {"a": None}), ("a:", {"a": None}), ("a: 2026-01-31", {"a": "2026-01-31"}), ("a: 12:30", {"a": "12:30"}),
    ("a: 010", {"a": 10}), ("a: 0o10", {"a": 8}), ("a: 0x1F", {"a": 31}),
    ("a: 1e3", {"a": 1000.0}), ("a: .5", {"a": 0.5}),
    ("a: 1_000", {"a": "1_000"}), ("a: '1'", {"a": "1"}), ('a: "true"', {"a": "true"}), ("a: !!str 5", {"a": "5"}),
    ("a: |\n  x\n  y\n", {"a": "x\ny\n"}), ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}), ("<<: {a: 1}", {"<<": {"a": 1}}),
    ("", None), ("# nothing", None), ("- 1\n- [2, {a: b}]", [1, [2, {"a": "b"}]]), ("\ufeffa: 1", {"a": 1}),
])  # fmt: skip
def test_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    assert read_yaml(text.encode()) == value


@pytest.mark.parametrize(("text", "message"), [
    ("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice"),
    ("a:\n  b: 1\n  b: 2", "line 3, column 3"),
    ("1: a", "line 1, column 1: the key 1 must be text"),
    ("[a]: b", "a key must be text"),
    ("a: &x b\n*x : 2", "a key must be text, not an alias"),
    ("a: [1", "line 2, column 1"),
    ("\ta: 1", "line 1, column 1"),
    ("a: 1\n---\nb: 2", "line 2, column 1: a second document"),
    ("a: !!python/name:os.system", "tag"),
    ("a: !thing {}", "tag !thing"),
    ("a: .inf", "not a finite number"),
    ("a: &x [*x]", "names nothing that is complete"),
    ("a: *x", "x"),
    ("- " * 100 + "a", "nested deeper than 64 levels"),
    ("a: \x00", "control characters"),
])  # fmt: skip
def test_what_can_not_be_read_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_yaml(text)
    assert message in refused.value.problems[0].message


def test_bytes_that_are_not_utf_8_are_told() -> None:
    with pytest.raises(Malformed, match="byte 3 is not UTF-8"):
        read_yaml(b"a: \xff")


def test_aliases_may_repeat_but_not_explode() -> None:
    many = "a: &a [" + ",".join(["1"] * 99) + "]\nb: [" + ",".join(["*a"] * 99) + "]"
    assert len(json.dumps(read_yaml(many))) > MAX_REPEATED
    with pytest.raises(Malformed, match="aliases repeat more than"):
        read_yaml(many + "\nc: [" + ",".join(["*a"] * 2) + "]")


def test_values_that_are_not_portable_are_told_with_their_path() -> None:
    with pytest.raises(Invalid) as refused:
        read_yaml("a: [1, 99999999999999999999]\nb: 1e999")
    assert {problem.path for problem in refused.value.problems} == {"a[1]", "b"}


@given(VALUES)
def test_json_survives_both_readers(value: object) -> None:
    assert read_json(json.dumps(value)) == value
    dumped = yaml.safe_dump(value, allow_unicode=True, default_style='"') if isinstance(value, str) else None
    assert dumped is None or read_yaml(dumped) == value


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_but_never_crash(data: bytes | str) -> None:
    for read in (read_yaml, read_json, parse_json):
        with suppress(Invalid):
            read(data)


def test_nodes_stand_along_the_edges() -> None:
    definition: JSONObject = {
        "nodes": [{"id": "c"}, {"id": "b"}, {"id": "a"}, {"id": "alone"}],
        "edges": [{"from": "a", "to": "b"}, {"from": "b.true", "to": "c"}, {"from": "x", "to": "c"}, {"to": "b"}],
    }
    assert node_order(definition) == ("a", "b", "c", "alone")


def test_orders_of_versions_are_kept_within_bounds() -> None:
    orders = NodeOrders()
    for number in range(2_001):
        orders.keep(str(number), None, ("a",))
    assert orders.get("0", None) is None
    assert orders.get("2000", None) == ("a",)
    assert orders.get("2000", "body") is None


def test_steps_and_bodies_have_their_orders() -> None:
    inner: JSON = {"nodes": [{"id": "y"}, {"id": "x"}], "edges": [{"from": "x", "to": "y"}]}
    body: JSON = {"nodes": [{"id": "deep", "params": {"body": inner}}]}
    definition: JSONObject = {
        "steps": [{"id": "b"}, {"parallel": [{"id": "d"}, {"id": "c"}]}, {"id": "each", "params": {"body": body}}],
        "nodes": [{"id": "undo"}, {"id": "first"}],
        "edges": [{"from": "first", "to": "b"}],
    }
    assert node_order(definition) == ("undo", "first", "b", "d", "c", "each")
    assert node_order(definition, "each") == ("deep",)
    assert node_order(definition, "deep") == ("x", "y")
    assert node_order(definition, "nowhere") == ()
