"""``if``: takes the port ``true`` or ``false``. The condition arrives evaluated; anything but a boolean is an error."""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import EXPRESSION_MARK, NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import failed, kind_name, object_schema
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="if",
    title="If",
    description="Goes one of two ways, by a condition.",
    icon="split",
    category="Flow",
    inline=True,
    params=object_schema(
        {
            "condition": {
                "title": "Condition",
                "description": "An expression, without braces, that gives true or false.",
                "examples": ["nodes.score.output.points > vars.threshold"],
                EXPRESSION_MARK: True,
            }
        },
        ("condition",),
    ),
    ports=("true", "false"),
    has_error=False,
    example={"condition": True},
)


class If:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        condition = params.get("condition")
        if not isinstance(condition, bool):
            message = f"the condition must give true or false, not {kind_name(condition)}"
            return failed("expression", message, final=True)
        return Succeeded({"result": condition}, "true" if condition else "false")
