"""What a claim does to the lanes of a queue: who gets how many slots, and how each lane stands afterwards.

``model.fairness`` divides; this keeps its books between claims. A lane that has nothing left to start (emptied, or at
its tenant's limit) is idle from then on: it neither saves up credit nor holds back the floor at which others come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    startable = {lane.tenant: _startable(lane) for lane in lanes}
    able = [lane for lane in lanes if startable[lane.tenant] > 0]
    turns = [
        Turn(share.tenant, share.slots, share.passed, share.slots == startable[share.tenant])
        for share in shares(able, slots)
    ]
    stuck = [lane for lane in lanes if not lane.idle and startable[lane.tenant] == 0]
    return turns + [Turn(lane.tenant, 0, lane.passed, True) for lane in stuck]


def _startable(lane: Lane) -> int:
    return lane.ready if lane.room is None else min(lane.ready, max(0, lane.room))
