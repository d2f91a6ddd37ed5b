"""``log``: writes one structured line that carries the ids of its run. Its output is ``{message}``."""

from typing import Final

import structlog

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.nodes.node import as_text, object_schema
from holdfast.ports import NodeContext

LEVELS: Final = ("debug", "info", "warning", "error")

SPEC: Final = NodeSpec(
    type="log",
    title="Log",
    description="Writes a line to the log.",
    icon="scroll-text",
    category="Data",
    inline=True,
    params=object_schema(
        {
            "message": {
                "title": "Message",
                "description": "What the line says.",
                "examples": ["{{ input.email }} is a cold lead"],
            },
            "level": {"type": "string", "title": "Level", "enum": list(LEVELS), "default": "info"},
            "data": {"title": "Data", "description": "Any JSON that is kept beside the message."},
        },
        ("message",),
    ),
    example={"message": "a cold lead", "level": "info", "data": {"score": 12}},
)


class Log:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        message = as_text(params.get("message"))
        level = str(params.get("level", "info"))
        write = getattr(structlog.get_logger("holdfast.nodes.log"), level if level in LEVELS else "info")
        write(_one_line(message), **_ids(context), **({"data": params["data"]} if "data" in params else {}))
        return Succeeded({"message": message})


def _ids(context: NodeContext) -> dict[str, str]:
    ids = {
        "tenant": context.tenant,
        "workflow": context.workflow,
        "run_id": context.run_id,
        "node_id": context.node_id,
        "job_id": context.job_id,
        "correlation_id": context.correlation_id,
    }
    return {name: value for name, value in ids.items() if value is not None}


def _one_line(message: str) -> str:
    """Control characters escaped: a message can't write a second line that looks like one of ours."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in message)
