"""Events as callers see them: post one, or many. An event is a fact that somebody makes known; it may end what waits
for it, and start what is triggered by it.

A post that returns has committed. One with an id of its own is posted once: the same id (of the same ``source``, if it
names one) with the same event answers as the first did, for seven days; with another event it is a conflict. Types that
begin with a word of the engine's own (``job.``, ``node.``, ``workflow.``, …) are refused, so that nobody can make the
engine's facts up. Of many, each commits by itself once all of them are valid.
"""

import json
import re
from collections.abc import Sequence
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
# Ids of events that name their source: they count beside each other there only.
_SOURCED: Final = "event:source"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event that somebody would make known.

    ``id`` is the sender's own, of its ``source`` where it names one. ``attributes``: what the sender says of the event
    beside ``data``.
    """

    type: str
    data: JSON = None
    subject: str | None = None
    id: str | None = None
    source: str | None = None
    attributes: JSONObject | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """An event that is on record; ``id`` is its place among all, ``duplicate``: an earlier, equal post made it."""

    id: str
    type: str
    at: Instant
    subject: str | None
    data: JSONObject
    duplicate: bool = False
    attributes: JSONObject | None = None


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
        return await self.post_draft(tenant, EventDraft(event_type, data, subject, event_id))

    async def post_draft(self, tenant: str, draft: EventDraft) -> Posted:
        """Appends the event. Raises ``Invalid``, or ``Conflict`` when its id was another event's."""
        problems = _problems_of(draft)
        if problems:
            raise Invalid(problems, "The event is not valid")
        posted = await self._post(tenant, draft)
        self._wakeups.notify({EVENTS})
        return posted

    async def post_all(self, tenant: str, drafts: Sequence[EventDraft]) -> list[Posted]:
        """Appends the events in this order. Raises ``Invalid`` with the problems of all of them, and then none is on
        record; or ``Conflict`` at the first whose id was another event's."""
        problems = [
            Problem(f"[{index}].{problem.path}", problem.message)
            for index, draft in enumerate(drafts)
            for problem in _problems_of(draft)
        ]
        if problems:
            raise Invalid(problems, "The events are not valid")
        try:
            return [await self._post(tenant, draft) for draft in drafts]
        finally:
            self._wakeups.notify({EVENTS})

    async def _post(self, tenant: str, draft: EventDraft) -> Posted:
        """Of a valid draft."""
        data = draft.data if isinstance(draft.data, dict) else {}
        now = self._clock.now()
        event = NewEvent(tenant, draft.type, now, data, subject=draft.subject, attributes=draft.attributes)
        accepted = await self._append(event, _dedupe(event, draft))
        if accepted.conflict:
            raise Conflict(f"another event was posted with the id {draft.id}; give this one an id of its own")
        return Posted(accepted.id, draft.type, now, draft.subject, data, accepted.duplicate, draft.attributes)

    async def _append(self, event: NewEvent, dedupe: Dedupe | None) -> Accepted:
        if dedupe is None:  # a repeat would append it again
            return await self._store.post_event(event, None, event.at)
        return await repeated(
            lambda: self._store.post_event(event, dedupe, event.at), self._clock, self._entropy, event.at
        )


def _problems_of(draft: EventDraft) -> list[Problem]:
    problems = problems_with(draft.type, {} if draft.data is None else draft.data, draft.subject)
    for name, text in (("id", draft.id), ("source", draft.source)):
        if text is not None and not 1 <= len(text) <= _LONGEST:
            problems.append(Problem(name, f"must have 1 to {_LONGEST} characters"))
    return problems


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


def _dedupe(event: NewEvent, draft: EventDraft) -> Dedupe | None:
    """Attributes don't count: a sender may try again under another trace, at another time."""
    if draft.id is None:
        return None
    scope, key = (_SCOPE, draft.id) if draft.source is None else (_SOURCED, json.dumps([draft.source, draft.id]))
    said = json.dumps([event.type, event.data, event.subject], sort_keys=True, separators=(",", ":"))
    fingerprint = sha256(said.encode()).hexdigest()
    return Dedupe(event.tenant, scope, key, fingerprint, event.at + _REMEMBER)
