"""The workflows that are measured: chains, a fan with a join, a map. Their nodes do nothing."""

from typing import Final

from holdfast.model.json import JSON, JSONObject

NOOP: Final = "noop"


def chain(length: int) -> JSONObject:
    """``length`` no-op nodes in a row."""
    return {
        "holdfast": 1,
        "name": f"chain-{length}",
        "nodes": [{"id": f"step_{i}", "type": NOOP, "params": {"step": i}} for i in range(length)],
        "edges": [{"from": f"step_{i}", "to": f"step_{i + 1}"} for i in range(length - 1)],
    }


def fan(width: int) -> JSONObject:
    """One node, ``width`` beside each other, and one that joins them."""
    ways = [f"way_{i}" for i in range(width)]
    nodes: list[JSON] = [{"id": name, "type": NOOP, "params": {}} for name in ("start", *ways, "join")]
    out: list[JSON] = [{"from": "start", "to": name} for name in ways]
    back: list[JSON] = [{"from": name, "to": "join"} for name in ways]
    return {"holdfast": 1, "name": f"fan-{width}", "nodes": nodes, "edges": out + back}


def mapped(concurrency: int) -> JSONObject:
    """A map over ``input.items`` with one no-op node as its body."""
    body: JSONObject = {
        "nodes": [{"id": "each", "type": NOOP, "params": {"item": "{{ item }}"}}],
        "edges": [],
        "output": "{{ item }}",
    }
    params: JSONObject = {"items": "{{ input.items }}", "concurrency": concurrency, "body": body}
    return {
        "holdfast": 1,
        "name": "mapped",
        "nodes": [{"id": "map", "type": "map", "params": params}],
        "output": "{{ size(nodes.map.output) }}",
    }
