"""Nodes that have children: ``map``, ``loop`` and ``workflow.call``, and how they go on when children end. Pure.

A child is a run of its own: of a *body* (the graph inside a map or loop node; never listed by itself) or of another
workflow. ``Spawn`` is what the handler asks for; ``Family`` is how far the node has come, kept with the node. ``step``
says what to start and stop next, and whether the node has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

from holdfast.model.json import JSON, JSONObject

SpawnKind = Literal["map", "loop", "call"]
OnItemError = Literal["fail", "continue"]

MAX_ITEMS: Final = 100_000
# Most children that one transaction starts: a larger window fills over several.
START_AT_ONCE: Final = 500
# How deep calls may nest.
MAX_DEPTH: Final = 32


class ChildState(StrEnum):
    """NEW children haven't started; SKIPPED ones never will."""

    NEW = "NEW"
    LIVE = "LIVE"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Spawn:
    """What a node's children are.

    ``items``: a map's items, or the one input of a call; empty for a loop. ``workflow``: the name of the workflow that
    the children run; None: the node's own body. ``closure``: what a body sees of its surroundings (``graph_scope``).
    ``detached``: the node doesn't wait for its child; it ends with ``{"run_id"}`` once that has started.
    """

    kind: SpawnKind
    items: tuple[JSON, ...] = ()
    workflow: str | None = None
    concurrency: int = 10
    on_item_error: OnItemError = "fail"
    max_iterations: int = 1
    detached: bool = False
    closure: JSONObject = field(default_factory=dict)

    def family(self, kept: int = 0) -> "Family":
        """How it begins; ``kept`` items have their results from an earlier run."""
        total = self.max_iterations if self.kind == "loop" else len(self.items)
        return Family(
            kind=self.kind,
            total=total,
            new=total - kept,
            concurrency=1 if self.kind == "loop" else max(self.concurrency, 1),
            on_item_error=self.on_item_error,
            workflow=self.workflow,
            detached=self.detached,
        )


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """A child that ended. ``over``: a loop's ``until`` came true after it."""

    index: int
    state: ChildState
    output: JSON = None
    error: JSON = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """How far a spawning node has come: ``new`` of ``total`` children haven't started, ``live`` are going."""

    kind: SpawnKind
    total: int
    new: int
    concurrency: int
    on_item_error: OnItemError = "fail"
    workflow: str | None = None
    detached: bool = False
    live: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class FamilyStep:
    """What follows from children's ends.

    ``start``: how many NEW children start now, by index. ``done``: the node has ended, with the child's ``failure`` or
    without; its output is then the results of all children in order (map), or the last child's (loop, call). ``stop``:
    live children are told to stop, NEW ones are SKIPPED.
    """

    family: Family
    start: int = 0
    done: bool = False
    failure: ChildEnd | None = None
    stop: bool = False


def step(family: Family, ends: Sequence[ChildEnd]) -> FamilyStep:
    """Takes the ends of live children, in index order; with none, how the family begins."""
    bad = [end for end in ends if end.state is not ChildState.SUCCEEDED]
    after = replace(family, live=family.live - len(ends), failed=family.failed + len(bad))
    if bad and not (family.kind == "map" and family.on_item_error == "continue"):
        return FamilyStep(after, done=True, failure=bad[0], stop=True)
    if any(end.over for end in ends) or (after.new == 0 and after.live == 0):
        return FamilyStep(after, done=True, stop=after.new > 0)
    count = min(after.concurrency - after.live, after.new, START_AT_ONCE)
    started = replace(after, new=after.new - count, live=after.live + count)
    return FamilyStep(started, start=count, done=family.detached and started.new == 0)
