"""``wait.until``: waits for a moment without holding a worker; one that has passed is no wait at all."""

from typing import Final

from holdfast.model.instant import parse_instant
from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Snoozed, Succeeded
from holdfast.nodes.node import as_text, object_schema, wrong_params
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="wait.until",
    title="Wait until",
    description="Waits for a moment; no worker is held meanwhile.",
    icon="calendar-clock",
    category="Time",
    inline=True,
    params=object_schema(
        {
            "at": {
                "type": "string",
                "title": "At",
                "description": "The moment, in RFC 3339.",
                "format": "date-time",
                "x-holdfast-message": "expected a time in RFC 3339, such as 2026-01-31T09:30:00Z",
                "examples": ["2026-01-31T09:30:00Z", "{{ now + duration('36h') }}"],
            }
        },
        ("at",),
    ),
    example={"at": "2030-01-31T09:30:00Z"},
)


class WaitUntil:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            at = parse_instant(as_text(params.get("at")))
        except ValueError as error:
            return wrong_params(f"at: {error}")
        return Succeeded() if context.now >= at else Snoozed(at)
