"""What goes into the store's methods and comes out of them, where a record of what is stored doesn't fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from holdfast.model.egress import Egress
from holdfast.model.event import Event
from holdfast.model.instant import Instant
from holdfast.model.job import ClaimedJob, NewJob
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate
from holdfast.model.records import Retention, RunContext
from holdfast.model.rule import RuleMemory
from holdfast.model.run import Plan
from holdfast.model.statistics import Count
from holdfast.model.subscription import NewDelivery, Subscription
from holdfast.model.trigger import NewFiring, NewTrigger, TriggerRecord
from holdfast.model.workflow import WhenFull


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
class Handed:
    """Jobs that were handed over; ``contexts``: what the steps among them may read, by job id, where it was at hand."""

    claimed: tuple[ClaimedJob, ...]
    contexts: Mapping[str, RunContext] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one item of an insert: its id; ``duplicate`` when that id is an earlier, equal request's.

    ``conflict``: the dedupe key was used with another body; nothing was written, ``id`` is the earlier object.
    ``refused``: a limit with ``reject`` left no place, or a rule's memory has moved (``NewJobs``); nothing was written.
    ``waiting``: a run that hasn't begun, as its workflow's limit leaves it no place yet; a repeat may leave that out.
    ``handed``: what of its work the ``Taker`` of the call was given.
    """

    id: str
    duplicate: bool = False
    conflict: bool = False
    refused: bool = False
    handed: Handed | None = None
    waiting: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class NewJobs:
    """One caller's jobs: inserted together. With ``dedupe``, a repeat answers with the ids of the first call.

    ``firing``, ``memory`` and ``delivery`` are written in the same transaction, and not at all for a repeat. Where the
    memory was written since it was ``seen``, nothing is, and all answers are ``refused``; a repeat is known before.
    """

    jobs: tuple[NewJob, ...]
    dedupe: Dedupe | None = None
    firing: NewFiring | None = None
    memory: RuleMemory | None = None
    delivery: NewDelivery | None = None


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to insert with the plan that ``advance`` gave for its start, and the jobs of that plan.

    ``limit``: how many runs of its workflow may go at once (None: any number). One that finds no place is inserted
    PENDING, without nodes and jobs, and started later (``admit_runs``); or refused; or the older ones are cancelled,
    and it waits for their end. ``rerun_of`` is the ended run that it repeats: the outputs of ``kept`` nodes (decided in
    the plan's view) are copied from there; with ``keep_items``, so are results of equal items of its maps.

    ``firing``: what started it, written in the same transaction, and not for a repeat nor for one that is refused.
    ``draft``: the definition of a test (its view's version is ``DRAFT``), kept under the view's version id as long as a
    run has it. Such a run has no ``limit``, and counts for none.
    """

    plan: Plan
    jobs: tuple[NewJob, ...]
    workflow_id: str
    parent: str | None = None
    deadline_at: Instant | None = None
    dedupe: Dedupe | None = None
    limit: int | None = None
    when_full: WhenFull = "queue"
    rerun_of: str | None = None
    kept: tuple[str, ...] = ()
    keep_items: bool = False
    firing: NewFiring | None = None
    draft: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A worker asks for at most ``limit`` jobs of these queues, of kinds that it knows and tags that it carries."""

    worker_id: str
    queues: tuple[str, ...]
    kinds: frozenset[str]
    limit: int
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Handover:
    """A worker would take what becomes ready: at most ``slots`` jobs of these queues and kinds, as a claim gives them.

    A job is handed over only where a claim would have nobody else to think of: the worker is alive; the queue goes on,
    without limit or rate; the tenant has no limit; and nothing else that is due waits in the queue. It's never more
    than an offer: whatever isn't handed over is PENDING.
    """

    queues: tuple[str, ...]
    kinds: frozenset[str]
    slots: int


@dataclass(frozen=True, slots=True)
class Taker:
    """The worker that would take what becomes ready, and what it would take."""

    worker_id: str
    offer: Handover


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a batch of transitions.

    ``late``: job ids whose lease no longer held (nothing was changed for them). ``queues``: where work became ready or
    a limit was freed.
    ``stopped``: (job id, lease) of running jobs that were cancelled with their run: tell their handlers.
    ``ended``: how many overdue jobs or expired runs the call ended; a full batch means that there may be more.
    ``mail``: some run's inbox has news: ``deliver`` it. ``freed``: a run ended, so one that waits for its place may
    begin: ``admit_runs``. ``over``: a run ended (not one of a body): somebody may wait for that.
    ``claimed``: jobs that were handed over; ``contexts``: what the steps among them may read, by job id, where it was
    at hand.
    ``counts``: what happened to runs, and to jobs but for what a worker's own move says, for the figures.
    """

    late: frozenset[str]
    queues: frozenset[str]
    stopped: tuple[tuple[str, int], ...] = ()
    ended: int = 0
    mail: bool = False
    freed: bool = False
    over: bool = False
    claimed: tuple[ClaimedJob, ...] = ()
    contexts: Mapping[str, RunContext] = field(default_factory=dict)
    counts: tuple[Count, ...] = ()


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
    tags: tuple[str, ...] = ()


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
    """What one round of rescue did; ``counts`` as in ``Finished``."""

    workers: int
    jobs: int
    queues: frozenset[str]
    stopped: tuple[tuple[str, int], ...] = ()
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A validated definition to save, with all of its triggers."""

    tenant: str
    workflow_id: str
    version_id: str
    name: str
    definition: JSONObject
    triggers: tuple[NewTrigger, ...] = ()
    author: str | None = None
    message: str = ""


class Keep(Enum):
    """What a change says of a field that it leaves as it is."""

    KEEP = auto()


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class QueueChange:
    """New settings of a queue; None lifts a limit. A queue that doesn't exist yet is made."""

    paused: bool | Keep = KEEP
    concurrency: int | Keep | None = KEEP
    rate: Rate | Keep | None = KEEP
    priority: int | Keep = KEEP
    retention: Retention | Keep = KEEP


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A tenant to make. ``weight`` is its share of a queue beside others, ``max_running`` its limit over all queues."""

    id: str
    name: str
    weight: float = 1.0
    max_running: int | None = None
    attributes: JSONObject = field(default_factory=dict)
    retention: Retention = field(default_factory=dict)
    egress: Egress = field(default_factory=Egress)


@dataclass(frozen=True, slots=True)
class TenantChange:
    """New settings of a tenant; None lifts the limit. ``attributes`` and ``retention`` replace what was there."""

    name: str | Keep = KEEP
    weight: float | Keep = KEEP
    max_running: int | Keep | None = KEEP
    attributes: JSONObject | Keep = KEEP
    retention: Retention | Keep = KEEP
    egress: Egress | Keep = KEEP


@dataclass(frozen=True, slots=True)
class Changed:
    """Which jobs of a batch were changed; ``queues``, ``stopped`` and ``counts`` as in ``Finished``."""

    ids: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    stopped: tuple[tuple[str, int], ...] = ()
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Touch:
    """A sign of life of a running attempt, valid under ``lease`` only; without ``progress`` the last one stays."""

    job_id: str
    lease: int
    progress: JSON = None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Everything that events may start, of all tenants: active event triggers, and subscriptions that are on.

    ``version`` changes whenever any of it does.
    """

    version: int
    triggers: tuple[TriggerRecord, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Part of the event log: the wanted events in commit order, and the cursor up to which all of it was looked at.

    ``more``: there may be wanted events behind ``cursor`` already.
    """

    events: tuple[Event, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """New settings of a subscription. ``sealed``: a new secret; the
    old one signs too until ``previous_until``."""

    url: str | Keep = KEEP
    types: tuple[str, ...] | Keep = KEEP
    condition: str | Keep | None = KEEP
    title: str | Keep = KEEP
    enabled: bool | Keep = KEEP
    reason: str | Keep = KEEP
    sealed: bytes | Keep = KEEP
    previous_until: Instant | None = None
