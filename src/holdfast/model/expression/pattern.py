"""`text.matches(pattern)`: whether a pattern is found in a text, in linear time.

All ways through the program are followed at once, a set of states for each character, so no
pattern makes it go back. Sets and the steps between them are kept while one text is searched; each
new one is charged by its size, and known ones by the length of the text. Nothing is shared between
searches, so a compiled pattern is immutable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .budget import Budget
from .errors import Fault
from .pattern_syntax import Pattern, read_pattern
from .values import shown

_CHARS_PER_STEP: Final = 32
_RANGES_PER_STEP: Final = 16
_DONE: Final = 0
"""The state `match` is the first of every program."""

States = frozenset[int]


def matches(budget: Budget, text: object, pattern: object) -> bool:
    """The function, for a pattern that is only known now."""
    if not isinstance(pattern, str):
        raise Fault("type", f"matches() needs a string pattern, not {shown(pattern)}")
    budget.charge(min(len(pattern), budget.steps))
    program = read_pattern(pattern)
    budget.charge(len(program.states))
    return found(program, budget, text)


def found(pattern: Pattern, budget: Budget, text: object) -> bool:
    """The function, for a pattern that was read before."""
    if not isinstance(text, str):
        raise Fault("type", f"matches() needs a string, not {shown(text)}")
    budget.charge(len(text) // _CHARS_PER_STEP)
    return _Search(pattern, budget).run(text)


class _Search:
    def __init__(self, pattern: Pattern, budget: Budget) -> None:
        self._states = pattern.states
        self._start = pattern.start
        self._budget = budget
        self._known: dict[tuple[States, str], States] = {}

    def run(self, text: str) -> bool:
        last = len(text) - 1
        current = self._reach([self._start], begin=True, end=not text)
        for place, char in enumerate(text):
            if _DONE in current:
                return True
            if place == last:
                current = self._step(current, char, end=True)
            else:
                known = self._known.get((current, char))
                current = self._learn(current, char) if known is None else known
        return _DONE in current

    def _learn(self, current: States, char: str) -> States:
        reached = self._step(current, char, end=False)
        self._known[current, char] = reached
        return reached

    def _step(self, current: States, char: str, end: bool) -> States:
        """Past one character; a match may also begin after it."""
        taken = [self._start]
        for number in current:
            state = self._states[number]
            self._budget.charge(1 + len(state.chars.ranges) // _RANGES_PER_STEP)
            if state.kind == "char" and state.chars.takes(char):
                taken.append(state.onward[0])
        return self._reach(taken, begin=False, end=end)

    def _reach(self, first: Iterable[int], begin: bool, end: bool) -> States:
        """The states that can be got to without a character."""
        reached: set[int] = set()
        pending = list(first)
        while pending:
            number = pending.pop()
            if number in reached:
                continue
            reached.add(number)
            state = self._states[number]
            if _passes(state.kind, begin, end):
                pending.extend(state.onward)
        self._budget.charge(len(reached))
        return frozenset(reached)


def _passes(kind: str, begin: bool, end: bool) -> bool:
    return kind == "split" or (kind == "begin" and begin) or (kind == "end" and end)
