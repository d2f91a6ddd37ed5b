"""``delay``: waits for a length of time without holding a worker.

The end is counted from the job's insert, so an attempt that a crash repeats doesn't wait again.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Snoozed, Succeeded
from holdfast.nodes.node import duration_of, duration_schema, object_schema, wrong_params
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="delay",
    title="Delay",
    description="Waits for a while; no worker is held meanwhile.",
    icon="hourglass",
    category="Time",
    inline=True,
    params=object_schema(
        {
            "for": duration_schema("For", "How long.", "30s", "5m", "2d"),
        },
        ("for",),
    ),
    example={"for": "30s"},
)


class Delay:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        try:
            until = context.created_at + duration_of(params, "for")
        except ValueError as error:
            return wrong_params(str(error))
        return Succeeded() if context.now >= until else Snoozed(until)
