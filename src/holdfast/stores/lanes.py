"""What a claim does to the lanes of a queue: who gets how many slots, and how each lane stands afterwards.

``model.fairness`` divides; this keeps its books. How many jobs a tenant has ready isn't counted beforehand: ``ask``
says how many to take of each lane, ``took`` is told how many there were, and what was missing goes to the others in the
next round. Each round fills the slots or empties a lane.

A lane is kept while its tenant waits beside others, so that one which comes back has saved up no credit. A tenant at
its limit has no lane meanwhile. One whose waiting jobs this worker may not start is *closed* to it: it keeps its order
and comes along with the floor, so that it saves up nothing and isn't forgotten by those that may start it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast.model.fairness import Lane, shares


class Division:
    """One claim's division of a queue's free slots among the lanes of those that wait (``ready`` is not looked at).

    ``closed`` are lanes of tenants whose waiting jobs this worker may not start.
    """

    def __init__(self, lanes: Sequence[Lane], slots: int, closed: Sequence[Lane] = ()) -> None:
        self._lanes = [replace(lane, ready=max(slots, 0)) for lane in lanes if lane.room is None or lane.room > 0]
        self._closed = [lane for lane in closed if not lane.idle]
        self._left = slots
        self._asked: dict[str, tuple[int, float]] = {}

    def ask(self) -> dict[str, int]:
        """How many jobs to take of each tenant now; nothing at the end."""
        self._asked = {share.tenant: (share.slots, share.passed) for share in shares(self._lanes, self._left)}
        return {tenant: slots for tenant, (slots, _) in self._asked.items() if slots > 0}

    @property
    def left(self) -> int:
        """The slots that nothing was taken for yet."""
        return self._left

    def most(self) -> dict[str, int]:
        """How many jobs of each lane may start now, whatever its share."""
        return {lane.tenant: self._left if lane.room is None else min(lane.room, self._left) for lane in self._lanes}

    def took(self, counts: Mapping[str, int]) -> None:
        """What the last ``ask`` came to; also another choice than the one it asked for moves the passes."""
        self._left -= sum(counts.values())
        self._lanes = [self._after(lane, counts.get(lane.tenant, 0)) for lane in self._lanes]

    def _after(self, lane: Lane, count: int) -> Lane:
        slots, passed = self._asked.get(lane.tenant, (0, lane.passed))
        return replace(
            lane,
            passed=passed - (slots - count) / lane.weight,
            ready=0 if count < slots else lane.ready - count,
            room=None if lane.room is None else lane.room - count,
            idle=lane.idle and lane.tenant not in self._asked,
        )

    def standing(self) -> dict[str, float]:
        """The passes to keep, by tenant; all other lanes of the queue are forgotten."""
        kept = {lane.tenant: lane.passed for lane in self._lanes if not lane.idle}
        if len(self._lanes) + len(self._closed) < 2 or not kept:
            return {}
        behind = min(kept.values()) - min((lane.passed for lane in self._closed), default=0.0)
        return kept | {lane.tenant: lane.passed + max(behind, 0.0) for lane in self._closed}
