"""``approval``: parks the run until somebody approves or rejects; its output is ``{approved, by, comment}``.

Title and message are kept with the wait, so that people see what they decide.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.wait import Wait
from holdfast.nodes.node import TIMEOUT_PORT, as_text, duration_schema, object_schema, parked
from holdfast.ports import NodeContext

MAX_APPROVERS: Final = 100
_TEXT: Final = ["string", "number", "boolean"]

SPEC: Final = NodeSpec(
    type="approval",
    title="Approval",
    description="Asks people for a decision and goes the way of their answer.",
    icon="thumbs-up",
    category="People",
    inline=True,
    params=object_schema(
        {
            "title": {
                "type": _TEXT,
                "title": "Title",
                "description": "What is to be decided, in one line.",
                "maxLength": 200,
                "examples": ["Refund {{ input.amount }} to {{ input.customer }}?"],
            },
            "message": {
                "type": _TEXT,
                "title": "Message",
                "description": "What people need to know for it.",
                "maxLength": 20_000,
            },
            "approvers": {
                "type": "array",
                "title": "Approvers",
                "description": "Who may decide: people's addresses, keys, roles. Empty: whoever may operate the run.",
                "items": {"type": "string", "minLength": 1, "maxLength": 255},
                "maxItems": MAX_APPROVERS,
                "examples": [["ada@example.com", "admin"]],
            },
            "timeout": duration_schema("Timeout", "How long it waits for a decision.", "2d"),
        }
    ),
    ports=("approved", "rejected", TIMEOUT_PORT),
    example={"title": "Refund 40 € to Ada?", "message": "Order 17 came broken.", "timeout": "2d"},
)


class Approval:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        approvers = params.get("approvers")
        shown = {name: as_text(params[name]) for name in ("title", "message") if params.get(name) is not None}
        wait = Wait(
            kind="approval",
            name=context.node_id or "",
            approvers=tuple(as_text(name) for name in approvers) if isinstance(approvers, list) else (),
            details=dict(shown),
        )
        return parked(context, params, wait=wait)
