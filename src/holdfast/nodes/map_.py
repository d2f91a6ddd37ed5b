"""``map``: runs a graph of its own, or another workflow, for each item of a list; some at a time, results in order.

Its children are runs. It holds no worker while they go on. An item that fails ends the map, or with ``on_item_error:
continue`` leaves null in its place. A list that is too long is a final error that names the bound.
"""

from typing import Final

from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import BODY_MARK, NodeSpec
from holdfast.model.outcome import Outcome, Succeeded
from holdfast.model.spawn import MAX_ITEMS, Spawn
from holdfast.nodes.node import WORKFLOW_PATTERN, duration_schema, object_schema, parked, wrong_params
from holdfast.ports import NodeContext

DEFAULT_CONCURRENCY: Final = 10
MOST_AT_ONCE: Final = 10_000
ITEMS_RULE: Final = f"expected a list of at most {MAX_ITEMS:,} items"

SPEC: Final = NodeSpec(
    type="map",
    title="Map",
    description="Runs steps, or a workflow, for each item of a list and collects the results in order.",
    icon="list",
    category="Flow",
    inline=True,
    params=object_schema(
        {
            "items": {
                "type": "array",
                "title": "Items",
                "description": "The list. Inside, an item is item and its place is index.",
                "maxItems": MAX_ITEMS,
                "x-holdfast-message": ITEMS_RULE,
                "examples": ["{{ nodes.orders.output.json }}"],
            },
            "body": {
                "type": "object",
                "title": "Steps",
                "description": "The graph that runs for each item: nodes, edges and output.",
                "examples": [{"nodes": [{"id": "price", "type": "transform", "params": {"value": "{{ item * 2 }}"}}]}],
                BODY_MARK: True,
            },
            "workflow": {
                "type": "string",
                "title": "Workflow",
                "description": "Instead of steps: the workflow that runs for each item, with the item as its input "
                "(one that is no object comes as {item, index}).",
                "pattern": WORKFLOW_PATTERN,
                "x-holdfast-message": "expected the name of a workflow",
                "examples": ["enrich-person"],
            },
            "concurrency": {
                "type": "integer",
                "title": "At once",
                "description": "How many items are under way at a time.",
                "minimum": 1,
                "maximum": MOST_AT_ONCE,
                "default": DEFAULT_CONCURRENCY,
            },
            "on_item_error": {
                "type": "string",
                "title": "When an item fails",
                "description": "fail ends the map and stops the others; continue leaves null in the item's place.",
                "enum": ["fail", "continue"],
                "default": "fail",
            },
            "timeout": duration_schema("Timeout", "How long all items together may take.", "10m", "1h"),
        },
        ("items",),
    ),
    example={
        "items": [1, 2, 3],
        "concurrency": 2,
        "body": {"nodes": [{"id": "double", "type": "transform", "params": {"value": "{{ item * 2 }}"}}]},
    },
)


class Map:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        items, workflow = params.get("items"), params.get("workflow")
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            return wrong_params(f"items: {ITEMS_RULE}")
        if not items:
            return Succeeded([])
        name = workflow if isinstance(workflow, str) else None
        concurrency = params.get("concurrency", DEFAULT_CONCURRENCY)
        spawn = Spawn(
            kind="map",
            items=tuple(items) if name is None else tuple(_input(item, index) for index, item in enumerate(items)),
            workflow=name,
            concurrency=concurrency if isinstance(concurrency, int) else DEFAULT_CONCURRENCY,
            on_item_error="continue" if params.get("on_item_error") == "continue" else "fail",
            closure=context.closure or {},
        )
        return parked(context, params, spawn=spawn)


def _input(item: JSON, index: int) -> JSON:
    """An item as the input of a workflow."""
    return item if isinstance(item, dict) else {"item": item, "index": index}
