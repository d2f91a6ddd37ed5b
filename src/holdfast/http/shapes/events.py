"""An event as JSON; its id is the cursor that resumes a reader after it."""

from typing import NotRequired, cast

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.engine.event_messages import event_json
from holdfast.engine.events import Posted
from holdfast.model.event import Event
from holdfast.model.instant import format_instant


class EventShape(TypedDict):
    """An appended fact. `attributes`, where there are any, is what its sender said of it beside `data`."""

    id: str
    type: str
    at: str
    run: str | None
    node: str | None
    job: str | None
    subject: str | None
    data: JsonValue
    attributes: NotRequired[dict[str, JsonValue]]


class PostedShape(TypedDict):
    """An event that was posted; `id` is its place among all events."""

    id: str
    type: str
    at: str
    subject: str | None
    data: JsonValue
    attributes: NotRequired[dict[str, JsonValue]]


class PostedManyShape(TypedDict):
    """The events of a batch, by their places among all events, in the batch's order."""

    ids: list[str]


class EventsShape(TypedDict):
    """Events in commit order; `next` is null when there are no more yet."""

    items: list[EventShape]
    next: str | None


def posted_shape(event: Posted) -> PostedShape:
    shape: PostedShape = {
        "id": event.id,
        "type": event.type,
        "at": format_instant(event.at),
        "subject": event.subject,
        "data": event.data,
    }
    if event.attributes is not None:
        shape["attributes"] = event.attributes
    return shape


def event_shape(event: Event) -> EventShape:
    return cast(EventShape, event_json(event))
