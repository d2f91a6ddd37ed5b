"""The index lets through exactly what evaluating every condition by itself lets through."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.engine.triggers.event_conditions import Bound, Equal, Look, read_condition
from holdfast.engine.triggers.listening import Index, told_event
from holdfast.model.event import Event
from holdfast.model.expression import ExpressionError, parse
from holdfast.model.json import JSON, JSONObject
from holdfast.model.subscription import Subscription
from holdfast.model.trigger import Owner, TriggerRecord
from holdfast.model.wait import fits
from holdfast.ports import Listeners
from tests.support.examples import examples

BIG = 2**53
CONSTANTS = st.sampled_from(
    ['"pro"', '"free"', '""', "1", "0", "2.5", "1.0", "true", "null", "5u", str(BIG), str(BIG + 1), f"{BIG}.0", "-3"]
)
VALUES: st.SearchStrategy[JSON] = st.sampled_from(
    ["pro", "free", "", 1, 0, 2.5, 1.0, True, False, None, 5, BIG, BIG + 1, float(BIG), -3, [], {"plan": "pro"}]
)
FIELDS = st.sampled_from(["event.data.a", 'event.data["a"]', "event.data.b", "event.data.b.plan", "event.subject"])


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    sides = [draw(FIELDS), draw(CONSTANTS)]
    if draw(st.booleans()):
        sides.reverse()
    return f"{sides[0]} {draw(st.sampled_from(['==', '!=', '<', '<=', '>', '>=']))} {sides[1]}"


OTHERS = st.sampled_from(
    ["has(event.data.a)", "event.data.a in [1, 2]", "event.data.a", "true", "size(event.data) > 1"]
)
PARTS = st.one_of(comparisons(), comparisons(), OTHERS)
CONDITIONS = st.one_of(
    st.lists(PARTS, min_size=1, max_size=4).map(" && ".join),
    st.tuples(PARTS, PARTS, PARTS).map(lambda three: f"{three[0]} && ({three[1]} || {three[2]})"),
    PARTS.map(lambda part: f"!({part})"),
)
TYPES = st.sampled_from(["order.created", "order.*", "*", "order.paid", "user.created"])
EVENTS = st.builds(
    lambda number, kind, data, subject: Event(str(number), "one", kind, 10, data, None, None, None, subject),
    st.integers(1, 99),
    st.sampled_from(["order.created", "order.paid", "user.created"]),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES),
    st.sampled_from([None, "pro", "x"]),
)


def record(row: int, event: str, condition: str | None = None, **more: Any) -> TriggerRecord:
    document: JSONObject = {"type": "event", "event": event, **({} if condition is None else {"condition": condition})}
    known = {"tenant": "one", "since": 0, **more}
    return TriggerRecord(
        row=f"row-{row:04}",
        owner=Owner("rule", str(row)),
        owner_name=str(row),
        id="trigger",
        type="event",
        document=document,
        created_at=0,
        **known,
    )


def slowly(event: Event, condition: str | None) -> bool:
    if condition is None:
        return True
    try:
        return parse(condition).evaluate({"event": told_event(event)}) is True
    except ExpressionError:
        return False


def rows(index: Index, event: Event) -> set[str]:
    return {found.row for found, _ in index.match(event).triggers}


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.tuples(TYPES, st.none() | CONDITIONS), max_size=30), st.lists(EVENTS, min_size=1, max_size=5))
def test_the_index_is_as_good_as_asking_everybody(rules: list[tuple[str, str | None]], events: list[Event]) -> None:
    records = [record(row, event, condition) for row, (event, condition) in enumerate(rules)]
    index = Index(Listeners(1, tuple(records)))
    for event in events:
        wanted = {
            each.row
            for each, (pattern, condition) in zip(records, rules, strict=True)
            if fits(pattern, event.type) and slowly(event, condition)
        }
        assert rows(index, event) == wanted


@pytest.mark.parametrize(
    ("condition", "demands"),
    [
        ('event.data.plan == "pro"', (Equal(("data", "plan"), ("text", "pro")),)),
        ('"pro" == event.data["plan"]', (Equal(("data", "plan"), ("text", "pro")),)),
        ('event.subject == "x" && 1 < event.data.n', (
            Equal(("subject",), ("text", "x")), Bound(("data", "n"), "above", 1, False),
        )),
        ("event.data.n <= 2.5", (Bound(("data", "n"), "below", 2.5, True),)),
        ("event.data.n == 1 || event.data.n == 2", ()),
        ("event.data.n == null", ()),
        ("other.n == 1", ()),
        ("event.data.list[0] == 1", ()),
    ],
)  # fmt: skip
def test_what_a_condition_demands(condition: str, demands: tuple[object, ...]) -> None:
    assert read_condition(condition).demands == demands


def test_a_condition_that_cannot_be_parsed_is_never_true() -> None:
    index = Index(Listeners(1, (record(1, "*", "event.data.("), record(2, "*"))))
    assert rows(index, Event("1", "one", "order.created", 10, {}, None, None, None)) == {"row-0002"}


def test_a_shared_part_is_evaluated_once_for_an_event() -> None:
    first, second = read_condition("event.data.a == 1 && event.data.b in [1]"), read_condition("event.data.b in [1]")
    assert first.parts == second.parts
    look = Look({"data": {"a": 1, "b": 1}})
    assert first.holds(look)
    assert second.holds(look)


def test_a_reload_takes_over_what_is_the_same_and_reads_what_changed() -> None:
    before = Index(Listeners(1, (record(1, "a", "event.data.n > 1"), record(2, "a"))))
    after = Index(Listeners(2, (record(1, "a", "event.data.n > 5", since=3), record(2, "a", since=20))), before)
    event = Event("1", "one", "a", 10, {"n": 9}, None, None, None)
    assert rows(before, event) == {"row-0001", "row-0002"}
    assert rows(after, event) == {"row-0001"}


def test_higher_priorities_come_first_and_the_rest_stands_in_a_fixed_order() -> None:
    index = Index(Listeners(1, (record(3, "*"), record(1, "*", priority=-1), record(2, "*", priority=9))))
    found = index.match(Event("1", "one", "a", 10, {}, None, None, None)).triggers
    assert [each.row for each, _ in found] == ["row-0002", "row-0003", "row-0001"]


def test_other_tenants_and_earlier_events_are_left_out() -> None:
    index = Index(Listeners(1, (record(1, "*", tenant="other"), record(2, "*", since=11), record(3, "*", since=10))))
    assert rows(index, Event("1", "one", "a", 10, {}, None, None, None)) == {"row-0003"}


def test_subscriptions_match_by_any_of_their_types_once() -> None:
    subscription = Subscription(
        "s", "one", "http://x", ("order.*", "order.paid"), b"", 0, 0, 0, condition="event.data.n == 1"
    )
    index = Index(Listeners(1, (), (subscription,)))
    assert index.match(Event("1", "one", "order.paid", 1, {"n": 1}, None, None, None)).subscriptions == (subscription,)
    assert index.match(Event("1", "one", "order.paid", 1, {"n": 2}, None, None, None)).subscriptions == ()
    assert index.match(Event("1", "one", "user.paid", 1, {"n": 1}, None, None, None)).subscriptions == ()


def test_a_kind_and_a_workflow_are_equal_fields_of_the_data() -> None:
    document: JSONObject = {"type": "event", "event": "job.succeeded", "kind": "mail"}
    mail = replace(record(1, "x"), document=document)
    index = Index(Listeners(1, (mail,)))
    for kind, wanted in (("mail", {"row-0001"}), ("other", set())):
        assert rows(index, Event("1", "one", "job.succeeded", 1, {"kind": kind}, None, None, None)) == wanted
