"""Jobs, runs, workflows and events as the client gives them: frozen values with the API's fields.

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
    """A run of a workflow; ``nodes`` is filled when one run is asked for. A ``test`` tries a draft; its version is 0.

    ``rerun_of`` is the run that it repeats; ``parent_node`` and ``parent_index`` say which child of ``parent`` it is.
    """

    id: str
    workflow: str
    version: int
    state: str
    input: Any = None
    output: Any = None
    error: dict[str, Any] | None = None
    trigger: dict[str, Any] | None = None
    parent: str | None = None
    parent_node: str | None = None
    parent_index: int | None = None
    body: str | None = None
    rerun_of: str | None = None
    test: bool = False
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
class Item(_Shape):
    """A child of a ``map``, ``loop`` or ``workflow.call``; ``run`` is None until it has started."""

    index: int
    state: str
    run: str | None = None
    item: Any = None
    output: Any = None
    error: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedWorkflow(_Shape):
    """A workflow at one version; ``triggers`` hold the addresses of its webhooks."""

    id: str
    name: str
    version: int
    enabled: bool
    title: str = ""
    triggers: list[dict[str, Any]] = field(default_factory=list)
    definition: dict[str, Any] = field(default_factory=dict)
    created_at: str | None = None
    updated_at: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Version(_Shape):
    """One immutable version of a workflow; ``author`` saved it, ``message`` is what they said of it."""

    id: str
    version: int
    author: str | None = None
    message: str = ""
    definition: dict[str, Any] = field(default_factory=dict)
    created_at: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Posted(_Shape):
    """An event of your own that is on record; ``duplicate``: an earlier post with this id made it."""

    id: str
    type: str
    at: str
    subject: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    duplicate: bool = False
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event(_Shape):
    """An event; ``id`` is the cursor to go on from."""

    id: str
    type: str
    at: str
    run: str | None = None
    node: str | None = None
    job: str | None = None
    subject: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
