"""Whether what a handler answered can be kept: an outcome, portable JSON, times that a calendar has.

Anything else is the handler's error, final, since the same handler would answer it again. A lone job has no run that
could wait for something or have children: it can only be parked until a time, or not at all.
"""

from typing import Final, cast

from holdfast.engine.events import problem_of_emit
from holdfast.failures import message_of
from holdfast.model.instant import DAY, LATEST, Micros, format_duration
from holdfast.model.job import ClaimedJob
from holdfast.model.json import JSON, pointer, problems_of
from holdfast.model.outcome import Cancelled, ErrorInfo, Failed, Outcome, Released, Snoozed, Succeeded, Suspended
from holdfast.model.spawn import MAX_ITEMS, Spawn
from holdfast.model.wait import Wait

_LONGEST_WAIT: Final[Micros] = 3_650 * DAY
_OUTSIDE: Final = "until: lies outside the years 1970 to 9999"


def checked(outcome: object, job: ClaimedJob) -> Outcome:
    """The outcome, unless it is none or holds something that can't be kept. Raises nothing."""
    if isinstance(outcome, Suspended) and job.run_id is None and (outcome.wait or outcome.spawn):
        what = "wait for a signal or an event" if outcome.wait else "have children"
        return Failed(ErrorInfo("unsupported", f"{job.kind} can only {what} as the node of a workflow"), final=True)
    try:
        problem = _problem_of(outcome)
    except Exception as error:
        problem = f"the outcome can't be read: {message_of(error)}"
    if problem is not None:
        return Failed(ErrorInfo("result", problem), final=True)
    return cast(Outcome, outcome)


def _problem_of(outcome: object) -> str | None:
    match outcome:
        case Succeeded(result=result, emits=emits):
            wrong = (f"emits: {problem}" for emit in emits if (problem := problem_of_emit(emit)))
            return _unfit(result, "result") or next(wrong, None)
        case Failed(error=error, retry_after=wait):
            return _unfit(error.as_record(), "error") or _wrong_wait(wait)
        case Snoozed(until=until):
            return None if _lies_in(until, LATEST) else _OUTSIDE
        case Cancelled(error=why) if why is not None:
            return _unfit(why.as_record(), "error")
        case Suspended():
            return _wrong_suspension(outcome)
        case Released() | Cancelled():
            return None
        case _:
            return f"the handler gave no outcome but {type(outcome).__name__}"


def _wrong_suspension(parked: Suspended) -> str | None:
    if parked.until is not None and not _lies_in(parked.until, LATEST):
        return _OUTSIDE
    if parked.wait is not None and parked.spawn is not None:
        return "a node waits or has children, not both"
    if parked.wait is not None:
        return _wrong_mark(parked.wait)
    return None if parked.spawn is None else _wrong_spawn(parked.spawn)


def _wrong_mark(wait: Wait) -> str | None:
    if not wait.name:
        return "wait.name: is required"
    told: JSON = [wait.name, wait.event_type, wait.condition, list(wait.approvers), wait.details]
    return _unfit(told, "wait")


def _wrong_spawn(spawn: Spawn) -> str | None:
    if len(spawn.items) > MAX_ITEMS:
        return f"items: has {len(spawn.items)} members; one node takes at most {MAX_ITEMS}"
    if not 0 <= spawn.max_iterations <= MAX_ITEMS:
        return f"max_iterations: must be from 0 to {MAX_ITEMS}"
    return _unfit(list(spawn.items), "items") or _unfit(spawn.closure, "closure")


def _unfit(value: JSON, field: str) -> str | None:
    problems = problems_of(value, (field,))
    return f"{pointer(problems[0][0])}: {problems[0][1]}" if problems else None


def _wrong_wait(wait: object) -> str | None:
    if wait is None or _lies_in(wait, _LONGEST_WAIT):
        return None
    return f"retry_after: must be microseconds, from none to {format_duration(_LONGEST_WAIT)}"


def _lies_in(value: object, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most
