"""What callers ask for when they insert jobs, and every rule that it must keep.

A draft that breaks a rule is refused before anything is written, with the field, the rule and the way out; all of a
call's problems are told at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.model.errors import Problem
from holdfast.model.instant import DAY, LATEST, Instant, Micros, format_duration
from holdfast.model.job import DEFAULT_QUEUE, DEFAULT_TIMEOUT, LIVE, PRIORITY_RANGE, JobState, NewJob
from holdfast.model.json import JSON, pointer, problems_of
from holdfast.model.limits import Rate
from holdfast.model.retry import LONE_JOB_POLICY, RetryPolicy

# The longest length of time that a text can give.
LONGEST: Final[Micros] = 3_650 * DAY
MOST_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class JobDraft:
    """What a caller asks for. ``run_at`` and ``delay`` exclude each other; neither means now.

    ``concurrency_limit`` and ``rate`` are of the ``concurrency_key``; with neither, one job of the key goes at a time.
    The other fields are those of ``NewJob``.
    """

    kind: str
    payload: JSON = None
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    run_at: Instant | None = None
    delay: Micros | None = None
    retry: RetryPolicy | None = None
    timeout: Micros | None = None
    deadline_at: Instant | None = None
    unique_key: str | None = None
    unique_window: Micros | None = None
    unique_states: frozenset[JobState] | None = None
    debounce: Micros | None = None
    concurrency_key: str | None = None
    concurrency_limit: int | None = None
    rate: Rate | None = None
    tag: str | None = None
    correlation_id: str | None = None


def new_job(job_id: str, tenant: str, draft: JobDraft, correlation_id: str, now: Instant) -> NewJob:
    """The job of a draft without problems."""
    due = draft.run_at if draft.run_at is not None else now + (draft.delay or draft.debounce or 0)
    alone = draft.concurrency_key is not None and draft.concurrency_limit is None and draft.rate is None
    return NewJob(
        id=job_id,
        tenant=tenant,
        kind=draft.kind,
        created_at=now,
        due_at=max(due, now),
        correlation_id=draft.correlation_id or correlation_id,
        payload=draft.payload,
        queue=draft.queue,
        priority=draft.priority,
        retry=draft.retry or LONE_JOB_POLICY,
        timeout=draft.timeout or DEFAULT_TIMEOUT,
        deadline_at=draft.deadline_at,
        unique_key=draft.unique_key,
        unique_until=None if draft.unique_window is None else now + draft.unique_window,
        unique_states=LIVE if draft.unique_states is None else draft.unique_states,
        debounce=draft.debounce,
        concurrency_key=draft.concurrency_key,
        concurrency_limit=1 if alone else draft.concurrency_limit,
        rate=draft.rate,
        tag=draft.tag,
    )


def problems_with(drafts: Sequence[JobDraft], now: Instant) -> list[Problem]:
    """Every problem of every draft, each at its path."""
    return [
        Problem((f"jobs[{index}]." if len(drafts) > 1 else "") + field, message)
        for index, draft in enumerate(drafts)
        if not _is_plain(draft)
        for field, message in _problems(draft, now)
    ]


_Breach = tuple[str, str]


def _is_plain(draft: JobDraft) -> bool:
    """Whether nothing can be wrong with it: most jobs are no more than a kind with a payload, and there are many."""
    rare = (
        *(draft.run_at, draft.delay, draft.timeout, draft.deadline_at, draft.correlation_id, draft.tag),
        *(draft.unique_key, draft.unique_window, draft.unique_states, draft.debounce),
        *(draft.concurrency_key, draft.concurrency_limit, draft.rate),
    )
    return (
        rare == _NOTHING
        and draft.priority == 0
        and _is_word(draft.kind)
        and _is_word(draft.queue)
        and (draft.payload is None or not problems_of(draft.payload))
    )


_NOTHING: Final = (None,) * 13


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and "\0" not in text


def _problems(draft: JobDraft, now: Instant) -> Iterator[_Breach]:
    yield from _empty(draft)
    yield from _times(draft, now)
    yield from _keys(draft)
    if not PRIORITY_RANGE[0] <= draft.priority <= PRIORITY_RANGE[1]:
        yield "priority", f"must lie between {PRIORITY_RANGE[0]} and {PRIORITY_RANGE[1]}"
    yield from _unfit(draft)


def _texts(draft: JobDraft) -> dict[str, str | None]:
    return {
        "kind": draft.kind,
        "queue": draft.queue,
        "unique_key": draft.unique_key,
        "concurrency_key": draft.concurrency_key,
        "tag": draft.tag,
    }


def _empty(draft: JobDraft) -> Iterator[_Breach]:
    for field, text in _texts(draft).items():
        if text == "":
            yield field, "must not be empty"


def _times(draft: JobDraft, now: Instant) -> Iterator[_Breach]:
    if draft.run_at is not None and draft.run_at > LATEST:
        yield "run_at", "must not lie past the year 9999"
    if draft.run_at is not None and draft.delay is not None:
        yield "delay", "give either run_at or delay, not both"
    if draft.delay is not None and not 0 <= draft.delay <= LATEST - now:
        yield "delay", "must not be negative, nor reach past the year 9999"
    if draft.debounce is not None and (draft.run_at is not None or draft.delay is not None):
        yield "debounce", "says itself when the job is due; give no run_at or delay"
    if draft.deadline_at is not None and draft.deadline_at <= now:
        yield "deadline", "has already passed"
    for field, length in (
        ("timeout", draft.timeout),
        ("unique_window", draft.unique_window),
        ("debounce", draft.debounce),
    ):
        if length is not None and not 0 < length <= LONGEST:
            yield field, f"must be longer than nothing and at most {format_duration(LONGEST)}"


def _keys(draft: JobDraft) -> Iterator[_Breach]:
    if draft.unique_key is None:
        for field, given in (
            ("unique_window", draft.unique_window is not None),
            ("unique_states", draft.unique_states is not None),
            ("debounce", draft.debounce is not None),
        ):
            if given:
                yield field, "needs a unique_key"
    if draft.unique_states is not None and not (draft.unique_states and draft.unique_states <= LIVE):
        yield "unique_states", f"must be some of {', '.join(sorted(LIVE))}; unique_window covers ended jobs"
    if draft.concurrency_key is None:
        for field, given in (
            ("concurrency_limit", draft.concurrency_limit is not None),
            ("rate", draft.rate is not None),
        ):
            if given:
                yield field, "needs a concurrency_key"
    if draft.concurrency_limit is not None and not 1 <= draft.concurrency_limit <= MOST_AT_ONCE:
        yield "concurrency_limit", f"must lie between 1 and {MOST_AT_ONCE}"


def _unfit(draft: JobDraft) -> Iterator[_Breach]:
    """What of a draft no store could keep."""
    given: dict[str, JSON] = {**_texts(draft), "correlation_id": draft.correlation_id, "payload": draft.payload}
    for path, message in problems_of(given):
        yield pointer(path), message
