"""A node kind as JSON: what a palette lists and what its form is drawn from."""

from pydantic import JsonValue
from typing_extensions import TypedDict

from holdfast.model.instant import format_duration
from holdfast.model.node_spec import CASES_MARK, NodeSpec, marked
from holdfast.model.retry import Jitter, RetryPolicy, Strategy


class KindRetryShape(TypedDict):
    """How often and when a failed attempt is repeated, unless the node says otherwise."""

    max_attempts: int
    strategy: Strategy
    base_delay: str
    max_delay: str
    jitter: Jitter


class NodeKindShape(TypedDict):
    """A kind of node that this server knows.

    `params` is the JSON Schema of the node's params, with the marks `x-holdfast-expression`, `x-holdfast-each`,
    `x-holdfast-cases`, `x-holdfast-later`, `x-holdfast-body` and `x-holdfast-secret`. `ports` are the output ports
    without `error`, which a kind with `has_error` has too; with `dynamic_ports` the names of the node's cases are ports
    besides. `retry` and `timeout` hold for a node that says nothing else. `example` is params that fit. `icon` is a
    name of Lucide's. `own`: from an installed package or a module of yours, not of the library.
    """

    type: str
    title: str
    description: str
    icon: str
    category: str
    params: dict[str, JsonValue]
    ports: list[str]
    has_error: bool
    dynamic_ports: bool
    retry: KindRetryShape
    timeout: str
    example: dict[str, JsonValue]
    own: bool


class NodeKindsShape(TypedDict):
    """All of them, by category and title; `next` is always null."""

    items: list[NodeKindShape]
    next: str | None


def node_kind_shape(spec: NodeSpec) -> NodeKindShape:
    return {
        "type": spec.type,
        "title": spec.title,
        "description": spec.description,
        "icon": spec.icon,
        "category": spec.category,
        "params": spec.params,
        "ports": list(spec.ports),
        "has_error": spec.has_error,
        "dynamic_ports": any(marked(spec.params, CASES_MARK)),
        "retry": _retry(spec.retry),
        "timeout": format_duration(spec.timeout),
        "example": spec.example,
        "own": spec.own,
    }


def _retry(policy: RetryPolicy) -> KindRetryShape:
    return {
        "max_attempts": policy.max_attempts,
        "strategy": policy.strategy,
        "base_delay": format_duration(policy.base_delay),
        "max_delay": format_duration(policy.max_delay),
        "jitter": policy.jitter,
    }
