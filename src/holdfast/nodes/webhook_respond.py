"""``webhook.respond``: what the webhook that started the run answers. Its output is that answer.

It is given to the caller of a webhook with ``respond: node``; in a run that anything else started it's just an output.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.webhook_answer import HEADER_NAME, HEADER_VALUE, RESPOND
from holdfast.nodes.node import object_schema
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type=RESPOND,
    title="Respond to the webhook",
    description="Answers the webhook that started the run.",
    icon="reply",
    category="Messages",
    inline=True,
    params=object_schema(
        {
            "status": {
                "type": "integer",
                "title": "Status",
                "description": "The HTTP status.",
                "minimum": 200,
                "maximum": 599,
                "default": 200,
            },
            "headers": {
                "type": "object",
                "title": "Headers",
                "propertyNames": HEADER_NAME,
                "additionalProperties": {
                    "type": ["string", "number", "boolean"],
                    "pattern": HEADER_VALUE,
                    "x-holdfast-message": "expected a text without line breaks and other than Latin letters",
                },
                "maxProperties": 50,
                "examples": [{"X-Order": "{{ input.order }}"}],
            },
            "json": {"title": "JSON body", "description": "Any JSON."},
            "body": {"type": "string", "title": "Text body", "description": "Sent as it is, in UTF-8."},
        },
        allOf=[{"not": {"required": ["json", "body"]}, "x-holdfast-message": "give one of json and body, not both"}],
    ),
    example={"status": 201, "json": {"accepted": True}},
)


class WebhookRespond:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        return Succeeded({"status": 200, "headers": {}, **params})
