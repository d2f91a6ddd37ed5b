"""An event as JSON; its id is the cursor that resumes a reader after it."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.model.event import Event
from holdfast.model.instant import format_instant


class EventShape(TypedDict):
    """An appended fact."""

    id: str
    type: str
    at: str
    run: str | None
    node: str | None
    job: str | None
    data: JsonValue


class EventsShape(TypedDict):
    """Events in commit order; `next` is null when there are no more yet."""

    items: list[EventShape]
    next: str | None


def event_shape(event: Event) -> EventShape:
    return {
        "id": event.cursor,
        "type": event.type,
        "at": format_instant(event.at),
        "run": event.run_id,
        "node": event.node_id,
        "job": event.job_id,
        "data": event.data,
    }
