"""``workflow.call``: starts a run of another workflow, and waits for it without holding a worker.

Its output is that of the run, or ``{run_id}`` with ``wait: false``. A run that fails fails the node. Cancelling this
run cancels the other while it is waited for.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.spawn import Spawn
from holdfast.nodes.node import WORKFLOW_PATTERN, as_text, duration_schema, object_schema, parked
from holdfast.ports import NodeContext

SPEC: Final = NodeSpec(
    type="workflow.call",
    title="Call a workflow",
    description="Runs another workflow and gives its output.",
    icon="workflow",
    category="Flow",
    inline=True,
    params=object_schema(
        {
            "workflow": {
                "type": "string",
                "title": "Workflow",
                "description": "Its name; the newest version runs.",
                "pattern": WORKFLOW_PATTERN,
                "x-holdfast-message": "expected the name of a workflow",
                "examples": ["enrich-person"],
            },
            "input": {
                "title": "Input",
                "description": "The input of its run.",
                "default": {},
                "examples": [{"email": "{{ input.email }}"}],
            },
            "wait": {
                "type": "boolean",
                "title": "Wait for its end",
                "description": "Without, the node ends as soon as the run has started, with {run_id}.",
                "default": True,
            },
            "timeout": duration_schema("Timeout", "How long it is waited for.", "10m", "1h"),
        },
        ("workflow",),
    ),
    example={"workflow": "enrich-person", "input": {"email": "ada@example.com"}, "timeout": "10m"},
)


class WorkflowCall:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        spawn = Spawn(
            kind="call",
            items=(params.get("input", {}),),
            workflow=as_text(params.get("workflow")),
            concurrency=1,
            detached=params.get("wait") is False,
        )
        return parked(context, params, spawn=spawn)
