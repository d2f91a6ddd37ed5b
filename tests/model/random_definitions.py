"""A definition that uses everything, values that are nearly parts of one, and random changes."""

import copy
from typing import Final

from hypothesis import strategies as st

from holdfast.model.json import JSON, JSONObject
from tests.model.definitions import arrows, document, node
from tests.model.validate_kinds import body, looped, mapped, say

RICH: Final = document(
    [
        node("first", "switch", params={"cases": {"big": "input.n > 3", "small": "true"}}),
        node("some", "filter", params={"items": "{{ input.list }}", "condition": "item > index"}, compensate="undo"),
        say("undo", "{{ nodes.some.output }}", retry={"max_attempts": 2, "base_delay": "1s"}),
        mapped(
            "each",
            {
                "steps": [
                    say("within", "{{ item }} {{ nodes.some.output }} {{ run.callbacks.answer }}"),
                    {"parallel": [node("answer", "wait.callback"), {"steps": [node("p"), node("q")]}]},
                    looped("again", body([say("deep", "{{ index }}", when="item == null")]), until="item == index"),
                ],
                "output": "{{ nodes.again.output }}",
            },
            concurrency=3,
        ),
        node("wait", "wait.event", params={"event": "a.*", "condition": "event.data.x == nodes.each.output[0]"}),
        node("all", "merge", join={"at_least": 1}, on_error="continue"),
        node("ask", "approval", timeout="1h", queue="people", priority=3, params={"title": "{{ vars.a }}?"}),
    ],
    arrows("first.big>some,some>each,each>wait,wait>all,wait.timeout>all,first.default>all,all>ask"),
    input={"type": "object", "properties": {"n": {"type": "integer", "default": 1}}},
    vars={"a": 1},
    settings={"timeout": "1h", "max_concurrent_runs": {"limit": 2, "when_full": "reject"}, "on_failure": "drain"},
    triggers=[
        {
            "id": "t",
            "type": "webhook",
            "input": {"n": "{{ trigger.body.n }}"},
            "signature": {"type": "hmac", "secrets": ["A", "B"], "header": "x-s"},
            "respond": "result",
            "wait": "5s",
            "rate": "5/1s",
            "cors": ["https://a.example"],
        },
        {
            "id": "c",
            "type": "cron",
            "cron": "0 0 LW,15W * FRI#2",
            "timezone": "Europe/Berlin",
            "ends_at": "2030-01-01T00:00:00",
        },
        {"id": "v", "type": "every", "every": "1h", "jitter": "5s", "misfire": "all", "misfire_limit": 3},
        {"id": "w", "type": "at", "at": "2030-01-01T00:00:00Z", "starts_at": "2029-01-01T00:00:00Z"},
        {
            "id": "e",
            "type": "event",
            "event": "job.*",
            "kind": "x",
            "condition": "event.data.x > 1",
            "debounce": "5s",
            "batch": {"size": 5, "within": "1m"},
        },
    ],
    output={"x": ["{{ nodes.all.output }}"]},
    layout={"first": {"x": 0, "y": 1}, "deep": {"x": 0, "y": 1}},
    tags=["a"],
)

_WORDS: Final = """
    a in out error first undo each deep again answer map loop switch filter noop log wait.callback big first.big default
    1h {{item}} {{nodes.p.output}} {{run.callbacks.answer}} nodes.each.output item> {{}} {{ true any continue steps é
    cron every at event webhook @daily 15W * FRI#2 Europe/Berlin 2030-01-01T00:00:00 result hmac order.*
"""
_KEYS: Final = """
    id type params nodes edges steps parallel body output from to cases until items condition compensate when join
    settings max_concurrent_runs limit workflow name triggers trigger cron timezone every at event condition batch
    within signature secrets conditions jobs kind payload retry for_each
"""
WORDS: Final = st.sampled_from(_WORDS.split())
KEYS: Final = st.sampled_from(_KEYS.split())
SCALARS: Final = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-2, 2), st.floats(), st.text(max_size=3))
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS | WORDS, inner, max_size=4)),
    max_leaves=20,
)


def toss(data: st.DataObject) -> bool:
    return data.draw(st.booleans())


def containers(value: JSON) -> list[JSONObject | list[JSON]]:
    """Every object and list in ``value``, itself first."""
    found: list[JSONObject | list[JSON]] = []
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            found.append(part)
            stack.extend(part.values())
        elif isinstance(part, list):
            found.append(part)
            stack.extend(part)
    return found


def change(data: st.DataObject, given: JSONObject) -> None:
    """One change at one place: something else, nothing, or the copy of another part."""
    places = containers(given)
    place = data.draw(st.sampled_from(places))
    new = data.draw(VALUES | st.sampled_from(places).map(copy.deepcopy))
    if isinstance(place, list):
        change_list(data, place, new)
    elif place and toss(data):
        key = data.draw(st.sampled_from(sorted(place)))
        place[key] = new
    elif place and toss(data):
        del place[data.draw(st.sampled_from(sorted(place)))]
    else:
        place[data.draw(KEYS)] = new


def change_list(data: st.DataObject, place: list[JSON], new: JSON) -> None:
    if place and toss(data):
        place.pop(data.draw(st.integers(0, len(place) - 1)))
    if toss(data):
        place.insert(data.draw(st.integers(0, len(place))), new)
