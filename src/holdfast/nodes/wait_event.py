"""``wait.event``: parks the run until an event comes that fits, or a signal under its name, or its timeout.

Its output is the event, ``{type, data, subject, attributes, at}``, or the signal's payload. Events of the look-back
window count too: one that came shortly before the wait began isn't missed.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import LATER_MARK, OUT_PORT, NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.wait import Wait
from holdfast.nodes.node import (
    TIMEOUT_PORT,
    as_text,
    duration_of,
    duration_schema,
    object_schema,
    parked,
    wrong_params,
)
from holdfast.ports import NodeContext

LOOKBACK: Final = "5m"

SPEC: Final = NodeSpec(
    type="wait.event",
    title="Wait for an event",
    description="Parks the run until an event that fits comes, or its timeout.",
    icon="radio",
    category="Events",
    inline=True,
    params=object_schema(
        {
            "event": {
                "type": "string",
                "title": "Event",
                "description": "The event's type; a * at the end stands for any rest.",
                "pattern": r"^([A-Za-z0-9][A-Za-z0-9._:/-]{0,199}\*?|\*)$",
                "x-holdfast-message": "expected an event's type such as order.paid or order.*",
                "examples": ["order.paid", "order.*"],
            },
            "condition": {
                "type": "string",
                "title": "Condition",
                "description": "An expression, without braces, over event (type, subject, at, data, …) and the run.",
                "examples": ["event.data.order == input.order"],
                LATER_MARK: True,
            },
            "name": {
                "type": "string",
                "title": "Signal name",
                "description": "A signal of this name ends the wait, too; without it, the node's id.",
                "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$",
                "x-holdfast-message": "expected a name of letters, digits and . _ -",
                "examples": ["paid"],
            },
            "timeout": duration_schema("Timeout", "How long it waits.", "1h", "2d"),
            "lookback": duration_schema("Look back", "How old an event may be when the wait begins.", default=LOOKBACK),
        },
        ("event",),
    ),
    ports=(OUT_PORT, TIMEOUT_PORT),
    example={"event": "order.paid", "condition": "event.data.order == input.order", "timeout": "2d"},
)


class WaitEvent:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            back = duration_of({"lookback": LOOKBACK, **params}, "lookback")
        except ValueError as error:
            return wrong_params(str(error))
        condition = params.get("condition")
        wait = Wait(
            kind="event",
            name=as_text(params.get("name")) or context.node_id or "",
            event_type=as_text(params.get("event")),
            condition=condition if isinstance(condition, str) else None,
            since=max(context.created_at - back, 0),
        )
        return parked(context, params, wait=wait)
