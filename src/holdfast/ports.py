"""Every Protocol that the engine needs from the outside.

``Store`` is a port of intent methods in batches. What holds for every adapter:

* A method is one transaction: all of a batch commits, or the call raises and nothing did. A batch item that loses
  (a stale lease, a taken unique key) is answered in its own result and never fails the others.
* Row locks are taken in id order: runs before jobs. No transaction reaches from one run into another.
* ``now`` is given by the caller and comes from the ``Clock`` port, never from the adapter.
* A lost connection is ``Unavailable``. After an unknown commit the same call, repeated with the same ids, dedupe keys
  and leases, answers as the first would have: "already mine" is success.
* Every method that serves a caller takes the tenant; nothing of another tenant is found.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast.model.event import Event, NewEvent
from holdfast.model.instant import Instant, Micros
from holdfast.model.job import ClaimedJob, NewJob, Transition
from holdfast.model.json import JSON, JSONObject
from holdfast.model.node_spec import NodeSpec
from holdfast.model.outcome import Outcome
from holdfast.model.records import (
    ApiKey,
    JobFilter,
    JobRecord,
    Mail,
    Page,
    QueueRecord,
    RunContext,
    RunRecord,
    StoredAnswer,
    VersionRecord,
    WebhookTrigger,
    WorkerRecord,
    WorkflowRecord,
)
from holdfast.model.run import Plan, RunState


class Clock(Protocol):
    """The one source of time. In production it follows the store's clock; in tests it is moved by hand."""

    def now(self) -> Instant: ...

    async def sleep(self, micros: Micros) -> None:
        """Waits that long by this clock."""
        ...


class Entropy(Protocol):
    """Ids and random numbers."""

    def new_id(self, now: Instant) -> str:
        """A UUIDv7, greater than every earlier one of this process."""
        ...

    def random(self) -> float:
        """In [0, 1)."""
        ...

    def new_key(self) -> str:
        """128 unguessable bits, URL-safe: a webhook's address."""
        ...


@dataclass(frozen=True, slots=True)
class Dedupe:
    """A key that makes a repeated request the same request. Commits with the work it guards.

    ``scope`` separates uses (a route, a trigger); ``fingerprint`` is a hash of the body: the same key with another
    fingerprint is a conflict.
    """

    tenant: str
    scope: str
    key: str
    fingerprint: str
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one item of an insert: its id; ``duplicate`` when that id is an earlier, equal request's.

    ``conflict``: the dedupe key was used with another body; nothing was written, ``id`` is the earlier object.
    """

    id: str
    duplicate: bool = False
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class NewJobs:
    """One caller's jobs: inserted together. With ``dedupe``, a repeat answers with the ids of the first call."""

    jobs: tuple[NewJob, ...]
    dedupe: Dedupe | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to insert with the plan that ``advance`` gave for its start, and the jobs of that plan."""

    plan: Plan
    jobs: tuple[NewJob, ...]
    workflow_id: str
    parent: str | None = None
    deadline_at: Instant | None = None
    dedupe: Dedupe | None = None


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A worker asks for at most ``limit`` jobs of these queues and of kinds that it knows."""

    worker_id: str
    queues: tuple[str, ...]
    kinds: frozenset[str]
    limit: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a batch of transitions.

    ``late``: job ids whose lease no longer held (nothing was changed for them). ``queues``: where work became ready.
    ``stopped``: (job id, lease) of running jobs that were cancelled with their run: tell their handlers.
    ``ended``: how many overdue jobs or expired runs the call ended; a full batch means that there may be more.
    """

    late: frozenset[str]
    queues: frozenset[str]
    stopped: tuple[tuple[str, int], ...] = ()
    ended: int = 0


@dataclass(frozen=True, slots=True)
class NewWorker:
    """A worker process that introduces itself. ``host`` and ``pid`` let a restart on the same host see it is gone."""

    id: str
    name: str
    host: str
    pid: int
    boot: str
    queues: tuple[str, ...]
    concurrency: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """The answer to a heartbeat.

    ``alive`` False: the store declared this worker dead; it can't be undone. ``lost``: (job id, lease) that the worker
    holds but no longer owns: cancelled or rescued. ``cancelled``: still owned, but somebody asked to cancel it.
    """

    alive: bool
    lost: tuple[tuple[str, int], ...] = ()
    cancelled: tuple[str, ...] = ()
    given_back: int = 0


@dataclass(frozen=True, slots=True)
class Rescued:
    """What one round of rescue did."""

    workers: int
    jobs: int
    queues: frozenset[str]
    stopped: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A validated definition to save. ``hooks`` maps webhook trigger ids to fresh keys, used where none exists."""

    tenant: str
    workflow_id: str
    version_id: str
    name: str
    definition: JSONObject
    hooks: Mapping[str, str]


class JobStore(Protocol):
    async def insert_jobs(self, batch: Sequence[NewJobs], now: Instant) -> list[list[Accepted]]:
        """Inserts jobs with their ``job.scheduled`` events. A held ``unique_key`` answers the holder as duplicate."""
        ...

    async def claim(self, request: ClaimRequest, now: Instant) -> list[ClaimedJob]:
        """Moves due jobs to RUNNING under a new lease, in fair order (``model.fairness``), skipping paused queues.

        Appends ``job.started`` (and ``node.started`` at a run's node). Raises ``WorkerGone`` when the worker isn't
        alive.
        """
        ...

    async def finish(self, worker_id: str, batch: Sequence[Transition], now: Instant) -> Finished:
        """Applies transitions under their leases; a node's end advances its run in the same transaction."""
        ...

    async def register_worker(self, worker: NewWorker, now: Instant, lease: Micros) -> None: ...

    async def heartbeat(
        self, worker_id: str, held: Mapping[str, int], now: Instant, lease: Micros, orphaned_before: Instant
    ) -> Pulse:
        """Renews the worker's lease unless it is dead, and reconciles what it holds (job id → lease).

        Jobs RUNNING under this worker that it doesn't hold, claimed before ``orphaned_before``, are given back.
        """
        ...

    async def retire_worker(self, worker_id: str, now: Instant) -> None:
        """The worker says goodbye; jobs still leased to it are given back without burning an attempt."""
        ...

    async def rescue(
        self, now: Instant, *, hung_grace: Micros, gone: Collection[str] = (), limit: int = 500
    ) -> Rescued:
        """Declares expired workers (and those in ``gone``) dead and rescues their jobs and attempts hung past
        started_at + timeout + ``hung_grace``. Idempotent; any process may run it.

        The declaration holds whatever becomes of the jobs. A job that can't be moved (its run can't be advanced) is
        logged and left out; the others are rescued.
        """
        ...

    async def fail_overdue_jobs(self, now: Instant, limit: int = 500) -> Finished:
        """Unclaimed jobs whose deadline passed end DEAD, reason ``deadline``; ``ended`` counts them.

        One that can't be ended is logged and left out, as in ``rescue``.
        """
        ...

    async def cancel_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        """Ends an unclaimed job CANCELLED at once; marks a RUNNING one so that its worker stops it.

        Raises ``NotFound``; ``Conflict`` when it has ended.
        """
        ...

    async def retry_job(self, tenant: str, job_id: str, now: Instant) -> JobRecord:
        """An ended (not SUCCEEDED) lone job becomes PENDING with a fresh budget.

        Raises ``NotFound``; ``Conflict`` when it is live, succeeded, a run's job, or its ``unique_key`` is taken.
        """
        ...

    async def get_job(self, tenant: str, job_id: str) -> JobRecord: ...

    async def list_jobs(
        self, tenant: str, wanted: JobFilter, now: Instant, cursor: str | None, limit: int
    ) -> Page[JobRecord]:
        """Newest first."""
        ...

    async def next_due(self, queues: Collection[str], now: Instant) -> Instant | None:
        """When the earliest SCHEDULED job of these queues becomes due; None without any. For timers, not for truth."""
        ...

    async def list_queues(self, now: Instant) -> list[QueueRecord]: ...

    async def list_workers(self, now: Instant) -> list[WorkerRecord]: ...


class RunStore(Protocol):
    async def start_runs(self, batch: Sequence[NewRun], now: Instant) -> list[Accepted]: ...

    async def run_contexts(self, wanted: Sequence[tuple[str, frozenset[str]]]) -> list[RunContext]:
        """For each (run id, node ids): the run's data with the outputs and errors of those nodes."""
        ...

    async def cancel_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        """Raises ``NotFound``; ``Conflict`` when the run has ended."""
        ...

    async def expire_runs(self, now: Instant, limit: int = 100) -> Finished:
        """Runs past their ``deadline_at`` fail with type ``timeout``; ``ended`` counts those that began to.

        One that can't be failed is logged and left out, as in ``rescue``.
        """
        ...

    async def get_run(self, tenant: str, run_id: str, now: Instant) -> RunRecord: ...

    async def list_runs(
        self,
        tenant: str,
        workflow: str | None,
        state: RunState | None,
        now: Instant,
        cursor: str | None,
        limit: int,
    ) -> Page[RunRecord]:
        """Newest first. ``workflow`` is a name or an id."""
        ...


class WorkflowStore(Protocol):
    async def create_workflow(self, version: NewVersion, now: Instant, dedupe: Dedupe | None) -> Accepted:
        """Raises ``Conflict`` when the tenant has a workflow of that name."""
        ...

    async def save_version(self, tenant: str, name_or_id: str, version: NewVersion, now: Instant) -> WorkflowRecord:
        """Adds the next version (hook keys of known trigger ids survive; those of removed ones stop answering).

        A new name renames the workflow. Raises ``NotFound``, or ``Conflict`` when the new name is taken.
        """
        ...

    async def set_enabled(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> WorkflowRecord: ...

    async def delete_workflow(self, tenant: str, name_or_id: str, now: Instant) -> None:
        """History stays; the name is free again; its hooks answer nothing."""
        ...

    async def get_workflow(self, tenant: str, name_or_id: str, version: int | None = None) -> WorkflowRecord: ...

    async def list_workflows(self, tenant: str, cursor: str | None, limit: int) -> Page[WorkflowRecord]:
        """By name."""
        ...

    async def list_versions(self, tenant: str, name_or_id: str, cursor: str | None, limit: int) -> Page[VersionRecord]:
        """Newest first."""
        ...

    async def find_hook(self, key: str) -> WebhookTrigger | None:
        """The trigger at this key; None for an unknown key, a removed trigger or a deleted workflow."""
        ...

    async def get_version(self, version_id: str) -> VersionRecord:
        """By id, for the engine (a run's jobs name it)."""
        ...


class EventStore(Protocol):
    async def append_events(self, events: Sequence[NewEvent]) -> None: ...

    async def list_events(
        self,
        tenant: str,
        after: str | None,
        *,
        run_id: str | None = None,
        job_id: str | None = None,
        event_type: str | None = None,
        limit: int = 500,
    ) -> list[Event]:
        """In commit order, only what no transaction still open could precede. ``after``: a cursor; None: the start."""
        ...

    async def last_cursor(self) -> str:
        """The cursor of the newest event that ``list_events`` could answer, for readers that start now."""
        ...


class AccessStore(Protocol):
    async def add_api_key(self, key: ApiKey, secret_hash: bytes) -> None: ...

    async def find_api_key(self, secret_hash: bytes) -> ApiKey | None: ...

    async def list_api_keys(self, tenant: str) -> list[ApiKey]: ...

    async def revoke_api_key(self, tenant: str, key_id: str, now: Instant) -> None: ...

    async def has_owner(self) -> bool:
        """Whether any owner (a user, or an API key with the role owner) exists."""
        ...

    async def find_answer(self, tenant: str, scope: str, key: str, now: Instant) -> StoredAnswer | None: ...

    async def save_answer(self, tenant: str, scope: str, key: str, status: int, body: JSON) -> None:
        """Keeps the first answer of a request whose dedupe key has committed; a later call changes nothing."""
        ...

    async def instance_secret_check(self, digest: str) -> bool:
        """Remembers the first digest of the secret key; False when this process's differs from the store's."""
        ...

    async def instance_secret_known(self, digest: str) -> bool | None:
        """Whether this is the digest of the store's secret key; None while it has none. Remembers nothing."""
        ...


class Mailbox(Protocol):
    async def keep_mail(self, mail: Mail) -> None:
        """Keeps it; a mail with the same id is kept once."""
        ...

    async def list_mail(self, tenant: str, cursor: str | None, limit: int) -> Page[Mail]:
        """Newest first."""
        ...


class Store(JobStore, RunStore, WorkflowStore, EventStore, AccessStore, Mailbox, Protocol):
    """Everything durable. ``shared``: whether processes on other hosts can open the same store."""

    name: str
    shared: bool

    async def open(self) -> None:
        """Connects; doesn't migrate. Raises ``Unavailable``."""
        ...

    async def close(self) -> None: ...

    async def migrate(self) -> list[str]:
        """Applies missing migrations under a lock; the names of those applied."""
        ...

    async def pending_migrations(self) -> list[str]: ...

    async def clock(self) -> Instant:
        """The store's own time now."""
        ...

    async def check_invariants(self, now: Instant) -> list[str]:
        """For ``doctor`` and the end of every chaos test: one sentence per violated invariant (stuck runs,
        RUNNING jobs without a live lease, runs whose nodes and jobs disagree, …); empty when all holds."""
        ...

    async def prune(self, before: Instant, limit: int = 500) -> int:
        """Deletes up to ``limit`` ended lone jobs, ended runs and events older than ``before``; how many."""
        ...


class Notifier(Protocol):
    """Wake-ups between processes: hints only, lost ones cost latency. Topics: ``queue:<name>``, ``events``,
    ``cancel``. ``healthy`` False is the visible state "notifications not travelling"."""

    @property
    def healthy(self) -> bool: ...

    async def open(self, wake: Callable[[frozenset[str]], None]) -> None:
        """Starts listening; ``wake`` is called in the event loop with the topics of other processes."""
        ...

    def notify(self, topics: Collection[str]) -> None:
        """Tells other processes, coalesced, outside any transaction; never raises, never waits."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class NodeContext:
    """What a handler may know of its attempt. ``idempotency_key`` is constant over attempts and rescues."""

    job_id: str
    tenant: str
    kind: str
    attempt: int
    idempotency_key: str
    correlation_id: str
    created_at: Instant
    now: Instant
    run_id: str | None = None
    node_id: str | None = None
    workflow: str | None = None


class NodeType(Protocol):
    """A kind of work. ``spec`` is what validation, the palette and the worker need to know of it."""

    @property
    def spec(self) -> NodeSpec: ...

    async def execute(self, context: NodeContext, params: JSONObject) -> Outcome:
        """Runs one attempt with filled, schema-checked params. May raise: the executor makes that a ``Failed``."""
        ...


class Handlers(Protocol):
    """The kinds that this process can run. Kinds of tasks are ``task:<name>``."""

    def get(self, kind: str) -> NodeType | None: ...

    def kinds(self) -> frozenset[str]: ...


class MailTransport(Protocol):
    """Sends a mail, or keeps it in the dev mailbox."""

    async def send(self, mail: Mail, cc: Sequence[str], bcc: Sequence[str], attachments: Sequence[JSON]) -> str:
        """The message id. Raises ``ConnectionError`` for what may succeed later, ``ValueError`` for what never will."""
        ...


class Observer(Protocol):
    """Told of what the engine does, once, at its façade. Metrics and logs subscribe; none may raise or wait."""

    def claimed(self, queue: str, waited: Micros) -> None: ...

    def ended(self, kind: str, queue: str, reason: str, ran: Micros) -> None: ...

    def committed(self, what: str, size: int, took: Micros) -> None: ...

    def late(self, count: int) -> None: ...

    def rescued(self, workers: int, jobs: int) -> None: ...

    def accepted(self, what: str, verdict: str) -> None: ...


class Exposition(Protocol):
    """What a scraper is given."""

    async def render(self, store: JobStore, now: Instant) -> bytes:
        """The metrics as Prometheus text. Raises ``Unavailable``."""
        ...
