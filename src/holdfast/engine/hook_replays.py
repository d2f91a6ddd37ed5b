"""Replays: a kept delivery starts its owner again, as a new delivery of today's definition.

What expressions saw the first time is what they see, with ``replay_of`` beside it. A refused delivery has nothing that
could be replayed. A replay has no delivery id, so it is never met as a repeat of the first.
"""

from typing import Final

from holdfast.engine.started import Started
from holdfast.engine.starts import Starts
from holdfast.model.errors import Conflict, Invalid, NotFound, Problem
from holdfast.model.json import JSONObject
from holdfast.model.trigger import FiringFilter, FiringRecord, NewFiring, TriggerRecord
from holdfast.ports import Accepted, Clock, Dedupe, Entropy, Store

_WEBHOOK: Final = "webhook"
_PAGE: Final = 500


class HookReplays:
    """See above."""

    def __init__(self, store: Store, starts: Starts, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._starts = starts
        self._clock = clock
        self._entropy = entropy

    async def replay(self, tenant: str, firing_id: str, correlation_id: str, dedupe: Dedupe | None) -> Accepted:
        """The firing of the new delivery. Raises ``NotFound``, ``Conflict`` (nothing is kept, the trigger is gone or
        off, the workflow is full) or ``Invalid`` (today's definition refuses it)."""
        first = await self._store.get_firing(tenant, firing_id)
        trigger = _kept(first)
        record = await self._trigger_of(first)
        now = self._clock.now()
        firing = NewFiring.of(record, self._entropy.new_id(now), now)
        started = await self._starts.start(
            record,
            {**{name: value for name, value in trigger.items() if name != "at"}, "replay_of": firing_id},
            key=None if dedupe is None else dedupe.key,
            scope="" if dedupe is None else dedupe.scope,
            at=now,
            firing=firing,
            correlation_id=correlation_id,
            fingerprint="" if dedupe is None else dedupe.fingerprint,
            keep=0 if dedupe is None else dedupe.expires_at - now,
            recorded=False,
        )
        if started.conflict:
            return Accepted(firing_id, conflict=True)
        if started.verdict == "duplicate":
            return Accepted(await self._firing_of(first, started), duplicate=True)
        if started.verdict in ("rejected", "failed"):
            raise started.error or Invalid([Problem("", started.told)], "The delivery could not start anything")
        return Accepted(started.firing_id or firing.id)

    async def _trigger_of(self, first: FiringRecord) -> TriggerRecord:
        """The trigger as it is now. A pause doesn't matter: a person asks for this."""
        firing = first.firing
        cursor: str | None = None
        while True:
            page = await self._store.list_triggers(firing.tenant, firing.owner, (_WEBHOOK,), cursor, _PAGE)
            for record in page.items:
                if record.id == firing.trigger_id:
                    return record
            if page.next is None:
                raise Conflict(f"the trigger {firing.trigger_id} isn't there any more")
            cursor = page.next

    async def _firing_of(self, first: FiringRecord, started: Started) -> str:
        """Which firing recorded what an earlier call with the same key started. Raises ``NotFound``."""
        wanted = FiringFilter(first.firing.owner, first.firing.trigger_id, "started")
        by_rule = started.run_id is None
        cursor: str | None = None
        while True:
            page = await self._store.list_firings(first.firing.tenant, wanted, cursor, _PAGE)
            for record in page.items:
                # A list shows a few of many jobs only.
                if record.run_id == started.run_id and bool(set(record.job_ids) & set(started.job_ids)) == by_rule:
                    return record.firing.id
            if page.next is None:
                raise NotFound("the firing of this replay isn't kept any more")
            cursor = page.next


def _kept(first: FiringRecord) -> JSONObject:
    """What the delivery said. Raises ``Conflict``."""
    firing = first.firing
    if firing.type != _WEBHOOK:
        raise Conflict(f"only deliveries of webhooks can be replayed, and this is a firing of type {firing.type}")
    if firing.trigger is None:
        why = "it was refused, and of such requests nothing is kept" if firing.verdict == "rejected" else "it is gone"
        raise Conflict(f"this delivery can't be replayed: {why}")
    return firing.trigger
