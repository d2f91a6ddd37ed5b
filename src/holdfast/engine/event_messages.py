"""Events as they travel to other processes and to whoever else listens.

A message is the event as the API shows it, with ``tenant``, and with ``after``: the cursor of the tenant's event before
it, or any later one before the event itself. Who has all up to there, and hears this one, has missed nothing.
"""

from typing import Any, Final, NamedTuple

import msgspec

from holdfast.model.event import Event
from holdfast.model.instant import format_instant, parse_instant
from holdfast.model.json import JSONObject

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(dict[str, Any])


class Message(NamedTuple):
    event: Event
    after: str


def event_json(event: Event) -> JSONObject:
    """The event as the API shows it."""
    shown: JSONObject = {
        "id": event.cursor,
        "type": event.type,
        "at": format_instant(event.at),
        "run": event.run_id,
        "node": event.node_id,
        "job": event.job_id,
        "subject": event.subject,
        "data": event.data,
    }
    if event.attributes is not None:
        shown["attributes"] = event.attributes
    return shown


def write(event: Event, after: str) -> bytes:
    return _ENCODER.encode({"tenant": event.tenant, "after": after, **event_json(event)})


def read(text: bytes) -> Message | None:
    """None for what isn't a message."""
    try:
        said = _DECODER.decode(text)
        event = Event(
            cursor=said["id"],
            tenant=said["tenant"],
            type=said["type"],
            at=parse_instant(said["at"]),
            data=said["data"],
            run_id=said["run"],
            node_id=said["node"],
            job_id=said["job"],
            subject=said["subject"],
            attributes=said.get("attributes"),
        )
        return Message(event, said["after"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None
