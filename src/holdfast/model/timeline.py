"""When each node of a run waited, ran, was parked and retried, told from the run's events alone. Pure.

Every job of a run writes an event for each of its moves (``data``: ``from``, ``to``, ``reason``, ``attempt``,
``retry_at``?); a move ends one segment and begins the next. A node that never had a job has no segment.

- *waiting*: due, and no worker has it yet. *running*: an attempt. *backoff*: until a retry is due. *parked*: until a
  time, a signal, an event or children; it holds no worker. *held*: neither claimable nor running, as its run is paused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from holdfast.model.event import Event, JobChange, outcome_of
from holdfast.model.instant import Instant, parse_instant
from holdfast.model.json import JSON
from holdfast.model.retry import Reason

SegmentKind = Literal["waiting", "running", "backoff", "parked", "held"]

_PAUSED: Final = "workflow.paused"
_RESUMED: Final = "workflow.resumed"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a node's life; ``end`` is None while it lasts.

    ``attempt`` is the execution that it belongs or leads to. ``outcome`` is how it ended: for *running* as in
    ``Attempt`` (succeeded, failed, lost, …), for *parked* why it went on (resumed, timed_out, …).
    """

    node: str
    job: str
    attempt: int
    kind: SegmentKind
    begin: Instant
    end: Instant | None = None
    outcome: str | None = None


def timeline_of(events: Iterable[Event], now: Instant | None = None) -> list[Segment]:
    """The segments of a run's nodes by their beginning. ``events``: all of the run's, oldest first.

    With ``now``, a job that came due since its last event is told as waiting from then on.
    """
    jobs: dict[str, _Job] = {}
    paused = False
    for event in events:
        if event.type in (_PAUSED, _RESUMED):
            paused = event.type == _PAUSED
            for job in jobs.values():
                job.pause(event.at, paused)
        elif event.job_id is not None and event.node_id is not None and "to" in event.data:
            job = jobs.setdefault(event.job_id, _Job(event.node_id, event.job_id))
            job.take(event.at, event.data, paused)
    segments = [segment for job in jobs.values() for segment in job.told(now)]
    return sorted(segments, key=lambda segment: segment.begin)


@dataclass(slots=True)
class _Job:
    """A job's segments so far; ``open`` is the one that lasts.

    ``kind`` and ``due_at`` are how it would go on if its run weren't paused: ``due_at`` is when a parked or backing-off
    job comes due by itself (None: never).
    """

    node: str
    id: str
    closed: list[Segment] = field(default_factory=list)
    open: Segment | None = None
    kind: SegmentKind = "waiting"
    attempt: int = 0
    due_at: Instant | None = None

    def take(self, at: Instant, data: Mapping[str, JSON], paused: bool) -> None:
        """A move of the job."""
        reason, attempt, due_at = data.get("reason"), data.get("attempt"), data.get("retry_at")
        kind = _KINDS.get(str(data.get("to")))
        self._close(at, reason if isinstance(reason, str) else None)
        if kind is None:
            return
        self.kind = "backoff" if reason == Reason.RETRY else kind
        # Whatever burns no attempt gives it back: the next one has the same number.
        burnt = reason in (Reason.RETRY, Reason.INSERTED)
        self.attempt = attempt + burnt if isinstance(attempt, int) else self.attempt
        self.due_at = parse_instant(due_at) if isinstance(due_at, str) else None
        self._begin(at, paused)

    def pause(self, at: Instant, paused: bool) -> None:
        """The run's pause holds what isn't running and waits for nothing from outside; its end lets it go on."""
        if self.open is None or not self._can_be_held:
            return
        self._close(at, None)
        if self.due_at is not None and self.due_at <= at:
            self.kind, self.due_at = "waiting", None
        self._begin(at, paused)

    def told(self, now: Instant | None) -> list[Segment]:
        if now is not None:
            self._come_due(now)
        return self.closed if self.open is None else [*self.closed, self.open]

    @property
    def _can_be_held(self) -> bool:
        return self.kind in ("waiting", "backoff") or (self.kind == "parked" and self.due_at is not None)

    def _begin(self, at: Instant, paused: bool) -> None:
        kind: SegmentKind = "held" if paused and self._can_be_held else self.kind
        self.open = Segment(self.node, self.id, self.attempt, kind, at)

    def _close(self, at: Instant, reason: str | None) -> None:
        self._come_due(at)
        if self.open is not None and (self.open.begin != at or self.open.kind == "running"):
            self.closed.append(replace(self.open, end=at, outcome=_outcome(self.open, reason)))
        self.open = None

    def _come_due(self, at: Instant) -> None:
        """A job whose time came waits for a worker from then on; nothing is written down at that moment."""
        if self.open is None or self.open.kind == "held" or self.due_at is None or self.due_at >= at:
            return
        self.closed.append(replace(self.open, end=self.due_at))
        self.kind = "waiting"
        self._begin(self.due_at, False)
        self.due_at = None


_KINDS: Final[Mapping[str, SegmentKind]] = {
    "PENDING": "waiting",
    "SCHEDULED": "parked",
    "RUNNING": "running",
    "WAITING": "parked",
}


def _outcome(segment: Segment, reason: str | None) -> str | None:
    if segment.kind == "parked":
        return None if reason == Reason.CLAIMED else reason
    if segment.kind != "running" or reason is None:
        return None
    return outcome_of(JobChange("RUNNING", "", segment.begin, reason, 0, segment.attempt, None, None, None))
