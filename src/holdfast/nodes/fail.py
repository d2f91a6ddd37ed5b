"""``fail``: ends in an error on purpose; final unless ``retryable``."""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.nodes.node import as_text, failed, object_schema
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="fail",
    title="Fail",
    description="Fails with a message of yours.",
    icon="octagon-x",
    category="Flow",
    inline=True,
    params=object_schema(
        {
            "message": {
                "title": "Message",
                "description": "What the error says.",
                "default": "failed on purpose",
                "examples": ["no price for {{ input.sku }}"],
            },
            "retryable": {
                "type": "boolean",
                "title": "Retryable",
                "description": "Whether the node's retry policy applies.",
                "default": False,
            },
        }
    ),
    example={"message": "no price for this article"},
)


class Fail:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        message = as_text(params.get("message", "failed on purpose"))
        return failed("fail", message, final=params.get("retryable") is not True)
