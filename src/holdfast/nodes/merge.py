"""``merge``: brings branches together; its output is an object of the outputs of the nodes before it, by their ids.

The workflow gives it those outputs as the parameter ``inputs``; nobody writes that by hand.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import object_schema
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="merge",
    title="Merge",
    description="Brings branches together and gives the outputs of all of them.",
    icon="git-merge",
    category="Flow",
    inline=True,
    gathers=True,
    params=object_schema(
        {
            "inputs": {
                "type": "object",
                "title": "Inputs",
                "description": "The outputs of the nodes before it, filled in by the workflow.",
                "readOnly": True,
            }
        }
    ),
    example={},
)


class Merge:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded(params.get("inputs") or {})
