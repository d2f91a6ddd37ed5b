"""The rest of the store: runs, workflows, events, access, mail; and all of it together."""

from collections.abc import Collection, Sequence
from typing import Protocol

from holdfast.model.event import Event, NewEvent
from holdfast.model.instant import Instant, Micros
from holdfast.model.json import JSON
from holdfast.model.records import (
    ChildRecord,
    Mail,
    Page,
    RunContext,
    RunRecord,
    StoredAnswer,
    TenantRecord,
    VersionRecord,
    WaitRecord,
    WorkflowRecord,
)
from holdfast.model.run import RunState
from holdfast.model.spawn import ChildState
from holdfast.model.wait import Signal
from holdfast.ports.access import AuditStore, InviteStore, KeyStore, PeopleStore, SessionStore, ThrottleStore
from holdfast.ports.jobs import JobStore
from holdfast.ports.sealed import SealedStore
from holdfast.ports.statistics import LogStore, StatisticsStore
from holdfast.ports.subscriptions import SubscriptionStore
from holdfast.ports.triggers import RuleStore, TriggerStore
from holdfast.ports.values import Accepted, Dedupe, Finished, NewRun, NewTenant, NewVersion, Taker, TenantChange


class RunStore(Protocol):
    async def start_runs(self, batch: Sequence[NewRun], now: Instant, taker: Taker | None = None) -> list[Accepted]:
        """The ``taker`` is given some of the first steps of runs that are new, as in ``insert_jobs``."""
        ...

    async def run_contexts(self, wanted: Sequence[tuple[str, frozenset[str]]]) -> list[RunContext]:
        """For each (run id, node ids): the run's data with the outputs and errors of those nodes."""
        ...

    async def cancel_run(
        self, tenant: str, run_id: str, now: Instant, *, compensate: bool = False
    ) -> tuple[RunRecord, Finished]:
        """Raises ``NotFound``; ``Conflict`` when the run has ended. Its children are told through their inboxes."""
        ...

    async def pause_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        """What isn't running can't be claimed until ``resume_run``; bodies of its nodes are paused with it.

        Raises ``NotFound``; ``Conflict`` when it has ended, waits for its place, or is paused already.
        """
        ...

    async def resume_run(self, tenant: str, run_id: str, now: Instant) -> tuple[RunRecord, Finished]:
        """Goes on; signals that came meanwhile act now. Raises ``NotFound``; ``Conflict`` when it isn't paused."""
        ...

    async def signal_run(self, tenant: str, run_id: str, signal: Signal, now: Instant) -> tuple[RunRecord, Finished]:
        """Ends the node that waits for the signal's name, in this transaction, with its port and output.

        Kept with the run when nothing waits for it yet, or the run is paused; one for a certain job (``job_id``) is
        dropped when that doesn't wait any more. Raises ``NotFound``; ``Conflict`` when the run has ended.
        """
        ...

    async def expire_waits(self, now: Instant, limit: int = 500) -> Finished:
        """Parked nodes whose time has come take their port ``timeout``; without an edge there they fail with type
        ``timeout``. Those of paused runs wait. ``ended`` counts them."""
        ...

    async def deliver(self, now: Instant, limit: int = 200) -> Finished:
        """Reads the inboxes of up to ``limit`` runs, each under its lock: ends of children (``spawn.step``), and what a
        parent told its child (cancel, pause, resume). Starts children, ends their nodes. ``ended`` counts the runs.

        Inboxes of paused runs keep what isn't about the pause. Idempotent; any process may run it.
        """
        ...

    async def admit_runs(self, now: Instant, limit: int = 100) -> Finished:
        """Starts PENDING runs that now find a place, oldest first, exact across processes. ``ended`` counts them."""
        ...

    async def waits_for_events(self) -> list[WaitRecord]:
        """Every parked node of kind ``event``, of all tenants; those of paused runs too."""
        ...

    async def list_waits(self, tenant: str, run_id: str) -> list[WaitRecord]:
        """What a run's parked nodes wait for."""
        ...

    async def list_children(
        self, tenant: str, run_id: str, node_id: str, state: ChildState | None, cursor: str | None, limit: int
    ) -> Page[ChildRecord]:
        """Children of a map, loop or call, by index. Raises ``NotFound``."""
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
        *,
        test: bool | None = None,
    ) -> Page[RunRecord]:
        """Newest first, without runs of bodies. ``workflow`` is a name or an id; ``test``: only tests, or none."""
        ...


class WorkflowStore(Protocol):
    async def create_workflow(self, version: NewVersion, now: Instant, dedupe: Dedupe | None) -> Accepted:
        """Raises ``Conflict`` when the tenant has a workflow of that name."""
        ...

    async def save_version(
        self, tenant: str, name_or_id: str, version: NewVersion, now: Instant, expect: int | None = None
    ) -> WorkflowRecord:
        """Adds the next version. Triggers keep what they have (``TriggerStore``); removed ones stop acting.

        A new name renames the workflow. ``expect`` is the number of the version that it must come right after. Raises
        ``NotFound``, or ``Conflict`` when another version came meanwhile or the new name is taken.
        """
        ...

    async def set_enabled(self, tenant: str, name_or_id: str, enabled: bool, now: Instant) -> WorkflowRecord:
        """Its triggers act, or don't; switched on again, they see only what comes from ``now`` on."""
        ...

    async def delete_workflow(self, tenant: str, name_or_id: str, now: Instant) -> None:
        """History stays; the name is free again; its triggers don't act any more."""
        ...

    async def get_workflow(self, tenant: str, name_or_id: str, version: int | None = None) -> WorkflowRecord: ...

    async def list_workflows(self, tenant: str, cursor: str | None, limit: int) -> Page[WorkflowRecord]:
        """By name."""
        ...

    async def list_versions(self, tenant: str, name_or_id: str, cursor: str | None, limit: int) -> Page[VersionRecord]:
        """Newest first."""
        ...

    async def get_version(self, version_id: str) -> VersionRecord:
        """By id, for the engine (a run's jobs name it); a draft too."""
        ...

    async def get_versions(self, version_ids: Collection[str]) -> list[VersionRecord]:
        """By id, in one go, drafts too; unknown ones are left out."""
        ...


class EventStore(Protocol):
    async def append_events(self, events: Sequence[NewEvent]) -> None: ...

    async def post_event(self, event: NewEvent, dedupe: Dedupe | None, now: Instant) -> Accepted:
        """Appends somebody's own event; a repeat with the same dedupe key appends nothing."""
        ...

    async def recent_events(
        self, since: Instant, after: str | None, *, tenant: str | None = None, limit: int = 500
    ) -> list[Event]:
        """As ``list_events``, of all tenants (or one), not older than ``since`` (give or take clock differences)."""
        ...

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

    async def whole_after(self, tenant: str) -> str | None:
        """The cursor behind which nothing of the tenant's log was pruned; None if nothing ever was."""
        ...


class AnswerStore(Protocol):
    async def find_answer(self, tenant: str, scope: str, key: str, now: Instant) -> StoredAnswer | None: ...

    async def save_answer(self, tenant: str, scope: str, key: str, status: int, body: JSON) -> None:
        """Keeps the first answer of a request whose dedupe key has committed; a later call changes nothing."""
        ...

    async def instance_secret_check(self, digest: str) -> bool:
        """Remembers the first digest of the secret key; False when this process's differs from the store's."""
        ...

    async def identity(self) -> str:
        """What tells this store from every other, a copy restored elsewhere among them; the same for all processes."""
        ...

    async def instance_secret_known(self, digest: str) -> bool | None:
        """Whether this is the digest of the store's secret key; None while it has none. Remembers nothing."""
        ...


class TenantStore(Protocol):
    async def create_tenant(self, tenant: NewTenant, now: Instant) -> TenantRecord:
        """Raises ``Conflict`` when the name is taken."""
        ...

    async def change_tenant(self, tenant_id: str, change: TenantChange, now: Instant) -> TenantRecord:
        """Raises ``NotFound``, or ``Conflict`` when the new name is taken."""
        ...

    async def suspend_tenant(self, tenant_id: str, now: Instant, delete_at: Instant | None) -> TenantRecord:
        """From its commit on nothing of it is claimed or fired, and ``find_…`` of its keys and sessions say so; what
        runs may end. With ``delete_at`` all of it goes then; None takes an earlier ``delete_at`` back.

        Raises ``NotFound``; ``Conflict`` for a ``delete_at`` of the tenant ``default``.
        """
        ...

    async def resume_tenant(self, tenant_id: str, now: Instant) -> TenantRecord:
        """Goes on, and isn't deleted; its triggers see only what comes from ``now`` on. Raises ``NotFound``."""
        ...

    async def purge_tenants(self, now: Instant, limit: int = 500) -> int:
        """Deletes up to ``limit`` rows of tenants whose ``delete_at`` has come, at last the tenants; how many rows."""
        ...

    async def keeps_tenants_apart(self) -> bool | None:
        """Whether the database itself gives reads for a tenant (``ports.behalf``) nothing of another one; None where
        it knows no such thing."""
        ...

    async def get_tenant(self, tenant_id: str, now: Instant) -> TenantRecord: ...

    async def list_tenants(self, now: Instant, cursor: str | None, limit: int) -> Page[TenantRecord]:
        """By id."""
        ...


class Mailbox(Protocol):
    async def keep_mail(self, mail: Mail) -> None:
        """Keeps it; a mail with the same id is kept once."""
        ...

    async def list_mail(self, tenant: str, cursor: str | None, limit: int) -> Page[Mail]:
        """Newest first."""
        ...


class Store(
    JobStore,
    RunStore,
    WorkflowStore,
    TriggerStore,
    RuleStore,
    SubscriptionStore,
    SealedStore,
    EventStore,
    PeopleStore,
    SessionStore,
    InviteStore,
    KeyStore,
    ThrottleStore,
    AuditStore,
    AnswerStore,
    TenantStore,
    Mailbox,
    StatisticsStore,
    LogStore,
    Protocol,
):
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

    async def prune(self, now: Instant, keep: Micros, limit: int = 500) -> int:
        """Deletes up to ``limit`` ended lone jobs, ended runs and events that are past their retention; how many.

        A job is kept as long as its tenant's retention says for its state; if that is silent, its queue's; then
        ``keep``, which also holds for runs and everything else.
        """
        ...
