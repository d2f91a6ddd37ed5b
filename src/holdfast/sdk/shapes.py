"""Jobs, runs and events as the client gives them: frozen values with the API's fields.

A field that a newer server adds is kept in ``more``, so nothing is lost and nothing breaks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self, cast

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "DEAD", "CANCELLED"})
RUN_ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


class _Shape:
    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """From the API's JSON object."""
        names = {each.name for each in fields(cast(Any, cls))}
        known = {name: value for name, value in body.items() if name in names}
        known["more"] = {name: value for name, value in body.items() if name not in names}
        return cls(**known)


@dataclass(frozen=True)
class Job(_Shape):
    """A job. Times are RFC 3339 texts; ``attempts`` and ``transitions`` are filled when one job is asked for."""

    id: str
    kind: str
    queue: str
    state: str
    priority: int = 0
    payload: Any = None
    result: Any = None
    error: dict[str, Any] | None = None
    attempt: int = 0
    max_attempts: int = 0
    run_at: str | None = None
    run: str | None = None
    node: str | None = None
    unique_key: str | None = None
    concurrency_key: str | None = None
    correlation_id: str | None = None
    created_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    why: str | None = None
    progress: Any = None
    duplicate: bool = False
    attempts: list[dict[str, Any]] = field(default_factory=list)
    transitions: list[dict[str, Any]] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class Run(_Shape):
    """A run of a workflow; ``nodes`` is filled when one run is asked for."""

    id: str
    workflow: str
    version: int
    state: str
    input: Any = None
    output: Any = None
    error: dict[str, Any] | None = None
    trigger: dict[str, Any] | None = None
    parent: str | None = None
    correlation_id: str | None = None
    created_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    nodes: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.state in RUN_ENDED


@dataclass(frozen=True)
class Event(_Shape):
    """An event; ``id`` is the cursor to go on from."""

    id: str
    type: str
    at: str
    run: str | None = None
    node: str | None = None
    job: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
