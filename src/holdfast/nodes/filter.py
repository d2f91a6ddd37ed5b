"""``filter``: keeps the items of a list for which a condition is true; its output is the list of these.

The condition arrives evaluated: a list with one value for each item. Anything but a boolean in it is an error.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import EACH_MARK, NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import failed, kind_name, object_schema, wrong_params
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="filter",
    title="Filter",
    description="Keeps the items of a list that meet a condition.",
    icon="filter",
    category="Data",
    inline=True,
    params=object_schema(
        {
            "items": {
                "type": "array",
                "title": "Items",
                "description": "The list.",
                "examples": ["{{ nodes.orders.output.json }}"],
            },
            "condition": {
                "title": "Condition",
                "description": "An expression, without braces, over item and index, that gives true or false.",
                "examples": ["item.total > 100", "index < 10"],
                EACH_MARK: "items",
            },
        },
        ("items", "condition"),
    ),
    example={"items": [{"total": 120}, {"total": 30}], "condition": "item.total > 100"},
)


class Filter:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        items, verdicts = params.get("items"), params.get("condition")
        if not isinstance(items, list):
            return wrong_params("items: must be a list")
        if not isinstance(verdicts, list) or len(verdicts) != len(items):
            return wrong_params("condition: must come to one value for each item")
        for index, verdict in enumerate(verdicts):
            if not isinstance(verdict, bool):
                message = f"the condition must give true or false, not {kind_name(verdict)} (at items[{index}])"
                return failed("expression", message, final=True)
        return Succeeded([item for item, kept in zip(items, verdicts, strict=True) if kept])
