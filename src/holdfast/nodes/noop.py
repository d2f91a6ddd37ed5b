"""``noop``: does nothing; its output is its parameters. A place where branches meet, or a stand-in while drawing."""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="noop",
    title="No operation",
    description="Does nothing and passes its parameters on.",
    icon="circle-dashed",
    category="Flow",
    inline=True,
    params={"type": "object", "description": "Anything: it becomes the output.", "examples": [{"seen": True}]},
    example={"seen": True},
)


class Noop:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded(params)
