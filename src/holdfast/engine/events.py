"""Events as callers see them: post one. An event is a fact that somebody makes known; it may end what waits for it.

A post that returns has committed. One with an id of its own is posted once: the same id with the same event answers as
the first did, for seven days; with another event it is a conflict. Types that begin with a word of the engine's own
(``job.``, ``node.``, ``workflow.``, …) are refused, so that nobody can make the engine's facts up.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from holdfast.engine.repeating import repeated
from holdfast.engine.wakeups import EVENTS, Wakeups
from holdfast.model.errors import Conflict, Invalid, Problem
from holdfast.model.event import RESERVED_TYPES, NewEvent
from holdfast.model.instant import DAY, Instant, Micros
from holdfast.model.json import JSON, JSONObject, pointer, problems_of
from holdfast.model.outcome import Emit
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, Store

_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}")
_LONGEST: Final = 500
_REMEMBER: Final[Micros] = 7 * DAY
_SCOPE: Final = "event"


@dataclass(frozen=True, slots=True)
class Posted:
    """An event that is on record; ``id`` is its place among all, ``duplicate``: an earlier, equal post made it."""

    id: str
    type: str
    at: Instant
    subject: str | None
    data: JSONObject
    duplicate: bool = False


class Events:
    """The entrance for events."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy, wakeups: Wakeups) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups

    async def post(
        self,
        tenant: str,
        event_type: str,
        data: JSON = None,
        *,
        subject: str | None = None,
        event_id: str | None = None,
    ) -> Posted:
        """Appends the event. Raises ``Invalid``, or ``Conflict`` when ``event_id`` was another event's."""
        given: JSON = {} if data is None else data
        problems = problems_with(event_type, given, subject)
        if event_id is not None and not 1 <= len(event_id) <= _LONGEST:
            problems.append(Problem("id", f"must have 1 to {_LONGEST} characters"))
        if problems or not isinstance(given, dict):
            raise Invalid(problems, "The event is not valid")
        now = self._clock.now()
        event = NewEvent(tenant, event_type, now, given, subject=subject)
        accepted = await self._append(event, _dedupe(event, event_id))
        if accepted.conflict:
            raise Conflict(f"another event was posted with the id {event_id}; give this one an id of its own")
        self._wakeups.notify({EVENTS})
        return Posted(accepted.id, event_type, now, subject, given, accepted.duplicate)

    async def _append(self, event: NewEvent, dedupe: Dedupe | None) -> Accepted:
        if dedupe is None:  # a repeat would append it again
            return await self._store.post_event(event, None, event.at)
        return await repeated(
            lambda: self._store.post_event(event, dedupe, event.at), self._clock, self._entropy, event.at
        )


def problems_with(event_type: object, data: object, subject: object) -> list[Problem]:
    """Why this can't be an event that a caller or a node makes known; empty when it can."""
    problems = []
    if wrong := _wrong_type(event_type):
        problems.append(Problem("type", wrong))
    if not isinstance(data, dict):
        problems.append(Problem("data", "must be an object"))
    else:
        problems += [Problem(pointer(path), message) for path, message in problems_of(data, ("data",))]
    if subject is not None and (not isinstance(subject, str) or len(subject) > _LONGEST):
        problems.append(Problem("subject", f"must be text of at most {_LONGEST} characters"))
    elif subject is not None:
        problems += [Problem("subject", message) for _, message in problems_of(subject)]
    return problems


def problem_of_emit(emit: Emit) -> str | None:
    """What is wrong with an event that a node makes known."""
    problems = problems_with(emit.type, emit.data, emit.subject)
    return f"{problems[0].path}: {problems[0].message}" if problems else None


def _wrong_type(event_type: object) -> str | None:
    if not isinstance(event_type, str) or not _TYPE.fullmatch(event_type):
        return "must be 1 to 200 letters, digits and . _ : / -, and begin with a letter or digit"
    if event_type.startswith(RESERVED_TYPES):
        own = event_type.partition(".")[0]
        return f"may not begin with {own}., which only the engine's own events do"
    return None


def _dedupe(event: NewEvent, event_id: str | None) -> Dedupe | None:
    if event_id is None:
        return None
    said = json.dumps([event.type, event.data, event.subject], sort_keys=True, separators=(",", ":"))
    fingerprint = sha256(said.encode()).hexdigest()
    return Dedupe(event.tenant, _SCOPE, event_id, fingerprint, event.at + _REMEMBER)
