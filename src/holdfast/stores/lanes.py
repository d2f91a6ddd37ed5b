"""What a claim does to the lanes of a queue: who gets how many slots, and how each lane stands afterwards.

``model.fairness`` divides; this keeps its books between claims:

* A lane that comes in after idleness is written down at once, also when it gets nothing this time. Otherwise it would
  come in anew, at the end, with every claim of a single slot, and never be served.
* A lane that has nothing left to start (emptied, or at its tenant's limit) is idle from then on: it neither saves up
  credit nor holds back the floor at which others come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from holdfast.model.fairness import Lane, shares


@dataclass(frozen=True, slots=True)
class Turn:
    """A lane whose standing is to be written: ``slots`` to take now (maybe none), then ``passed`` and ``idle``."""

    tenant: str
    slots: int
    passed: float
    idle: bool


def divide(lanes: Sequence[Lane], slots: int) -> list[Turn]:
    """The turns of one claim. ``ready`` must count at least one job more than ``slots`` where there are as many."""
    able = [lane for lane in lanes if _startable(lane) > 0]
    entered = _entered(able)
    given = {share.tenant: share for share in shares(entered, slots)}
    turns: list[Turn] = []
    for lane, place in zip(able, entered, strict=True):
        share = given.get(lane.tenant)
        if share is not None:
            turns.append(Turn(lane.tenant, share.slots, share.passed, share.slots == _startable(lane)))
        elif lane.idle:
            turns.append(Turn(lane.tenant, 0, place.passed, False))
    turns.extend(Turn(lane.tenant, 0, lane.passed, True) for lane in lanes if not lane.idle and _startable(lane) == 0)
    return turns


def _startable(lane: Lane) -> int:
    return lane.ready if lane.room is None else min(lane.ready, max(0, lane.room))


def _entered(lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes with those that were idle placed where ``model.fairness`` lets them in."""
    if not any(lane.idle for lane in lanes):
        return list(lanes)
    # One slot for each lane: what a lane's pass is before that slot is where it came in.
    after = shares([replace(lane, ready=1, room=None) for lane in lanes], len(lanes))
    places = {share.tenant: share.passed for share in after}
    return [
        replace(lane, passed=places[lane.tenant] - 1 / lane.weight, idle=False) if lane.idle else lane for lane in lanes
    ]
