"""What is told of a run beside the run itself, as JSON: its timeline, what it waits for, the children of its nodes."""

from typing import NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.http.shapes.times import moment
from holdfast.model.instant import format_instant
from holdfast.model.records import ChildRecord, WaitRecord
from holdfast.model.spawn import Family
from holdfast.model.timeline import Segment


class WaitShape(TypedDict):
    """What a parked node waits for; `until` is its timeout. What only some kinds have is absent elsewhere.

    `name` is what a signal must name. `url` is the address to give away of a `wait.callback`, for operators.
    """

    node: str
    kind: str
    name: str
    until: str | None
    title: NotRequired[JsonValue]
    message: NotRequired[JsonValue]
    approvers: NotRequired[list[str]]
    event: NotRequired[str | None]
    condition: NotRequired[str | None]
    url: NotRequired[str]


class RunDefinitionShape(TypedDict):
    """What a run executes: `version` is 0 for a draft (`test`), which only its own runs know."""

    version: int
    test: bool
    definition: dict[str, JsonValue]


class WaitsShape(TypedDict):
    """What the nodes of a run wait for."""

    items: list[WaitShape]
    next: str | None


class ItemsShape(TypedDict):
    """How far the children of a `map`, `loop` or `workflow.call` are: `done` have ended, `failed` of them not well."""

    total: int
    done: int
    failed: int
    live: int


class ItemShape(TypedDict):
    """One child. `run` is null until it has started."""

    index: int
    state: str
    run: str | None
    item: JsonValue
    output: JsonValue
    error: JsonValue


class ItemPageShape(TypedDict):
    """A page of children, by index."""

    items: list[ItemShape]
    next: str | None


class CalledShape(TypedDict):
    """What a callback reached."""

    run_id: str
    node: str


# "from" is a keyword, so this one can't be written as a class.
SegmentShape = TypedDict(
    "SegmentShape",
    {
        "node": str,
        "job": str,
        "attempt": int,
        "kind": str,
        "from": str,
        "to": str | None,
        "outcome": str | None,
    },
)


class TimelineShape(TypedDict):
    """A run's nodes by the beginning of each stretch: `waiting`, `running`, `backoff`, `parked` or `held`.

    `to` is null while it lasts; `outcome` is how an attempt ended, or why a parked node went on.
    """

    items: list[SegmentShape]


def segment_shape(segment: Segment) -> SegmentShape:
    return {
        "node": segment.node,
        "job": segment.job,
        "attempt": segment.attempt,
        "kind": segment.kind,
        "from": format_instant(segment.begin),
        "to": moment(segment.end),
        "outcome": segment.outcome,
    }


def wait_shape(record: WaitRecord) -> WaitShape:
    wait = record.wait
    shape: WaitShape = {"node": record.node_id, "kind": wait.kind, "name": wait.name, "until": moment(record.until)}
    if wait.kind == "approval":
        shape["title"] = wait.details.get("title")
        shape["message"] = wait.details.get("message")
        shape["approvers"] = list(wait.approvers)
    elif wait.kind == "event":
        shape["event"] = wait.event_type
        shape["condition"] = wait.condition
    return shape


def family_shape(family: Family) -> ItemsShape:
    done = family.total - family.new - family.live
    return {"total": family.total, "done": done, "failed": family.failed, "live": family.live}


def item_shape(child: ChildRecord) -> ItemShape:
    return {
        "index": child.index,
        "state": str(child.state),
        "run": child.run_id,
        "item": child.item,
        "output": child.output,
        "error": child.error,
    }
