"""Why a job is where it is, in one or two sentences: why it waits, is kept back, failed, died or was ended.

``why`` is pure: the job with its changes, the time, and (for a job that waits) what stands around it. The first word is
the job's state, so that a sentence makes sense away from the job. It says nothing that isn't on record; where only a
guess is possible (no worker tells which kinds it knows) the sentence says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from holdfast.model.event import Attempt, JobChange, attempts_of
from holdfast.model.instant import HOUR, MINUTE, SECOND, Instant, Micros, format_instant
from holdfast.model.job import ALL_QUEUES, JobState
from holdfast.model.records import JobRecord, QueueRecord, TenantRecord, WorkerRecord
from holdfast.model.retry import LOST_CAP, Reason

# A job that idle workers have left for so long is likely to be of a kind that none of them knows.
_LEFT: Final[Micros] = 5 * SECOND
_SHOWN: Final = 300
# The error of a job that its own task ended, by raising ``Cancel``.
OWN_CANCEL: Final = "Cancel"
# An id begins with its time: this much of it tells workers apart that didn't start in the same millisecond.
ID_BEGINNING: Final = 13


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a waiting job depends on. ``kinds`` are those that every worker knows.

    ``queue`` counts every tenant's jobs, so its numbers decide but are never told; ``own`` counts the job's tenant's.
    """

    queue: QueueRecord | None = None
    workers: Sequence[WorkerRecord] = ()
    tenant: TenantRecord | None = None
    kinds: frozenset[str] = frozenset()
    own: QueueRecord | None = None


def why(job: JobRecord, now: Instant, around: Surroundings | None = None) -> str:
    """The sentences. Without ``around`` a waiting job is only said to wait."""
    return f"{job.state}: {_said(job, now, around)}"


def with_names(job: JobRecord, names: Mapping[str, str]) -> JobRecord:
    """The job with its workers told by name, where it is known, and the beginning of their ids."""

    def told(worker: str | None) -> str | None:
        return worker if worker is None or worker not in names else f"{names[worker]} ({worker[:ID_BEGINNING]}…)"

    changes = tuple(replace(change, worker=told(change.worker)) for change in job.changes)
    return replace(job, worker=told(job.worker), changes=changes)


def _said(job: JobRecord, now: Instant, around: Surroundings | None) -> str:
    last = job.changes[-1] if job.changes else None
    match job.state:
        case JobState.SUCCEEDED:
            return _succeeded(job)
        case JobState.FAILED:
            return _with_attempt(job, "the error is one that is never retried")
        case JobState.DEAD:
            return _dead(job, last)
        case JobState.CANCELLED:
            return _cancelled(job, last)
        case JobState.RUNNING:
            return _running(job, now)
        case JobState.WAITING:
            return "its handler parked it until a signal comes; it holds no worker."
        case JobState.SCHEDULED:
            return _scheduled(job, last, now)
        case JobState.PENDING:
            return " ".join(filter(None, (_pending(job, now, around), _came_back(job, last))))


def _succeeded(job: JobRecord) -> str:
    attempts = _tries(job)
    if not attempts:
        return "it is done."
    done = f"attempt {attempts[-1].number} did it{_on(attempts[-1].worker)}"
    failed = sum(each.outcome == "failed" for each in attempts)
    return f"{done}, after {_count(failed, 'failed attempt')}." if failed else f"{done}."


def _dead(job: JobRecord, last: JobChange | None) -> str:
    match None if last is None else last.reason:
        case Reason.RETRIES_EXHAUSTED:
            most = job.retry.max_attempts
            whole = "the only attempt that its policy allows failed" if most == 1 else f"all {most} attempts failed"
            return _with_attempt(job, whole, last=most > 1)
        case Reason.DEADLINE if last is not None and last.before == JobState.RUNNING:
            return _with_attempt(job, f"no further try was possible before its deadline{_at(job.deadline_at)}")
        case Reason.DEADLINE:
            return f"its deadline{_at(job.deadline_at)} passed before a worker took it."
        case Reason.LOST:
            return (
                f"its worker stopped answering during {_count(LOST_CAP + 1, 'attempt')}, and a job may lose {LOST_CAP};"
                " it may be what kills its workers."
            )
        case Reason.NEEDS_ATTENTION:
            return (
                f"its worker stopped answering during attempt {job.attempt}, and its policy (on_lost: stop) doesn't"
                " repeat what may have been done; look what was, then retry or discard it."
            )
        case _:
            return _with_attempt(job, "it used up its retry budget")


def _cancelled(job: JobRecord, last: JobChange | None) -> str:
    if last is None:
        return "somebody cancelled it."
    match last.reason:
        case Reason.DISCARDED:
            return f"somebody discarded it as a dead letter ({_message(last.error) or 'without a reason'})."
        case Reason.RUN_CANCELLED:
            return "its run was cancelled."
        case Reason.RUN_FAILED:
            return "its run failed at another node."
        case _:
            return f"{_who(last)} cancelled it {_when(job, last)}{_because(last)}."


def _who(last: JobChange) -> str:
    return "its task" if _by_task(last) else "somebody"


def _when(job: JobRecord, last: JobChange) -> str:
    if last.before == JobState.RUNNING:
        return f"during attempt {last.attempt}"
    attempts = attempts_of(job.changes)
    return f"after attempt {attempts[-1].number}" if attempts else "before it ran"


def _because(last: JobChange) -> str:
    message = _message(last.error) if _by_task(last) else ""
    return f" ({message})" if message else ""


def _by_task(last: JobChange) -> bool:
    return isinstance(last.error, dict) and last.error.get("type") == OWN_CANCEL


def _running(job: JobRecord, now: Instant) -> str:
    lasted = "" if job.started_at is None else f", for {_length(now - job.started_at)} so far"
    asked = " Somebody cancelled it: it was asked to stop." if job.stopping else ""
    return f"attempt {job.attempt}{_of(job)} is under way{_on(job.worker)}{lasted}.{asked}"


def _scheduled(job: JobRecord, last: JobChange | None, now: Instant) -> str:
    due = f"in {_length(job.run_at - now)}"
    match None if last is None else last.reason:
        case Reason.RETRY:
            tries = _tries(job)
            number = tries[-1].number if tries else job.attempt
            return f"attempt {number}{_of(job)} failed with {_error(job)}; next try {due}."
        case Reason.SNOOZED:
            return f"its handler put it off; it goes on {due}."
        case Reason.DEBOUNCED:
            return f"an insert with the same unique key put it off (debounce); it is due {due}."
        case _:
            return f"it is due {due}."


def _pending(job: JobRecord, now: Instant, around: Surroundings | None) -> str:
    if job.blocked:
        return (
            f"it is due, but another job with its concurrency key {job.concurrency_key} holds its place, or the key's"
            " rate lets none start yet."
        )
    if around is None:
        return "it is due and waits for a worker."
    return _kept_by_limit(job, around) or _kept_by_workers(job, now, around) or _in_line(around)


def _kept_by_limit(job: JobRecord, around: Surroundings) -> str:
    queue, tenant = around.queue, around.tenant
    if tenant is not None and tenant.suspended_at is not None:
        return "the tenant is suspended; nothing of it starts before it is resumed."
    if queue is not None and queue.paused:
        return f"the queue {job.queue} is paused."
    if queue is not None and queue.concurrency is not None and queue.running >= queue.concurrency:
        return f"the queue {job.queue} already runs as many jobs as it may ({queue.concurrency})."
    if tenant is not None and tenant.max_running is not None and tenant.running >= tenant.max_running:
        return f"the tenant already runs as many jobs as it may ({tenant.max_running})."
    return ""


def _kept_by_workers(job: JobRecord, now: Instant, around: Surroundings) -> str:
    alive = [worker for worker in around.workers if worker.alive]
    serving = [worker for worker in alive if job.queue in worker.queues or ALL_QUEUES in worker.queues]
    fitting = [worker for worker in serving if job.tag is None or job.tag in worker.tags]
    if not alive:
        return "no worker is alive; start one with `holdfast worker`."
    if not fitting and job.tag is not None and any(job.tag in worker.tags for worker in alive):
        return (
            f"a worker alive carries the tag {job.tag}, but doesn't serve the queue {job.queue}; start one with"
            f" `holdfast worker --queues {job.queue} --tags {job.tag}`."
        )
    if not serving:
        return f"no worker alive serves the queue {job.queue}; start one with `holdfast worker --queues {job.queue}`."
    if not fitting:
        return f"no worker alive carries the tag {job.tag}; start one with `holdfast worker --tags {job.tag}`."
    if all(worker.running >= worker.concurrency for worker in fitting):
        return "every worker that may take it is busy."
    limited = around.queue is not None and around.queue.rate is not None
    if job.kind not in around.kinds and now - job.run_at > _LEFT and not limited:
        return f"it seems that no worker alive knows the kind {job.kind}: some have free slots and leave it."
    return ""


def _in_line(around: Surroundings) -> str:
    queue, own = around.queue, around.own
    if queue is None or own is None:
        return "it is due and waits for a worker."
    rate = f", which starts at most {queue.rate}" if queue.rate is not None else ""
    others = max(0, own.pending - own.blocked - 1)
    line = (
        f"beside {_count(others, 'other')} of its tenant in its queue"
        if others
        else "its tenant's only one in its queue"
    )
    return f"it is due and waits for a worker, {line}{rate}."


def _came_back(job: JobRecord, last: JobChange | None) -> str:
    match None if last is None else last.reason:
        case Reason.LOST:
            return f"Attempt {job.attempt} was lost: its worker stopped answering."
        case Reason.MANUAL_RETRY:
            return "Somebody retried it."
        case _:
            return ""


def _with_attempt(job: JobRecord, rule: str, *, last: bool = False) -> str:
    """``rule`` with the error and where it happened."""
    failed = [each for each in attempts_of(job.changes) if each.outcome == "failed"]
    if not failed:
        return f"{rule}; {_error(job)}."
    where = f"(attempt {failed[-1].number}{_on(failed[-1].worker)})"
    link = "; the last with" if last else ":"
    return f"{rule}{link} {_error(job)} {where}."


def _tries(job: JobRecord) -> list[Attempt]:
    """The attempts since the job was last retried by hand."""
    attempts = attempts_of(job.changes)
    retried = max((each.at for each in job.changes if each.reason == Reason.MANUAL_RETRY), default=None)
    return attempts if retried is None else [each for each in attempts if each.started_at >= retried]


def _of(job: JobRecord) -> str:
    """`` of 10``: where in its budget the job stands; nothing where attempts and budget aren't counted alike."""
    tries, most = _tries(job), job.retry.max_attempts
    if not tries or any(each.outcome not in ("failed", "succeeded", None) for each in tries):
        return ""
    if any(each.reason == Reason.MANUAL_RETRY for each in job.changes):
        return f", the {_ordinal(len(tries))} of {most} since it was retried,"
    return f" of {most}" if len(tries) == job.attempt else ""


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _error(job: JobRecord) -> str:
    failed = [each for each in attempts_of(job.changes) if each.error_type is not None]
    if failed:
        return f"{failed[-1].error_type}: {_cut(failed[-1].error_message or '')}"
    kind = job.error.get("type") if isinstance(job.error, dict) else None
    return f"{kind}: {_message(job.error)}" if kind else "an error that isn't on record any more"


def _message(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return _cut(message) if isinstance(message, str) else ""


def _cut(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _on(worker: str | None) -> str:
    return f" on worker {worker}" if worker else ""


def _at(instant: Instant | None) -> str:
    return "" if instant is None else f" ({format_instant(instant)})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _length(micros: Micros) -> str:
    """A length of time as people say it."""
    if micros < SECOND:
        return "less than a second"
    for size, unit in ((24 * HOUR, "d"), (HOUR, "h"), (MINUTE, "min")):
        if micros >= 2 * size:
            return f"{micros // size} {unit}"
    return f"{micros // SECOND} s"
