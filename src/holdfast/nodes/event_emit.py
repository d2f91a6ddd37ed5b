"""``event.emit``: makes an event known, in the transaction of its success, so exactly once. Its output is the event.

Types that begin with a word of the engine's own are refused: nobody can make the engine's facts up.
"""

from typing import Final

from holdfast.model.event import RESERVED_TYPES
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Emit, Outcome, Succeeded
from holdfast.nodes.node import as_text, object_schema, wrong_params
from holdfast.ports import NodeContext

_RESERVED_RULE: Final = f"must not begin with {', '.join(RESERVED_TYPES)}: these are the engine's own events"

SPEC: Final = NodeSpec(
    type="event.emit",
    title="Emit an event",
    description="Makes an event known: it may end waits and start workflows.",
    icon="megaphone",
    category="Events",
    inline=True,
    params=object_schema(
        {
            "type": {
                "type": "string",
                "title": "Type",
                "description": "Such as order.paid.",
                "pattern": "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$",
                "x-holdfast-message": "expected an event's type such as order.paid",
                "allOf": [
                    {
                        "not": {"pattern": "^(job|node|workflow|worker|queue|trigger)[.]"},
                        "x-holdfast-message": _RESERVED_RULE,
                    }
                ],
                "examples": ["order.paid"],
            },
            "data": {
                "type": "object",
                "title": "Data",
                "description": "What it tells.",
                "default": {},
                "examples": [{"order": "{{ input.order }}"}],
            },
            "subject": {
                "type": ["string", "number"],
                "title": "Subject",
                "description": "What it is about, such as an order's number.",
                "maxLength": 500,
            },
        },
        ("type",),
    ),
    example={"type": "order.paid", "data": {"order": 17}, "subject": "order-17"},
)


class EventEmit:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        event_type, data = as_text(params.get("type")), params.get("data", {})
        if event_type.startswith(RESERVED_TYPES):
            return wrong_params(f"type: {_RESERVED_RULE}")
        if not isinstance(data, dict):
            return wrong_params("data: must be an object")
        subject = None if params.get("subject") is None else as_text(params["subject"])
        return Succeeded(
            {"type": event_type, "data": data, "subject": subject}, emits=(Emit(event_type, data, subject),)
        )
