"""What starts work by itself: the kinds of triggers, and what the store keeps of each. Pure values.

A trigger belongs to an owner, a workflow or an automation rule, and is known there by its id. Its row begins with its
first save and stays when a later save removes it, so that its address comes back with it. A clock fires once for each
nominal time, an event trigger once for each event, a webhook once for each delivery id.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Self

from holdfast.model.instant import MINUTE, SECOND, Instant, Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.limits import Rate

OwnerKind = Literal["workflow", "rule"]
TriggerType = Literal["manual", "webhook", "cron", "every", "at", "event"]
SignatureType = Literal["standard", "github", "stripe", "slack", "hmac", "basic", "bearer"]
Respond = Literal["now", "result", "node"]
Misfire = Literal["skip", "once", "all"]

CLOCKS: Final = ("cron", "every", "at")
# A clock that is later than this was down: its misfire policy speaks. What is less late just fires. Of clocks that fire
# often it's half of the time to the next, but no less than a busy machine needs.
MISFIRE_GRACE: Final[Micros] = MINUTE
LEAST_GRACE: Final[Micros] = 5 * SECOND
MAX_BODY: Final = 1024 * 1024
# Work that was started by work that was started …: a trigger deeper than this is refused, it goes in a circle.
MAX_HOPS: Final = 16


class Owner(NamedTuple):
    """Whose trigger it is."""

    kind: OwnerKind
    id: str


@dataclass(frozen=True, slots=True)
class Signature:
    """How a sender proves itself. ``secrets`` name the tenant's secrets; any of them may match, so that one can be
    replaced.

    ``tolerance`` is the replay window of kinds that sign a time. The rest describes ``hmac`` (``header``,
    ``algorithm``, ``encoding`` hex or base64, ``prefix`` before the signature) and ``basic`` (``user``).
    """

    type: SignatureType
    secrets: tuple[str, ...]
    tolerance: Micros = 5 * MINUTE
    header: str = "x-signature"
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class WebhookSpec:
    """``methods`` empty: any. ``wait`` bounds ``respond: result | node``. ``dedupe`` is an expression over ``trigger``
    whose text is the delivery id. ``cors`` lists origins (``*``: any; empty: none)."""

    methods: tuple[str, ...] = ()
    signature: Signature | None = None
    respond: Respond = "now"
    wait: Micros = 30 * SECOND
    max_body: int = MAX_BODY
    rate: Rate | None = None
    dedupe: str | None = None
    cors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """Exactly one of ``cron``, ``every`` and ``at``. Nominal times lie in [``starts_at``, ``ends_at``].

    ``jitter``: a fire comes up to so much later than its nominal time, by a delay that depends on nothing but the
    trigger and that time. ``misfire`` is what becomes of times that a downtime passed: none, the last, or the newest
    ``misfire_limit`` of them fire.
    """

    cron: str | None = None
    every: Micros | None = None
    at: Instant | None = None
    timezone: str = "UTC"
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    jitter: Micros = 0
    misfire: Misfire = "once"
    misfire_limit: int = 100


@dataclass(frozen=True, slots=True)
class Gather:
    """Many events, one start: it comes ``quiet`` after the last of them (debounce), ``within`` after the first, or with
    the ``size``-th, whichever is first; at least one of the times is given."""

    quiet: Micros | None = None
    within: Micros | None = None
    size: int = 1_000


@dataclass(frozen=True, slots=True)
class EventSpec:
    """Fits events of the type ``event`` (a last ``*`` stands for any rest) whose ``where`` fields of ``data`` are equal
    (``kind`` and ``workflow`` of the definition) and for which ``condition`` (over ``event``) is true."""

    event: str
    where: tuple[tuple[str, str], ...] = ()
    condition: str | None = None
    gather: Gather | None = None


Spec = WebhookSpec | ClockSpec | EventSpec


@dataclass(frozen=True, slots=True)
class NewTrigger:
    """A trigger as its owner's save has it. ``document`` is its definition; ``key`` a fresh webhook key, used where
    none is kept. ``timing`` is the text of what decides a clock's times: a save that leaves it as it was moves nothing.
    """

    id: str
    type: TriggerType
    document: JSONObject
    key: str | None = None
    timing: str | None = None


@dataclass(frozen=True, slots=True)
class TriggerRecord:
    """A trigger as stored. ``row`` is its own id, everywhere unique; ``id`` the one in its owner's definition.

    It acts while it is ``present`` in its owner's newest save, its owner is ``enabled`` and it isn't ``paused``.
    Clocks: ``created_at`` is the first save, ``since`` when its times last began to count (a save that changed them,
    enabled, resumed), ``next_at`` the next nominal time (None: not planned yet, or none to come), ``due_at`` when to
    look at it next (None: never). Event triggers see what came after ``since``.

    ``version`` and ``version_id`` are a workflow's newest; ``rule`` is the whole document of a rule, and then
    ``version_id`` changes with each of its saves.
    """

    row: str
    tenant: str
    owner: Owner
    owner_name: str
    id: str
    type: TriggerType
    document: JSONObject
    created_at: Instant
    since: Instant
    key: str | None = None
    enabled: bool = True
    paused: bool = False
    present: bool = True
    next_at: Instant | None = None
    due_at: Instant | None = None
    priority: int = 0
    version: int = 0
    version_id: str = ""
    rule: JSONObject | None = None

    @property
    def active(self) -> bool:
        return self.present and self.enabled and not self.paused


@dataclass(frozen=True, slots=True)
class ClockMove:
    """A clock's next step. It is taken only from where it was seen: under the same ``since`` and ``seen_at``."""

    row: str
    since: Instant
    seen_at: Instant | None
    next_at: Instant | None
    due_at: Instant | None


Verdict = Literal["started", "duplicate", "skipped", "not_met", "rejected", "failed"]


@dataclass(frozen=True, slots=True)
class NewFiring:
    """What became of one time, event or delivery, for the record; with a start it commits with what it started.

    ``trigger`` is what expressions saw (kept where no run keeps it, so that it can be replayed); ``detail`` holds what
    a rule's conditions gave. ``reason`` says why nothing started. ``hops``: how many starts led to this one.
    """

    id: str
    tenant: str
    owner: Owner
    trigger_id: str
    type: TriggerType
    at: Instant
    verdict: Verdict
    reason: str = ""
    fire_at: Instant | None = None
    event_id: str | None = None
    delivery_id: str | None = None
    backfill: str | None = None
    hops: int = 0
    trigger: JSONObject | None = None
    detail: JSON = None

    @classmethod
    def of(
        cls,
        record: TriggerRecord,
        firing_id: str,
        at: Instant,
        verdict: Verdict = "started",
        *,
        reason: str = "",
        fire_at: Instant | None = None,
        event_id: str | None = None,
        delivery_id: str | None = None,
        backfill: str | None = None,
        hops: int = 0,
        detail: JSON = None,
    ) -> Self:
        """A firing of that trigger."""
        return cls(
            id=firing_id,
            tenant=record.tenant,
            owner=record.owner,
            trigger_id=record.id,
            type=record.type,
            at=at,
            verdict=verdict,
            reason=reason,
            fire_at=fire_at,
            event_id=event_id,
            delivery_id=delivery_id,
            backfill=backfill,
            hops=hops,
            detail=detail,
        )


@dataclass(frozen=True, slots=True)
class FiringRecord:
    """A firing as stored, with what it started."""

    firing: NewFiring
    run_id: str | None = None
    job_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FiringFilter:
    """Which firings a list shows; None means any."""

    owner: Owner | None = None
    trigger_id: str | None = None
    verdict: Verdict | None = None
    backfill: str | None = None


@dataclass(frozen=True, slots=True)
class Backfill:
    """The times of a clock in [``from_at``, ``to_at``], started oldest first, at most ``concurrency`` going at once.

    ``next_at``: the next time to start (None: all were); ``started`` counts. ``cancelled_at`` ends it early.
    """

    id: str
    tenant: str
    trigger_row: str
    from_at: Instant
    to_at: Instant
    concurrency: int
    created_at: Instant
    next_at: Instant | None
    started: int = 0
    going: int = 0
    finished_at: Instant | None = None
    cancelled_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class GatheredEvent:
    """An event put aside for a trigger that gathers; ``due_at`` is when the trigger starts if nothing else comes, and
    ``latest_at`` when it starts in any case."""

    trigger_row: str
    event_id: str
    event: JSONObject
    at: Instant
    quiet: Micros | None
    within: Micros | None
    size: int
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Gathering:
    """Events that start their trigger together; ``id`` names this handful until it is dropped."""

    id: str
    trigger_row: str
    events: tuple[JSONObject, ...] = field(default_factory=tuple)
    hops: int = 0
