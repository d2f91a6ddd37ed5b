"""The limits of the expression language, and the budget that one evaluation draws on.

A `Budget` belongs to one evaluation and one thread. It also holds the names in scope and the slots
of comprehension variables, so that a compiled closure needs a single argument. Work is charged
before it is done; a charge that can't be met raises a `limit` fault, which nothing absorbs.
Steps bound time (about 4 µs each at worst), bytes bound the memory of values that the expression
makes. References into existing data cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Final

from .errors import Fault

MAX_SOURCE: Final = 4096
"""Bytes of UTF-8 in one expression."""
MAX_DEPTH: Final = 32
"""Nested brackets in the source, and the height of the tree made from it."""
MAX_STEPS: Final = 50_000
MAX_BYTES: Final = 256 * 1024
MAX_DATA_DEPTH: Final = 100
"""Levels of nested data that may be turned into text or given as a result."""

ELEMENT_BYTES: Final = 8
CHARS_PER_STEP: Final = 256


class Budget:
    """What is left of an evaluation's steps and bytes, and what its names stand for."""

    __slots__ = ("bytes", "scope", "slots", "steps")

    def __init__(self, scope: Mapping[str, object], steps: int = MAX_STEPS, made: int = MAX_BYTES) -> None:
        self.scope = scope
        self.steps = steps
        self.bytes = made
        self.slots: list[object] = []

    def charge(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise too_many_steps()

    def charge_scan(self, value: Sized) -> None:
        """Pay for reading through a text or bytes once."""
        self.charge(len(value) // CHARS_PER_STEP)

    def charge_bytes(self, count: int) -> None:
        self.bytes -= count
        if self.bytes < 0:
            raise too_many_bytes()

    def charge_elements(self, count: int) -> None:
        """Pay for a new list or map with `count` places."""
        self.charge(count)
        self.charge_bytes(count * ELEMENT_BYTES)

    def charge_text(self, text: str, times: int = 1) -> None:
        """Pay for `times` copies of a text in something new, by its size in UTF-8.

        The size is only worked out for texts that could fit: a huge one fails by its length alone.
        """
        if text.isascii() or len(text) * times > self.bytes:
            self.charge_bytes(len(text) * times)
        else:
            self.charge_bytes(len(text.encode("utf-8", "surrogatepass")) * times)


def too_many_steps() -> Fault:
    return Fault(
        "limit",
        "the expression takes too many steps",
        hint="filter the data in an earlier node, or use a code node",
    )


def too_many_bytes() -> Fault:
    return Fault(
        "limit",
        f"the expression makes more than {MAX_BYTES // 1024} KB of values",
        hint="select a smaller part of the data first",
    )
