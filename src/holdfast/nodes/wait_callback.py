"""``wait.callback``: parks the run until its address is called; its output is what was sent there.

The address is ``run.callbacks.<id of this node>``: signed, so it can be given away, and known before the wait begins.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import OUT_PORT, NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.wait import Wait
from holdfast.nodes.node import TIMEOUT_PORT, duration_schema, object_schema, parked
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="wait.callback",
    title="Wait for a callback",
    description="Parks the run until somebody calls its address, run.callbacks.<id of this node>, or its timeout.",
    icon="hourglass",
    category="Events",
    inline=True,
    params=object_schema({"timeout": duration_schema("Timeout", "How long it waits.", "1h", "2d")}),
    ports=(OUT_PORT, TIMEOUT_PORT),
    example={"timeout": "2d"},
)


class WaitCallback:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return parked(context, params, wait=Wait("callback", context.node_id or ""))
