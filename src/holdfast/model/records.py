"""Stored things as they are read back: one frozen record each, the same from every store.

``JSON`` fields are decoded. Times are ``Instant``s. Records say what is; the rules live in the other modules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from holdfast.model.egress import Egress
from holdfast.model.event import JobChange
from holdfast.model.instant import Instant, Micros
from holdfast.model.job import JobState
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.model.retry import RetryPolicy
from holdfast.model.run import DRAFT, RunState
from holdfast.model.spawn import ChildState, Family
from holdfast.model.wait import Wait

T = TypeVar("T")

# How long ended jobs are kept, by their end state; a state that isn't named is kept as the next wider rule says.
Retention = Mapping[JobState, Micros]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list; ``next`` is the cursor of the following page or None at the end."""

    items: tuple[T, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job. ``run_at`` is when it is or was due; ``changes`` (oldest first) is filled by ``get_job`` only.

    ``blocked``: due, but its concurrency key has no free place for it. ``progress`` is what its handler last told.
    ``stopping``: somebody asked to cancel it while it runs.
    """

    id: str
    tenant: str
    kind: str
    queue: str
    state: JobState
    priority: int
    payload: JSON
    result: JSON
    error: JSON
    attempt: int
    retry: RetryPolicy
    timeout: Micros
    run_at: Instant
    deadline_at: Instant | None
    run_id: str | None
    node_id: str | None
    unique_key: str | None
    correlation_id: str
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    worker: str | None
    lease: int
    concurrency_key: str | None = None
    tag: str | None = None
    blocked: bool = False
    progress: JSON = None
    stopping: bool = False
    changes: tuple[JobChange, ...] = ()


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows; None means any."""

    state: JobState | None = None
    queue: str | None = None
    kind: str | None = None
    run_id: str | None = None
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WaitRecord:
    """What a parked node waits for, as it is shown; ``until`` is its timeout."""

    job_id: str
    tenant: str
    run_id: str
    node_id: str
    wait: Wait
    until: Instant | None


@dataclass(frozen=True, slots=True)
class RunNodeRecord:
    """A node of a run that was reached. ``state`` is a job state or SKIPPED, live ones included.

    ``family``: the children of a map, loop or call; ``waits``: what a parked node waits for.
    """

    node_id: str
    state: str
    attempts: int
    output: JSON
    error: JSON
    job_id: str | None
    started_at: Instant | None
    finished_at: Instant | None
    ports: tuple[str, ...] = ()
    family: Family | None = None
    waits: WaitRecord | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run. ``nodes`` holds reached nodes and is filled by ``get_run`` only (None in lists).

    ``parent_node`` and ``parent_index`` say which child of the parent it is; ``rerun_of`` is the run that it repeats;
    ``body`` names the map or loop node whose body it executes.
    """

    id: str
    tenant: str
    workflow_id: str
    workflow: str
    version: int
    version_id: str
    state: RunState
    input: JSON
    output: JSON
    error: JSON
    trigger: JSONObject
    parent: str | None
    correlation_id: str
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    nodes: Mapping[str, RunNodeRecord] | None = None
    parent_node: str | None = None
    parent_index: int | None = None
    rerun_of: str | None = None
    body: str | None = None

    @property
    def test(self) -> bool:
        """Whether it tries a draft, or is a body's run in one that does."""
        return self.version == DRAFT


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """A child of a map, loop or call, by its index; ``run_id`` is None before it has started."""

    index: int
    state: ChildState
    run_id: str | None
    item: JSON
    output: JSON
    error: JSON


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a node's parameters may read, for one claimed job of a run."""

    run_id: str
    workflow: str
    version: int
    version_id: str
    input: JSON
    trigger: JSONObject
    correlation_id: str
    created_at: Instant
    outputs: Mapping[str, JSON] = field(default_factory=dict)
    errors: Mapping[str, JSON] = field(default_factory=dict)
    around: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class WorkflowRecord:
    """A workflow at one version (the newest unless said otherwise). ``hooks`` maps trigger id to hook key."""

    id: str
    tenant: str
    name: str
    version: int
    version_id: str
    enabled: bool
    definition: JSONObject
    created_at: Instant
    updated_at: Instant
    hooks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One immutable version of a workflow. ``author`` saved it, ``message`` is what they said of it.

    The draft of a test is read as one whose ``version`` is ``DRAFT``.
    """

    id: str
    workflow_id: str
    version: int
    definition: JSONObject
    created_at: Instant
    author: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """A queue and what waits or runs in it (all tenants). ``oldest_due_at``: of claimable work.

    ``pending`` counts due work, ``blocked`` how much of it is kept back by a concurrency key.
    """

    name: str
    paused: bool
    concurrency: int | None
    priority: int
    pending: int
    scheduled: int
    running: int
    waiting: int
    oldest_due_at: Instant | None
    rate: Rate | None = None
    blocked: int = 0
    retention: Retention = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """A tenant with its share and its limit; ``running`` counts its jobs at work now.

    Suspended: nobody comes in, nothing of it starts. ``delete_at``: when all that it has goes for good.
    """

    id: str
    name: str
    weight: float
    max_running: int | None
    attributes: JSONObject
    created_at: Instant
    retention: Retention = field(default_factory=dict)
    running: int = 0
    egress: Egress = field(default_factory=Egress)
    suspended_at: Instant | None = None
    delete_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A worker process as the store knows it; ``alive`` until it says goodbye or its lease expires."""

    id: str
    name: str
    queues: tuple[str, ...]
    concurrency: int
    started_at: Instant
    heartbeat_at: Instant
    expires_at: Instant
    alive: bool
    running: int = 0
    host: str = ""
    pid: int = 0
    boot: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail kept in the dev mailbox instead of being sent."""

    id: str
    tenant: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str | None
    html: str | None
    at: Instant


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer to a request that carried an ``Idempotency-Key``.

    ``object_ids`` are what the request was answered with, in order: what it made, and what it met under a unique key.
    """

    fingerprint: str
    object_ids: tuple[str, ...]
    status: int | None
    body: JSON
