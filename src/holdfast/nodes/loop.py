"""``loop``: repeats a graph of its own until a condition is true, at most a given number of times.

Its output is that of the last round. Inside, ``item`` is the output of the round before (null at first) and ``index``
counts from 0. The condition is judged after each round, by whoever records the round's end; no worker is held.
"""

from typing import Final

from holdfast.model.json import JSONObject
from holdfast.model.node_spec import BODY_MARK, LATER_MARK, NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.spawn import Spawn
from holdfast.nodes.node import duration_schema, object_schema, parked, wrong_params
from holdfast.ports import NodeContext

MOST_ROUNDS: Final = 10_000
ROUNDS_RULE: Final = f"expected a whole number from 1 to {MOST_ROUNDS:,}"

SPEC: Final = NodeSpec(
    type="loop",
    title="Loop",
    description="Repeats steps until a condition is true, up to a bound.",
    icon="repeat",
    category="Flow",
    inline=True,
    params=object_schema(
        {
            "body": {
                "type": "object",
                "title": "Steps",
                "description": "The graph that is repeated: nodes, edges and output.",
                "examples": [
                    {"nodes": [{"id": "ask", "type": "http.request", "params": {"url": "https://a.example"}}]}
                ],
                BODY_MARK: True,
            },
            "until": {
                "type": "string",
                "title": "Until",
                "description": "An expression, without braces, over item (the round's output) and index; true ends it.",
                "examples": ["item.status == 'ready'"],
                LATER_MARK: True,
            },
            "max_iterations": {
                "type": "integer",
                "title": "Most rounds",
                "description": "It ends after so many rounds in any case.",
                "minimum": 1,
                "maximum": MOST_ROUNDS,
                "x-holdfast-message": ROUNDS_RULE,
                "examples": [10],
            },
            "timeout": duration_schema("Timeout", "How long all rounds together may take.", "10m", "1h"),
        },
        ("max_iterations",),
    ),
    example={
        "max_iterations": 5,
        "until": "item >= 3",
        "body": {"nodes": [{"id": "count", "type": "transform", "params": {"value": "{{ index + 1 }}"}}]},
    },
)


class Loop:
    spec = SPEC

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        rounds = params.get("max_iterations")
        if not isinstance(rounds, int) or not 1 <= rounds <= MOST_ROUNDS:
            return wrong_params(f"max_iterations: {ROUNDS_RULE}")
        return parked(context, params, spawn=Spawn("loop", max_iterations=rounds, closure=context.closure or {}))
