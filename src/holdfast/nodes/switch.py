"""``switch``: goes the way of the first of its named cases that is true, or ``default``. Its output is ``{case}``.

The cases arrive evaluated: as the name of that case, or null.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import CASES_MARK, ERROR_PORT, NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import object_schema, wrong_params
from holdfast.ports import NodeContext

DEFAULT_PORT: Final = "default"
MAX_CASES: Final = 100
_CASE_NAME: Final = {
    "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,62}$",
    "not": {"enum": [DEFAULT_PORT, ERROR_PORT]},
}

SPEC: Final = NodeSpec(
    type="switch",
    title="Switch",
    description="Goes one of several ways: that of the first case that is true.",
    icon="route",
    category="Flow",
    inline=True,
    params=object_schema(
        {
            "cases": {
                "type": ["object", "string", "null"],
                "title": "Cases",
                "description": "Expressions, without braces, by the name of their port; the first true one is taken.",
                "propertyNames": _CASE_NAME,
                "additionalProperties": {"type": "string"},
                "minProperties": 1,
                "maxProperties": MAX_CASES,
                "examples": [{"large": "input.total > 1000", "small": "input.total > 0"}],
                CASES_MARK: True,
            }
        },
        ("cases",),
    ),
    ports=(DEFAULT_PORT,),
    has_error=False,
    example={"cases": {"large": "input.total > 1000", "small": "input.total > 0"}},
)


class Switch:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        case = params.get("cases")
        if case is not None and not isinstance(case, str):
            return wrong_params("cases: expressions are only evaluated in a workflow")
        return Succeeded({"case": case}, case or DEFAULT_PORT)
