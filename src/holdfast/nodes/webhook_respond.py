"""``webhook.respond``: what the webhook that started the run answers. Its output is that answer.

It is given to the caller of a webhook with ``respond: node``; in a run that anything else started it's just an output.
"""

from typing import Any, Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import object_schema
from holdfast.ports import NodeContext

# Set by the connection, or belonging to the server: an answer that says them could speak for somebody else.
_NOT_YOURS: Final = (
    "connection", "content-length", "date", "keep-alive", "server", "set-cookie", "te", "trailer", "transfer-encoding",
    "upgrade",
)  # fmt: skip
_HEADER_NAME: Final[dict[str, Any]] = {
    "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
    "not": {"pattern": f"^(?i:{'|'.join(_NOT_YOURS)})$"},
    "x-holdfast-message": f"is not a header that an answer may set (nor may {', '.join(_NOT_YOURS)})",
}

SPEC: Final = NodeSpec(
    type="webhook.respond",
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
                "propertyNames": _HEADER_NAME,
                "additionalProperties": {
                    "type": ["string", "number", "boolean"],
                    "pattern": r"^[^\r\n\x00]*$",
                    "x-holdfast-message": "expected a text without line breaks",
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
