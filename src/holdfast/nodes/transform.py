"""``transform``: shapes data with expressions; its output is its filled ``value``."""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import object_schema
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="transform",
    title="Transform",
    description="Builds a value from the data of the run.",
    icon="braces",
    category="Data",
    inline=True,
    params=object_schema(
        {
            "value": {
                "title": "Value",
                "description": "Any JSON, with expressions in {{ … }} anywhere inside.",
                "examples": [{"name": "{{ input.name }}", "total": "{{ input.price * input.count }}"}],
            }
        },
        ("value",),
    ),
    example={"value": {"name": "Ada", "total": 42}},
)


class Transform:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded(params.get("value"))
